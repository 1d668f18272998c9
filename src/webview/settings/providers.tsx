import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { brandOf } from '../../core/common/brands.ts';
import type { ProviderView } from '../../protocol/settings.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { splitRef } from './chain.ts';
import { describeKey } from './changes.ts';
import { checkAddress, checkKeyVariable, checkProviderName, readHeaders } from './checks.ts';
import { tierName } from '../shared/tiers.ts';
import { Choice, ConfirmButton, Field, Form, Lines, Section, TestResult, useOpener, Whose } from './parts.tsx';
import { post, saveProvider, state } from './settingsStore.ts';

export function Providers(): JSX.Element {
  const adding = useOpener();
  const { providers = [], tiers = [] } = state.value ?? {};
  const inUse = (provider: ProviderView): boolean =>
    provider.changed ||
    provider.key === 'stored' ||
    provider.key === 'environment' ||
    tiers.some(({ chain }) => chain.some(({ ref }) => splitRef(ref)[0] === provider.name));
  const others = providers.filter((provider) => !inUse(provider));
  return (
    <Section id="providers" title={t('Providers')} setting="gearshift.providers">
      <p class="intro">
        {t(
          "Keys are stored in VS Code's secret storage, each bound to the address it was entered for, and never in settings.",
        )}
      </p>
      {providers.filter(inUse).map((provider) => (
        <ProviderRow key={provider.name} provider={provider} />
      ))}
      {adding.open ? (
        <div class="item">
          <h3>{t('New provider')}</h3>
          <ProviderForm onClose={adding.close} />
        </div>
      ) : (
        <div class="buttons">
          <Button secondary buttonRef={adding.button} onClick={adding.show}>
            {t('Add provider')}
          </Button>
        </div>
      )}
      {others.length > 0 && (
        <div role="group" aria-label={t('More providers')}>
          <h3>{t('More providers')}</h3>
          {others.map((provider) => (
            <ProviderRow key={provider.name} provider={provider} isShort />
          ))}
        </div>
      )}
      <p class="hint">
        {t(
          "Connections use VS Code's proxy and certificate settings (http.proxy, http.systemCertificates). If a server's certificate is issued by a private CA, add that CA to the system trust store.",
        )}
      </p>
    </Section>
  );
}

function kindName(kind: ProviderView['kind']): string {
  return kind === 'ollama' ? t('Ollama') : t('OpenAI-compatible');
}

/** @param isShort the provider is not in use: only what it takes to begin with it */
function ProviderRow({ provider, isShort = false }: { provider: ProviderView; isShort?: boolean }): JSX.Element {
  const { name, key, test, changed, shipped, host } = provider;
  const brand = brandOf(name);
  const editing = useOpener();
  return (
    <section
      class={`item${changed ? ' changed' : ''}${isShort ? ' short' : ''}`}
      data-provider={name}
      aria-labelledby={`provider-${name}`}
    >
      <div class="item-head">
        <h3 id={`provider-${name}`}>
          <VisibleText text={brand} />
        </h3>
        {brand.toLowerCase() !== name && (
          <code>
            <VisibleText text={name} />
          </code>
        )}
        {(isShort || kindName(provider.kind) !== brand) && (
          <span class="quiet">
            <VisibleText text={isShort ? host : kindName(provider.kind)} />
          </span>
        )}
        {changed && <span class="quiet">{shipped ? t('changed by you') : t('added by you')}</span>}
        {!(isShort && key === 'missing' && !provider.apiKeyEnv) && <KeyStatus provider={provider} />}
      </div>
      {editing.open ? (
        <ProviderForm provider={provider} onClose={editing.close} />
      ) : (
        !isShort && (
          <p class="address">
            <VisibleText text={provider.baseUrl} />
          </p>
        )
      )}
      <div class="buttons">
        {(!isShort || key !== 'missing') && (
          <Button
            secondary
            onClick={() => post({ kind: 'testProvider', provider: name })}
            {...(test.state === 'running' && { unavailable: t('The test is running.') })}
          >
            {t('Test connection')}
            <Whose name={name} />
          </Button>
        )}
        <Button secondary onClick={() => post({ kind: 'setKey', provider: name })}>
          {key === 'stored' ? t('Replace key') : t('Set key')}
          <Whose name={name} />
        </Button>
        {key === 'stored' && (
          <ConfirmButton
            question={t('Remove the key for {0}?', provider.host)}
            yes={t('Remove key')}
            onConfirm={() => post({ kind: 'removeKey', provider: name })}
          >
            {t('Remove key')}
            <Whose name={name} />
          </ConfirmButton>
        )}
        {!editing.open && (
          <Button secondary buttonRef={editing.button} onClick={editing.show}>
            {t('Edit')}
            <Whose name={name} />
          </Button>
        )}
        <RemoveProvider provider={provider} />
        <TestResult test={test} />
      </div>
    </section>
  );
}

function KeyStatus({ provider }: { provider: ProviderView }): JSX.Element {
  const missing = ['missing', 'not-agreed', 'unreadable'].includes(provider.key);
  return (
    <span class={missing ? 'readiness' : 'readiness ready'}>
      <Icon name={missing ? 'warning' : 'key'} />
      <VisibleText text={describeKey(provider)} />
    </span>
  );
}

function RemoveProvider({ provider }: { provider: ProviderView }): JSX.Element | null {
  const { name, shipped, changed } = provider;
  const remove = (): void => post({ kind: 'removeProvider', name });
  if (shipped) {
    if (!changed) return null;
    return (
      <ConfirmButton question={t('Reset to the default address?')} yes={t('Reset')} onConfirm={remove}>
        {t('Reset')}
        <Whose name={name} />
      </ConfirmButton>
    );
  }
  const users = (state.value?.tiers ?? []).filter((tier) => tier.chain.some(({ ref }) => splitRef(ref)[0] === name));
  const question = users.length
    ? t('Remove {0}? Used by: {1}.', name, users.map(({ tier }) => tierName(tier)).join(', '))
    : t('Remove {0}?', name);
  return (
    <ConfirmButton question={question} yes={t('Remove')} onConfirm={remove}>
      {t('Remove')}
      <Whose name={name} />
    </ConfirmButton>
  );
}

const NO_PROBLEMS = { name: '', baseUrl: '', apiKeyEnv: '', headers: '', host: '' };

/** Servers and services that speak a known protocol, beside the shipped ones. Addresses: their own documentation. */
const PRESETS: readonly {
  readonly name: string;
  readonly title: string;
  readonly kind: ProviderView['kind'];
  readonly baseUrl: string;
}[] = [
  { name: '', title: '', kind: 'openai', baseUrl: '' },
  { name: 'lmstudio', title: 'LM Studio', kind: 'openai', baseUrl: 'http://127.0.0.1:1234/v1' },
  { name: 'llama-cpp', title: 'llama.cpp server', kind: 'openai', baseUrl: 'http://127.0.0.1:8080/v1' },
  { name: 'vllm', title: 'vLLM', kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' },
  { name: 'together', title: 'Together', kind: 'openai', baseUrl: 'https://api.together.xyz/v1' },
  { name: 'azure', title: 'Azure OpenAI', kind: 'openai', baseUrl: 'https://RESOURCE.openai.azure.com/openai/v1' },
  { name: 'ollama-2', title: 'Ollama', kind: 'ollama', baseUrl: 'http://127.0.0.1:11434' },
];

/** The values of the form's fields. */
interface DraftText {
  readonly name: string;
  readonly kind: ProviderView['kind'];
  readonly baseUrl: string;
  readonly apiKeyEnv: string;
  /** One header on each line. */
  readonly headers: string;
}

/** Adds a provider, or changes one. It stays open, with what was typed, until the host has taken it. */
function ProviderForm({ provider, onClose }: { provider?: ProviderView; onClose: () => void }): JSX.Element {
  const [draft, setDraft] = useState<DraftText>(() => ({
    name: provider?.name ?? '',
    kind: provider?.kind ?? 'openai',
    baseUrl: provider?.baseUrl ?? '',
    apiKeyEnv: provider?.apiKeyEnv ?? '',
    headers: (provider?.headers ?? []).map((header) => `${header.name}: ${header.value}`).join('\n'),
  }));
  const edit = (change: Partial<DraftText>): void => setDraft((before) => ({ ...before, ...change }));
  const [problems, setProblems] = useState(NO_PROBLEMS);
  const [saving, setSaving] = useState(false);
  const form = useRef<HTMLDivElement>(null);
  const stop = useRef<(() => void) | undefined>(undefined);

  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>('input')?.focus();
    return () => stop.current?.();
  }, []);
  useLayoutEffect(() => {
    if (problems !== NO_PROBLEMS) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [problems]);

  const save = (): void => {
    const taken = state.value?.providers.map((other) => other.name) ?? [];
    const read = readHeaders(draft.headers);
    const entry = {
      name: draft.name.trim(),
      kind: draft.kind,
      baseUrl: draft.baseUrl.trim(),
      apiKeyEnv: draft.apiKeyEnv.trim(),
      headers: read.headers,
    };
    const found = {
      name: provider ? '' : checkProviderName(entry.name, taken),
      baseUrl: checkAddress(entry.baseUrl),
      apiKeyEnv: checkKeyVariable(entry.apiKeyEnv),
      headers: read.problem,
      host: '',
    };
    setProblems(found);
    if (Object.values(found).some(Boolean)) return;
    setSaving(true);
    stop.current = saveProvider(entry, (problem) => {
      setSaving(false);
      if (problem) return setProblems({ ...NO_PROBLEMS, host: problem });
      onClose();
      // Nearly every new one needs a key, and the box says that it may be left. Only now: closing moves the focus.
      if (!provider && entry.kind === 'openai' && !entry.apiKeyEnv)
        requestAnimationFrame(() => post({ kind: 'setKey', provider: entry.name }));
    });
  };

  return (
    <Form
      label={provider ? t('Edit {0}', provider.name) : t('Add provider')}
      submit={saving ? t('Saving…') : provider ? t('Save') : t('Add')}
      onSubmit={save}
      onCancel={onClose}
      {...(saving && { unavailable: t('Saving…') })}
    >
      <div class="fields" ref={form}>
        <ProviderFields isNew={!provider} draft={draft} problems={problems} onEdit={edit} />
      </div>
      {problems.host && (
        <p class="problem" role="alert">
          <VisibleText text={problems.host} />
        </p>
      )}
    </Form>
  );
}

interface FieldsProps {
  isNew: boolean;
  draft: DraftText;
  problems: typeof NO_PROBLEMS;
  onEdit: (change: Partial<DraftText>) => void;
}

function ProviderFields({ isNew, draft, problems, onEdit }: FieldsProps): JSX.Element {
  const [preset, setPreset] = useState('');
  return (
    <>
      {isNew && (
        <Choice
          label={t('Start from')}
          value={preset}
          options={PRESETS.map((each) => ({ value: each.name, label: each.title || t('Your own address') }))}
          onChange={(chosen) => {
            setPreset(chosen);
            const found = PRESETS.find((each) => each.name === chosen);
            if (!found) return;
            onEdit({ name: found.name, kind: found.kind, baseUrl: found.baseUrl });
          }}
        />
      )}
      {isNew && (
        <Field label={t('Name')} value={draft.name} onInput={(name) => onEdit({ name })} problem={problems.name} />
      )}
      <Field
        label={t('Address')}
        value={draft.baseUrl}
        onInput={(baseUrl) => onEdit({ baseUrl })}
        problem={problems.baseUrl}
        placeholder={draft.kind === 'ollama' ? 'http://127.0.0.1:11434' : 'https://host/v1'}
      />
      {isNew && (
        <Choice
          label={t('Kind')}
          value={draft.kind}
          options={[
            { value: 'openai', label: kindName('openai') },
            { value: 'ollama', label: kindName('ollama') },
          ]}
          onChange={(kind) => onEdit({ kind })}
        />
      )}
      <Field
        label={t('Key environment variable')}
        value={draft.apiKeyEnv}
        onInput={(apiKeyEnv) => onEdit({ apiKeyEnv })}
        problem={problems.apiKeyEnv}
        hint={t('Optional: an environment variable that holds the key')}
      />
      <Lines
        label={t('Headers')}
        value={draft.headers}
        onInput={(headers) => onEdit({ headers })}
        problem={problems.headers}
        placeholder="X-Team: compilers"
        hint={t('Optional, one on each line; those that carry a key go to the secret storage')}
      />
    </>
  );
}
