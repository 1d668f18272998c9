import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Tier } from '../../core/types.ts';
import type { ProviderView, TierSettingsView } from '../../protocol/settings.ts';
import { announce, Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { editChain, splitRef, suggestModels } from './chain.ts';
import { checkModel } from './checks.ts';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';
import { Choice, Field, Form, Section, TestResult, useOpener, Whose } from './parts.tsx';
import { chainOf, changeChain, post, state } from './store.ts';

export function Tiers(): JSX.Element {
  return (
    <Section id="tiers" title={t('Tiers')}>
      <p class="intro">
        {t(
          'The first model of a tier answers; the next one takes over when it cannot. Test makes one real call of a few tokens, which is on the ledger.',
        )}
      </p>
      {state.value?.tiers.map((tier) => (
        <TierRow key={tier.tier} view={tier} />
      ))}
    </Section>
  );
}

function purpose(tier: Tier): string {
  switch (tier) {
    case 'local':
      return t('Ghost text while you type');
    case 'mid':
      return t('Chat in the sidebar');
    case 'frontier':
      return t('Escalations, for the hard ones');
  }
}

function TierRow({ view }: { view: TierSettingsView }): JSX.Element {
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
        <span class="quiet">{purpose(tier)}</span>
        <span class={view.ready ? 'readiness ready' : 'readiness'}>
          <Icon name={view.ready ? 'pass' : 'warning'} />
          <VisibleText text={view.state} />
        </span>
      </div>
      {chain.length > 0 ? (
        <Chain tier={tier} chain={chain} onEmptied={() => adding.button.current?.focus()} />
      ) : (
        <p class="empty">{t('No model yet. Add one to use this tier.')}</p>
      )}
      {adding.open && <AddModel tier={tier} onClose={adding.close} />}
      <div class="buttons">
        {!adding.open && (
          <Button secondary buttonRef={adding.button} onClick={adding.show}>
            {chain.length ? t('Add fallback') : t('Add model')}
            <Whose name={name} />
          </Button>
        )}
        <Button
          secondary
          title={t('Makes one real call of a few tokens; it is on the ledger.')}
          onClick={() => post({ kind: 'testTier', tier })}
          {...unavailableTest(view)}
        >
          {t('Test')}
          <Whose name={name} />
        </Button>
        <TestResult test={test} />
      </div>
    </section>
  );
}

function unavailableTest(view: TierSettingsView): { unavailable?: string } {
  if (view.test.state === 'running') return { unavailable: t('The test is running.') };
  if (!view.chain.length) return { unavailable: t('There is no model to test.') };
  return {};
}

interface ChainProps {
  tier: Tier;
  chain: TierSettingsView['chain'];
  onEmptied: () => void;
}

function Chain({ tier, chain, onEmptied }: ChainProps): JSX.Element {
  const list = useRef<HTMLOListElement>(null);
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

  const move = (ref: string, by: -1 | 1): void => {
    const place = editChain(refs, { kind: 'move', ref, by }).indexOf(ref) + 1;
    wish.current = { ref, button: by < 0 ? 'move-up' : 'move-down' };
    changeChain(tier, { kind: 'move', ref, by });
    announce(t('{0}: place {1} of {2}', ref, place, refs.length));
  };
  const remove = (ref: string): void => {
    const at = refs.indexOf(ref);
    const neighbour = refs[at + 1] ?? refs[at - 1];
    if (neighbour) wish.current = { ref: neighbour, button: 'remove' };
    else onEmptied();
    changeChain(tier, { kind: 'remove', ref });
    announce(t('{0} removed', ref));
  };

  return (
    <ol class="chain" ref={list} aria-label={t('Models of {0}, in the order they are asked', tierName(tier))}>
      {chain.map(({ ref, price }, i) => (
        <li key={ref}>
          <span class="place">{i === 0 ? t('first') : t('then')}</span>
          <ModelName text={ref} />
          <span class="price">
            <VisibleText text={price} />
          </span>
          <span class="actions">
            <IconButton
              icon="arrow-up"
              class="move-up"
              label={t('Move {0} up', ref)}
              onClick={() => move(ref, -1)}
              {...(i === 0 && { unavailable: t('It is the first already.') })}
            />
            <IconButton
              icon="arrow-down"
              class="move-down"
              label={t('Move {0} down', ref)}
              onClick={() => move(ref, 1)}
              {...(i === chain.length - 1 && { unavailable: t('It is the last already.') })}
            />
            <IconButton icon="close" class="remove" label={t('Remove {0}', ref)} onClick={() => remove(ref)} />
          </span>
        </li>
      ))}
    </ol>
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

function AddModel({ tier, onClose }: { tier: Tier; onClose: () => void }): JSX.Element {
  const providers = state.value?.providers ?? [];
  const [wanted, setWanted] = useState(() => splitRef(chainOf(tier)[0] ?? '')[0]);
  const [model, setModel] = useState('');
  const [problem, setProblem] = useState('');
  const select = useRef<HTMLSelectElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  // The provider may have been removed while the form was open.
  const provider = providers.find(({ name }) => name === wanted) ?? providers[0];
  const name = provider?.name ?? '';

  useLayoutEffect(() => select.current?.focus(), []);
  useEffect(() => {
    if (name) post({ kind: 'listModels', provider: name });
  }, [name]);

  const add = (): void => {
    const typed = model.trim();
    const wrong = provider ? checkModel(typed, name, chainOf(tier)) : t('Add a provider first.');
    setProblem(wrong);
    if (wrong) return input.current?.focus();
    changeChain(tier, { kind: 'add', ref: `${name}/${typed}` });
    onClose();
  };

  return (
    <Form label={t('Add a model to {0}', tierName(tier))} submit={t('Add')} onSubmit={add} onCancel={onClose}>
      <div class="fields">
        <Choice
          label={t('Provider')}
          value={name}
          options={providers.map((other) => ({ value: other.name, label: other.name }))}
          selectRef={select}
          onChange={(chosen) => {
            setWanted(chosen);
            setProblem('');
          }}
        />
        <Field
          label={t('Model')}
          value={model}
          onInput={setModel}
          problem={problem}
          hint={provider && describeListing(provider)}
          list={list}
          inputRef={input}
        />
      </div>
      <datalist id={list}>
        {suggestModels(provider?.models ?? [], model).map(({ id, detail }) => (
          <option key={id} value={id} label={detail ? `${id} · ${detail}` : id} />
        ))}
      </datalist>
    </Form>
  );
}

function describeListing({ name, listing, models }: ProviderView): JSX.Element | string {
  switch (listing.state) {
    case 'idle':
      return models.length ? t('{0} models known', models.length) : t('Any model name that {0} knows', name);
    case 'running':
      return t('Asking {0} for its models…', name);
    case 'ok':
      return models.length ? t('{0} models known', models.length) : t('{0} has no models yet.', name);
    case 'failed':
      return <VisibleText text={t('The models of {0} could not be listed: {1}', name, listing.words)} />;
  }
}
