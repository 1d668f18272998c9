import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { stateIcon } from '../../core/common/stateIcon.ts';
import type { Tier } from '../../core/common/types.ts';
import type { ChainLink, TierSettingsView } from '../../protocol/settings.ts';
import { announce, Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';
import { editChain, splitRef } from './chain.ts';
import { LocalAnswers } from './localAnswers.tsx';
import { ModelPicker } from './modelPicker.tsx';
import { Section, TestResult, useOpener, Whose } from './parts.tsx';
import { changeChain, post, state } from './settingsStore.ts';

export function Tiers(): JSX.Element {
  return (
    <Section id="tiers" title={t('Tiers')} setting="gearshift.tiers.local">
      <p class="intro">
        {t(
          'The first model of a tier answers; the next one takes over when it cannot. Test makes one real call of a few tokens, which is recorded in the ledger.',
        )}
      </p>
      {state.value?.tiers.map((tier) => (
        <TierCard key={tier.tier} view={tier} />
      ))}
    </Section>
  );
}

function TierCard({ view }: { view: TierSettingsView }): JSX.Element {
  const { tier, chain, test } = view;
  const adding = useOpener();
  const name = tierName(tier);
  return (
    <section class="item" data-tier={tier} aria-labelledby={`tier-${tier}`}>
      <div class="item-head">
        <h3 id={`tier-${tier}`}>
          <Icon name={TIER_ICONS[tier]} />
          {name}
        </h3>
        {view.features.map((feature) => (
          <span key={feature.name} class="quiet">
            {feature.on ? feature.name : t('{0} (off)', feature.name)}
          </span>
        ))}
        <span class={view.ready && !view.untried ? 'readiness ready' : 'readiness'}>
          <Icon name={stateIcon(view)} />
          <VisibleText text={view.state} />
        </span>
      </div>
      {view.changed && <Changed tier={tier} changed={view.changed} />}
      {view.answers && <h4>{t('Completes with')}</h4>}
      {chain.length > 0 ? (
        <Chain tier={tier} chain={chain} onEmptied={() => adding.button.current?.focus()} />
      ) : (
        <p class="empty">{t('No model yet. Add one to use this tier.')}</p>
      )}
      {adding.open && (
        <ModelPicker tier={tier} onPick={(ref) => changeChain(tier, { kind: 'add', ref })} onClose={adding.close} />
      )}
      <div class="buttons">
        {!adding.open && (
          <Button secondary buttonRef={adding.button} onClick={adding.show}>
            {chain.length ? t('Add fallback') : t('Add model')}
            <Whose name={name} />
          </Button>
        )}
        {!adding.open && (
          <Button
            secondary
            title={
              view.triesInfill
                ? t(
                    'Asks the model to fill a small gap in code, in each format that Gearshift knows until one works. Each call has a few tokens and is recorded in the ledger.',
                  )
                : t('Makes one real call of a few tokens, which is recorded in the ledger.')
            }
            onClick={() => post({ kind: 'testTier', tier })}
            {...unavailableTest(view)}
          >
            {view.triesInfill ? t('Try it') : t('Test')}
            <Whose name={name} />
          </Button>
        )}
        <TestResult test={test} />
      </div>
      {view.answers && <LocalAnswers answers={view.answers} />}
    </section>
  );
}

/** Another model answers the tier now: what the user can do about it. */
function Changed({ tier, changed }: { tier: Tier; changed: NonNullable<TierSettingsView['changed']> }): JSX.Element {
  const act = (use: 'keep' | 'back' | 'compare') => () => post({ kind: 'modelChange', tier, use });
  return (
    <div class="buttons" role="status">
      <span>
        <Icon name="info" /> <VisibleText text={changed.words} />
      </span>
      <Button secondary onClick={act('compare')}>
        {changed.compare}
      </Button>
      <Button secondary onClick={act('keep')}>
        {t('Keep new')}
      </Button>
      {changed.canGoBack && (
        <Button secondary onClick={act('back')}>
          {t('Go back')}
        </Button>
      )}
    </div>
  );
}

function unavailableTest(view: TierSettingsView): { unavailable?: string } {
  if (view.test.state === 'running') return { unavailable: t('The test is running.') };
  if (!view.chain.length) return { unavailable: t('There is no model to test.') };
  return {};
}

interface ChainProps {
  tier: Tier;
  chain: readonly ChainLink[];
  onEmptied: () => void;
}

function Chain({ tier, chain, onEmptied }: ChainProps): JSX.Element {
  const list = useRef<HTMLOListElement>(null);
  const [changing, setChanging] = useState('');
  // Moving an element in the document takes the focus from it, so the host's answer has to give it back.
  const wish = useRef<{ ref: string; button: string } | null>(null);
  const refs = chain.map((link) => link.ref);
  const drawn = refs.join('\n');
  useLayoutEffect(() => {
    const at = refs.indexOf(wish.current?.ref ?? '');
    const button = at >= 0 && list.current?.children[at]?.querySelector<HTMLElement>(`.${wish.current?.button}`);
    if (button) button.focus();
    wish.current = null;
  }, [drawn]);

  const say = (ref: string, place: number): void => announce(t('{0}: place {1} of {2}', ref, place + 1, refs.length));
  const move = (ref: string, by: -1 | 1): void => {
    wish.current = { ref, button: by < 0 ? 'move-up' : 'move-down' };
    changeChain(tier, { kind: 'move', ref, by });
    say(ref, editChain(refs, { kind: 'move', ref, by }).indexOf(ref));
  };
  const drag = useDrag((ref, at) => {
    changeChain(tier, { kind: 'place', ref, at });
    say(ref, refs.indexOf(at));
  });
  const remove = (ref: string): void => {
    const at = refs.indexOf(ref);
    const neighbor = refs[at + 1] ?? refs[at - 1];
    if (neighbor) wish.current = { ref: neighbor, button: 'remove' };
    else onEmptied();
    changeChain(tier, { kind: 'remove', ref });
    announce(t('{0} removed', ref));
  };
  const close = (ref: string): void => {
    setChanging('');
    const at = refs.indexOf(ref);
    requestAnimationFrame(() => list.current?.children[at]?.querySelector<HTMLElement>('.change')?.focus());
  };

  return (
    <ol class="chain" ref={list} aria-label={t('Models of {0}, in the order they are asked', tierName(tier))}>
      {chain.map((link, i) => {
        const { ref } = link;
        return (
          <li key={ref} draggable={chain.length > 1 && !changing} {...drag(ref)}>
            <LinkRow
              link={link}
              place={i}
              length={chain.length}
              onChange={() => setChanging(ref)}
              onMove={(by) => move(ref, by)}
              onRemove={() => remove(ref)}
            />
            {link.warning && (
              <p class="link-warning">
                <Icon name="warning" />
                <VisibleText text={link.warning} />
              </p>
            )}
            {changing === ref && (
              <ModelPicker
                tier={tier}
                replaces={ref}
                onPick={(chosen) => {
                  wish.current = { ref: chosen, button: 'change' };
                  changeChain(tier, { kind: 'replace', ref, with: chosen });
                }}
                onClose={() => close(ref)}
              />
            )}
          </li>
        );
      })}
    </ol>
  );
}

/**
 * Dragging one element of a list onto another.
 *
 * @param onDrop told which element was dropped onto which other one
 * @returns the properties of the element with a name
 */
function useDrag(onDrop: (name: string, at: string) => void) {
  const [dragged, setDragged] = useState('');
  const [over, setOver] = useState('');
  const end = (): void => {
    setDragged('');
    setOver('');
  };
  return (name: string) => ({
    class: over === name ? 'drop-target' : name === dragged ? 'dragged' : '',
    onDragStart: (event: DragEvent): void => {
      setDragged(name);
      // Some engines drag nothing without data; the name alone is harmless wherever it is dropped.
      event.dataTransfer?.setData('text/plain', name);
    },
    onDragEnd: end,
    onDragOver: (event: DragEvent): void => {
      if (!dragged) return;
      event.preventDefault();
      setOver(name);
    },
    onDrop: (event: DragEvent): void => {
      event.preventDefault();
      end();
      if (dragged && dragged !== name) onDrop(dragged, name);
    },
  });
}

interface LinkRowProps {
  link: ChainLink;
  /** Its place in the chain, from 0. */
  place: number;
  /** How many models the chain has. */
  length: number;
  onChange: () => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** One model of a chain: its name, price and buttons. */
function LinkRow({ link, place, length, onChange, onMove, onRemove }: LinkRowProps): JSX.Element {
  const { ref, price, priceSource } = link;
  return (
    <div class="link">
      {length > 1 && <Icon name="gripper" />}
      <span class="place">{place === 0 ? t('primary') : t('fallback {0}', place)}</span>
      <ModelName text={ref} />
      <span class="price" title={priceSource}>
        <VisibleText text={price} />
        {priceSource && <span class="sr-only"> ({priceSource})</span>}
      </span>
      <span class="actions">
        <IconButton icon="edit" class="change" label={t('Change {0}', ref)} onClick={onChange} />
        <IconButton
          icon="arrow-up"
          class="move-up"
          label={t('Move {0} up', ref)}
          onClick={() => onMove(-1)}
          {...(place === 0 && { unavailable: t('It is already first.') })}
        />
        <IconButton
          icon="arrow-down"
          class="move-down"
          label={t('Move {0} down', ref)}
          onClick={() => onMove(1)}
          {...(place === length - 1 && { unavailable: t('It is already last.') })}
        />
        <IconButton icon="close" class="remove" label={t('Remove {0}', ref)} onClick={onRemove} />
      </span>
    </div>
  );
}

function ModelName({ text }: { text: string }): JSX.Element {
  const [provider, model] = splitRef(text);
  return (
    <span class="model" title={text}>
      <span class="quiet">
        <VisibleText text={provider && `${provider}/`} />
      </span>
      <VisibleText text={model} />
    </span>
  );
}
