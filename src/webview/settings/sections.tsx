import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { checkLanguage } from './checks.ts';
import { Check, Field, onEnter, Section, Whose } from './parts.tsx';
import { post, state } from './store.ts';

/** The sections that are a short list each. */

export function Problems(): JSX.Element | null {
  const problems = state.value?.problems ?? [];
  if (!problems.length) return null;
  return (
    <Section id="problems" title={t('Problems')}>
      <p class="intro">{t('These values of your settings were not taken.')}</p>
      <ul class="rows">
        {problems.map(({ setting, message }, i) => (
          <li key={i} class="row problem-row">
            <span class="grow">
              <Icon name="warning" />
              <code>
                <VisibleText text={setting} />
              </code>
              <VisibleText text={message} />
            </span>
            <Button secondary onClick={() => post({ kind: 'openJson', setting: setting.slice(0, 100) })}>
              {t('Open settings.json')}
              <Whose name={setting} />
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The entry of `completions.languages` for every language that is not named there. */
const OTHERS = '*';

export function Completions(): JSX.Element | null {
  const completions = state.value?.completions;
  if (!completions) return null;
  const named = completions.languages.filter(({ id }) => id !== OTHERS);
  const othersOn = completions.languages.find(({ id }) => id === OTHERS)?.on ?? true;
  return (
    <Section id="completions" title={t('Completions')}>
      <Check checked={completions.enabled} onChange={(enabled) => post({ kind: 'setCompletions', enabled })}>
        {t('Suggest code while I type')}
      </Check>
      <div role="group" aria-labelledby="languages-title">
        <h3 id="languages-title">{t('Languages')}</h3>
        {!completions.enabled && <p class="hint">{t('Switched off everywhere, whatever the list says.')}</p>}
        <ul class="rows languages">
          {named.map(({ id, on }) => (
            <li key={id} class="row">
              <span class="grow">
                <Check checked={on} onChange={(wanted) => post({ kind: 'setLanguage', id, on: wanted })}>
                  <VisibleText text={id} />
                </Check>
              </span>
              <IconButton
                icon="close"
                label={t('Take {0} off the list', id)}
                onClick={() => post({ kind: 'setLanguage', id, on: null })}
              />
            </li>
          ))}
          <li class="row">
            <Check checked={othersOn} onChange={(on) => post({ kind: 'setLanguage', id: OTHERS, on })}>
              {t('All other languages')}
            </Check>
          </li>
        </ul>
        <AddLanguage listed={named.map(({ id }) => id)} othersOn={othersOn} />
      </div>
    </Section>
  );
}

/** An exception is worth an entry only when it differs from the rest, so that is what a new one is. */
function AddLanguage({ listed, othersOn }: { listed: readonly string[]; othersOn: boolean }): JSX.Element {
  const [id, setId] = useState('');
  const [problem, setProblem] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const add = (): void => {
    const typed = id.trim();
    const wrong = checkLanguage(typed, listed);
    setProblem(wrong);
    input.current?.focus();
    if (wrong) return;
    post({ kind: 'setLanguage', id: typed, on: !othersOn });
    setId('');
  };
  return (
    <div class="add-language" role="group" aria-label={t('Add a language')} onKeyDown={onEnter(add)}>
      <Field
        label={t('Language id')}
        value={id}
        onInput={setId}
        problem={problem}
        placeholder={t('for example python')}
        inputRef={input}
      />
      <Button secondary onClick={add}>
        {othersOn ? t('Add, switched off') : t('Add, switched on')}
      </Button>
    </div>
  );
}

export function Privacy(): JSX.Element {
  const consents = state.value?.consents ?? [];
  return (
    <Section id="privacy" title={t('Privacy')}>
      {consents.length ? (
        <>
          <p class="intro">{t('You agreed to send questions and the context you attach to:')}</p>
          <ul class="rows">
            {consents.map((origin) => (
              <li key={origin} class="row">
                <span class="grow address">
                  <VisibleText text={origin} />
                </span>
                <Button secondary onClick={() => post({ kind: 'revokeConsent', origin })}>
                  {t('Revoke')}
                  <Whose name={origin} />
                </Button>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p class="empty">
          {t('You have not agreed to send anything to a cloud provider. You are asked before the first time.')}
        </p>
      )}
    </Section>
  );
}

export function Data(): JSX.Element {
  return (
    <Section id="data" title={t('Data')}>
      <p class="intro">{t('The ledger of all calls is a file on this computer. It holds no prompts and no code.')}</p>
      <div class="row">
        <span class="grow address">
          <VisibleText text={state.value?.ledger ?? ''} />
        </span>
        <Button secondary onClick={() => post({ kind: 'openMeter' })}>
          {t('Open meter')}
        </Button>
      </div>
    </Section>
  );
}
