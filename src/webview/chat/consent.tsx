import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ConsentView } from '../../protocol/chat.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';
import { cameBack, focusWishes, post } from './chatStore.ts';

/**
 * Before the first question to a cloud tier, or an expensive one, or one to a costlier model than the first: what goes where, at
 * what price. It takes the focus.
 */
export function ConsentCard({ consent }: { consent: ConsentView }): JSX.Element {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    card.current?.focus();
    card.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const answer = (allow: boolean): void => {
    post({ kind: 'consent', consentId: consent.id, allow });
    if (!allow) cameBack.value++;
    focusWishes.value++;
  };
  const { title, words, yes, no } = wordsOf(consent);
  // Several addresses, the stages of a run, and a costlier model are read as a whole.
  const isFolded = !consent.run && !consent.stepUp && consent.places.length <= 1;
  return (
    <section
      class="consent"
      role="group"
      tabIndex={-1}
      ref={card}
      aria-labelledby="consent-title"
      aria-describedby={isFolded ? 'consent-words consent-brief' : 'consent-words'}
      onKeyDown={(event) => {
        if (event.key === 'Escape') answer(false);
      }}
    >
      <h2 id="consent-title">
        <Icon name={consent.stepUp ? 'arrow-swap' : 'shield'} />
        <VisibleText text={title} />
      </h2>
      <p id="consent-words">
        <VisibleText text={words} />
      </p>
      {isFolded ? <Folded consent={consent} /> : <Facts consent={consent} />}
      <div class="buttons">
        <Button onClick={() => answer(true)}>{yes}</Button>
        <Button secondary onClick={() => answer(false)}>
          {no}
        </Button>
      </div>
    </section>
  );
}

/** One line of what goes where, with what the user must not overlook; the rest is behind *Details*. */
function Folded({ consent }: { consent: ConsentView }): JSX.Element {
  const notes = consent.places.flatMap(({ note }) => (note ? [note] : []));
  return (
    <>
      <p id="consent-brief">
        <VisibleText text={consent.brief} />
      </p>
      {notes.map((note) => (
        <p key={note}>
          <VisibleText text={note} />
        </p>
      ))}
      <details class="prompt consent-details">
        <summary>
          <Icon name="chevron-right" />
          {t('Details')}
        </summary>
        <Facts consent={consent} />
      </details>
    </>
  );
}

/** Where it goes, what it may cost, and what is sent. */
function Facts({ consent }: { consent: ConsentView }): JSX.Element {
  const [first] = consent.places;
  return (
    <>
      {first && <h3>{t('Where')}</h3>}
      {first && (
        <ul class="places">
          {consent.places.map((place, i) => (
            <li key={i}>
              <span class="place-host">
                <VisibleText text={place.host} />
              </span>
              <span class="detail">
                <VisibleText text={[place.model, place.price].filter(Boolean).join(' · ')} />
              </span>
              {place.note && (
                <span class="detail">
                  <VisibleText text={place.note} />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {consent.run && <h3>{t('Stages')}</h3>}
      {consent.run && (
        <ul class="places">
          {consent.run.stages.map(({ name, model, cost }) => (
            <li key={name}>
              <span class="place-host">
                <VisibleText text={name} />
              </span>
              <span class="detail">
                <VisibleText text={[model, cost].filter(Boolean).join(' · ')} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {consent.run && <Lines lines={consent.run.limits} />}
      {consent.cost.length > 0 && <h3>{t('Cost')}</h3>}
      {consent.cost.length > 0 && <Lines lines={consent.cost} />}
      <h3>{t('What is sent')}</h3>
      <Lines lines={consent.sends} />
    </>
  );
}

const Lines = ({ lines }: { lines: readonly string[] }): JSX.Element => (
  <ul class="sends">
    {lines.map((line, i) => (
      <li key={i}>
        <VisibleText text={line} />
      </li>
    ))}
  </ul>
);

/** The card's question and its buttons. */
function wordsOf({
  places: [first],
  tier,
  stepUp,
  run,
}: ConsentView): Record<'title' | 'words' | 'yes' | 'no', string> {
  if (stepUp)
    return {
      title: t('Ask {0} instead?', stepUp.model),
      words: `${stepUp.words} ${t('Your choice applies until this window is closed.')}`,
      yes: t('Use {0}', stepUp.model),
      no: t('Do not use it'),
    };
  if (run)
    return {
      title: t('Run {0}?', run.title),
      words: first
        ? t('Nothing has been sent yet. Your answer is kept for these addresses; you can revoke it in the settings.')
        : t('Nothing has been sent yet.'),
      yes: t('Run'),
      no: t('Not now'),
    };
  if (first)
    return {
      title: t('Send to {0}?', first.host),
      words: t('Your answer is kept for later questions to this address; you can revoke it in the settings.'),
      yes: t('Allow'),
      no: t('Not now'),
    };
  return {
    title: t('Send this to the {0} tier?', tierName(tier)),
    words: t('It may cost more than the amount above which you are asked.'),
    yes: t('Send'),
    no: t('Not now'),
  };
}
