import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { OfferView } from '../../protocol/chat.ts';
import { Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { post } from './chatStore.ts';
import { CHIP_ICONS, ChipFacts } from './user.tsx';

/**
 * Context that the editor offers: a solid chip is sent with the question and can be removed, a dashed one is sent only
 * once it is clicked.
 *
 * @param onUsed puts the focus back where the user writes
 */
export function Offers({ offers, onUsed }: { offers: readonly OfferView[]; onUsed: () => void }): JSX.Element {
  const act = (kind: 'takeOffer' | 'removeOffer', offerId: string) => () => {
    post({ kind, offerId });
    onUsed();
  };
  return (
    <ul class="chips offers" aria-label={t('Suggested context')}>
      {offers.map((offer) =>
        offer.on ? (
          <li key={offer.id} class="chip" title={offer.detail}>
            <Icon name={CHIP_ICONS[offer.kind ?? 'file']} />
            <Label offer={offer} />
            <IconButton icon="close" label={t("Don't send {0}", offer.label)} onClick={act('removeOffer', offer.id)} />
          </li>
        ) : (
          <li key={offer.id}>
            <button type="button" class="offer" title={offer.detail} onClick={act('takeOffer', offer.id)}>
              <Icon name="add" />
              <span class="sr-only">{t('Attach')} </span>
              <Label offer={offer} />
            </button>
          </li>
        ),
      )}
    </ul>
  );
}

/** The name of the file, or for a path too long for the composer, its end; then tokens and secrets. */
function Label({ offer }: { offer: OfferView }): JSX.Element {
  const { label, tokens } = offer;
  return (
    <>
      <span class="chip-label">
        <VisibleText text={label.slice(label.lastIndexOf('/') + 1)} />
      </span>
      {tokens !== null && <ChipFacts chip={{ ...offer, tokens }} />}
    </>
  );
}
