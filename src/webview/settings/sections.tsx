import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SettingsFromPage } from '../../protocol/settings.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { checkGlob, checkLanguage } from './checks.ts';
import { tierName } from '../shared/tiers.ts';
import { Check, Choice, ConfirmButton, DescribedCheck, Field, onEnter, Section, Whose } from './parts.tsx';
import { post, state } from './settingsStore.ts';

/** The sections that are a short list each. */

export function Problems(): JSX.Element | null {
  const problems = state.value?.problems ?? [];
  if (!problems.length) return null;
  return (
    <Section id="problems" title={t('Problems')}>
      <p class="intro">{t('These settings values were ignored.')}</p>
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
    <Section id="completions" title={t('Completions')} setting="gearshift.completions.languages">
      <Switch
        setting="completions.enabled"
        on={completions.enabled}
        label={t('Suggest code while I type')}
        hint={t('The local tier shows ghost text at the cursor. Press Tab to accept it.')}
      />
      <Switch
        setting="completions.comments"
        on={completions.comments}
        label={t('Also inside comments')}
        hint={t('Ghost text appears while the cursor is in a comment, too.')}
      />
      <Switch
        setting="completions.strings"
        on={completions.strings}
        label={t('Also inside strings')}
        hint={t('Ghost text appears while the cursor is in a string, too.')}
      />
      <Switch
        setting="completions.onBattery"
        on={completions.onBattery}
        label={t('Also while on battery')}
        hint={t('Running a model locally drains the battery faster.')}
      />
      <div role="group" aria-labelledby="languages-title">
        <h3 id="languages-title">{t('Languages')}</h3>
        {!completions.enabled && <p class="hint">{t('Turned off everywhere, regardless of the list.')}</p>}
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
                label={t('Remove {0}', id)}
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
      <Globs
        title={t('Files')}
        hint={t('Matched against the path in the workspace. The last matching pattern wins.')}
        globs={completions.files}
        onSet={(glob, on) => post({ kind: 'setFiles', glob, on })}
        onAdd={(glob) => post({ kind: 'setFiles', glob, on: false })}
      />
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
        label={t('Language ID')}
        value={id}
        onInput={setId}
        problem={problem}
        placeholder={t('for example python')}
        inputRef={input}
      />
      <Button secondary onClick={add}>
        {othersOn ? t('Turn off for this language') : t('Turn on for this language')}
      </Button>
    </div>
  );
}

type SwitchName = Extract<SettingsFromPage, { kind: 'setSwitch' }>['setting'];

interface SwitchProps {
  setting: SwitchName;
  on: boolean;
  label: string;
  hint: string;
}

const Switch = ({ setting, on, label, hint }: SwitchProps): JSX.Element => (
  <DescribedCheck checked={on} hint={hint} onChange={(wanted) => post({ kind: 'setSwitch', setting, on: wanted })}>
    {label}
  </DescribedCheck>
);

interface GlobsProps {
  title: string;
  hint: string;
  /** `on` undefined: the glob is only there or not. */
  globs: readonly { readonly glob: string; readonly on?: boolean }[];
  onSet: (glob: string, on: boolean | null) => void;
  onAdd: (glob: string) => void;
}

/** A list of globs, with a line to add one. */
function Globs({ title, hint, globs, onSet, onAdd }: GlobsProps): JSX.Element {
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState('');
  const add = (): void => {
    const glob = typed.trim();
    const wrong = checkGlob(
      glob,
      globs.map((each) => each.glob),
    );
    setProblem(wrong);
    if (wrong) return;
    onAdd(glob);
    setTyped('');
  };
  return (
    <div role="group" aria-label={title}>
      <h3>{title}</h3>
      <p class="hint">{hint}</p>
      <ul class="rows languages">
        {globs.map(({ glob, on }) => (
          <li key={glob} class="row">
            <span class="grow address">
              {on === undefined ? (
                <VisibleText text={glob} />
              ) : (
                <Check checked={on} onChange={(wanted) => onSet(glob, wanted)}>
                  <VisibleText text={glob} />
                </Check>
              )}
            </span>
            <IconButton icon="close" label={t('Remove {0}', glob)} onClick={() => onSet(glob, null)} />
          </li>
        ))}
      </ul>
      <div class="add-language" role="group" aria-label={t('Add to {0}', title)} onKeyDown={onEnter(add)}>
        <Field
          label={t('Glob')}
          value={typed}
          onInput={setTyped}
          problem={problem}
          placeholder={t('for example legacy/**')}
        />
        <Button secondary onClick={add}>
          {t('Add')}
          <Whose name={title} />
        </Button>
      </div>
    </div>
  );
}

export function Privacy(): JSX.Element | null {
  const privacy = state.value?.privacy;
  if (!privacy) return null;
  const { consents, tiers } = privacy;
  return (
    <Section id="privacy" title={t('Privacy')} setting="gearshift.private">
      <Switch
        setting="private"
        on={privacy.private}
        label={t('Nothing leaves this computer')}
        hint={t('Auto and all commands use the local tier only.')}
      />
      <Switch
        setting="context.urls"
        on={privacy.urls}
        label={t('Web pages in chat (@url)')}
        hint={t('A page is fetched only when you mention it, and its text is sent with your question.')}
      />
      <h3>{t('What is sent, and where')}</h3>
      <ul class="rows">
        {tiers.map(({ tier, what, where }) => (
          <li key={tier} class="row">
            <span class="grow">
              <strong>{tierName(tier)}</strong> →{' '}
              <span class="address">
                <VisibleText text={where} />
              </span>
              <span class="hint block">{what}</span>
            </span>
          </li>
        ))}
      </ul>
      <p class="hint">
        {t(
          'Never sent unless you allow it that one time: files that contain secrets, such as .env files, private keys, key stores, and cloud or SSH credentials. Nothing is sent anywhere else. Gearshift has no telemetry.',
        )}
      </p>
      <Globs
        title={t('Files never shown to a model')}
        hint={t('These files get no completions, and their contents are never sent.')}
        globs={privacy.ignored.map((glob) => ({ glob }))}
        onSet={(glob) => post({ kind: 'setIgnored', globs: privacy.ignored.filter((each) => each !== glob) })}
        onAdd={(glob) => post({ kind: 'setIgnored', globs: [...privacy.ignored, glob] })}
      />
      <h3>{t('Consent given')}</h3>
      {consents.length ? (
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
      ) : (
        <p class="empty">
          {t("You haven't allowed sending anything to a cloud provider yet. You'll be asked before the first request.")}
        </p>
      )}
    </Section>
  );
}

type Range = Extract<SettingsFromPage, { kind: 'clearLedger' }>['range'];

export function Data(): JSX.Element {
  const { location = '', size = '', cleared = '', canRestore = false } = state.value?.data ?? {};
  const [range, setRange] = useState<Range>('older-90');
  const ranges: { value: Range; label: string }[] = [
    { value: 'older-90', label: t('Rows older than 90 days') },
    { value: 'older-365', label: t('Rows older than a year') },
    { value: 'this-month', label: t('Rows of this month') },
    { value: 'all', label: t('All rows') },
  ];
  return (
    <Section id="data" title={t('Data')}>
      <p class="intro">{t('The ledger of all calls is a file on this computer. It holds no prompts and no code.')}</p>
      <p>
        <span class="address">
          <VisibleText text={location} />
        </span>{' '}
        <span class="quiet">{size}</span>
      </p>
      <div class="buttons">
        <Button secondary onClick={() => post({ kind: 'openMeter' })}>
          {t('Open Insights')}
        </Button>
        <Button secondary onClick={() => post({ kind: 'exportLedger' })}>
          {t('Export ledger…')}
        </Button>
        <Button secondary onClick={() => post({ kind: 'revealLedger' })}>
          {t('Show the file')}
        </Button>
      </div>
      <div class="add-language">
        <Choice label={t('Delete from the ledger')} value={range} options={ranges} onChange={setRange} />
        <ConfirmButton
          question={t('Delete? Budgets and totals will no longer count them.')}
          yes={t('Delete')}
          onConfirm={() => post({ kind: 'clearLedger', range })}
        >
          {t('Delete…')}
        </ConfirmButton>
      </div>
      {cleared && (
        <p class="row" role="status">
          <VisibleText text={cleared} />
          {canRestore && (
            <Button secondary onClick={() => post({ kind: 'restoreLedger' })}>
              {t('Restore')}
            </Button>
          )}
        </p>
      )}
    </Section>
  );
}

const LEVEL_ICONS = { error: 'error', warning: 'warning', info: 'info' } as const;

/** Every model at a glance, and the doctor's findings. */
export function Diagnostics(): JSX.Element {
  const { diagnostics = [], doctor } = state.value ?? {};
  const running = doctor?.state === 'running';
  const findings = useRef<HTMLUListElement>(null);
  const wasRunning = useRef(false);
  useLayoutEffect(() => {
    // They come after seconds, below the last row: the user who waits for them is led there.
    if (wasRunning.current && !running) findings.current?.scrollIntoView({ block: 'nearest' });
    wasRunning.current = running;
  }, [running]);
  return (
    <Section id="diagnostics" title={t('Diagnostics')}>
      <ul class="rows">
        {diagnostics.map((model) => (
          <li key={model.ref} class="row" data-diagnostic={model.ref}>
            <Icon name={model.ok === null ? 'circle-outline' : model.ok ? 'pass' : 'error'} />
            <span class="grow">
              <span class="address">
                <VisibleText text={model.ref} />
              </span>{' '}
              <span class="quiet">{model.tiers.map(tierName).join(', ')}</span>
              <span class="hint block">
                <VisibleText
                  text={[model.host, model.key, model.last, model.latency, model.circuit].filter(Boolean).join(' · ')}
                />
              </span>
            </span>
          </li>
        ))}
      </ul>
      <div class="buttons">
        <Button onClick={() => post({ kind: 'runDoctor' })} {...(running && { unavailable: t('It is running.') })}>
          {t('Check everything')}
        </Button>
        <span class="quiet">
          {running
            ? t('Checking all servers…')
            : t('Asks every server for its model list (free) and checks all settings.')}
        </span>
      </div>
      {doctor?.state === 'done' && (
        <ul class="rows findings" aria-label={t('Findings')} ref={findings}>
          {doctor.findings.length === 0 && (
            <li class="row">
              <Icon name="pass" /> {t('No problems found.')}
            </li>
          )}
          {doctor.findings.map((finding, i) => (
            <li key={i} class={`row finding ${finding.level}`}>
              <Icon name={LEVEL_ICONS[finding.level]} />
              <span class="grow">
                <VisibleText text={finding.text} />
              </span>
              {finding.fix && (
                <Button secondary onClick={() => post({ kind: 'fix', finding: i })}>
                  <VisibleText text={finding.fix} />
                  <Whose name={finding.text} />
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
