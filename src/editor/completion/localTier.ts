import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { COLD_INLINE_LIMITS, type Gateway } from '../../core/gateway/call.ts';
import { TRIED_FORMATS, type StatedInfill } from '../../core/common/infillSetting.ts';
import { LocalModel, type LocalModelState, type ProvenFormats } from '../../core/completion/localModel.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { ModelError } from '../../core/common/failures.ts';
import { mayNotSend, readHeaders, readKey } from '../../core/gateway/resolveModel.ts';
import type { ModelServer } from '../../core/providers/modelClient.ts';
import { shortWords, type TierState } from '../../core/gateway/tierStatus.ts';
import type { FimRequest, ModelRef, ModelRequest } from '../../core/common/types.ts';
import type { SuggestionTracker } from '../../core/insights/suggestionTracker.ts';
import type { Completions } from './provider.ts';
import type { Config } from '../platform/config.ts';
import { lazy } from '../platform/lazy.ts';
import type { Log } from '../platform/log.ts';
import type { Keys } from '../platform/apiKeys.ts';

export interface LocalTier extends vscode.Disposable {
  readonly model: LocalModel;
  /** Ghost text, once it is loaded; null where the extension ended before. */
  readonly completions: Promise<Completions | null>;
  /** The state of the tier to report; undefined while its model is unknown. */
  state(): TierState | undefined;
  /** Forgets what is known of the tier's model and asks again. */
  recheck(): void;
  /** What is known of the tier's model, after its server was asked about it. Rejects when the signal is aborted before. */
  check(signal: AbortSignal): Promise<LocalModelState>;
  /** Wants no completions for so many ms; 0 ends that. */
  snooze(ms: number): Promise<void>;
  /** Until when they are not wanted, in ms since the epoch; 0 if they are. */
  readonly snoozedUntil: number;
  /** A small gap in the format of the tier's model, for the settings page. */
  testRequest(): Promise<ModelRequest>;
  /**
   * Where neither the server nor the name tells whether the model can infill, asks it to fill a small gap.
   *
   * @returns whether the model can infill, as far as is known then
   */
  tryInfill(): Promise<boolean>;
}

/** Where the formats that a try has proven are kept. */
const PROVEN = 'completions.provenFormats';

interface LocalTierParts {
  readonly config: Config;
  readonly keys: Keys;
  readonly gateway: Gateway;
  readonly fetch: typeof globalThis.fetch;
  readonly trusted: () => boolean;
  readonly log: Log;
  /** The user's own, for what was asked once. */
  readonly memory: vscode.Memento;
  /** Told what becomes of suggestions; undefined as long as that is not loaded. */
  readonly offers: () => SuggestionTracker | undefined;
  /** The state of the tier's model changed. */
  readonly onChange: () => void;
}

/** Completions, the model they come from, and what is told about both. */
export function createLocalTier(parts: LocalTierParts): LocalTier {
  const { config, log } = parts;
  // Loaded with the first question to a server, after activation.
  const client = lazy(async () => {
    const { createModelClient } = await import('../../core/providers/modelClient.ts');
    return createModelClient(parts.fetch, (ref) => serverOf(ref, parts));
  });
  const model = new LocalModel({
    client: {
      show: async (ref, signal) => (await client()).show(ref, signal),
      load: async (ref, signal) => (await client()).load(ref, signal),
    },
    now: Date.now,
    proven: provenFormats(parts.memory),
  });
  let disposed = false;
  let completions: Completions | null = null;
  const loading = loadCompletions(parts, model, () => disposed).then((loaded) => (completions = loaded));
  loading.catch((error: unknown) => log.error('completions', error));

  /** Loads the model while the user is still reading: the first suggestion should not wait for it. */
  const prepare = (): void => {
    if (config.settings.completions.enabled && vscode.window.activeTextEditor) model.wake('typing');
  };
  const configure = (): void => {
    // The extension may have ended before the first turn.
    if (disposed) return;
    completions?.reset();
    model.configure(config.settings);
    // A refused request may be allowed now: a consent, a key's variable, a header.
    if (['missing', 'cannot-infill', 'cannot-tell', 'unreachable', 'refused'].includes(model.state.kind))
      model.recheck();
    prepare();
  };
  const recheck = (): void => {
    model.recheck();
    prepare();
  };
  let asked = false;
  const unsubscribe = model.onChange(({ kind }) => {
    parts.onChange();
    // Only a user who gets ghost text from here can have two of it.
    if (kind !== 'ready' || asked || !config.settings.completions.enabled) return;
    asked = true;
    import('./otherProviders.ts')
      .then(({ askAboutOthers }) => askAboutOthers(config, parts.memory))
      .catch((error: unknown) => log.error('other providers of ghost text', error));
  });
  const subscriptions = vscode.Disposable.from(
    config.onChange(configure),
    parts.keys.onChange(recheck),
    vscode.workspace.onDidGrantWorkspaceTrust(recheck),
    vscode.window.onDidChangeActiveTextEditor(prepare),
  );
  // Activation returns first.
  setTimeout(configure, 0);

  let snoozedUntil = 0;
  let waking: NodeJS.Timeout | undefined;
  const snooze = async (ms: number): Promise<void> => {
    clearTimeout(waking);
    snoozedUntil = ms > 0 ? Date.now() + ms : 0;
    (await loading)?.snooze(ms);
    // The status item tells when it is over.
    if (ms > 0 && Number.isFinite(ms)) waking = setTimeout(() => void snooze(0), ms);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    parts.onChange();
  };

  return {
    model,
    completions: loading,
    state: () => describeTier(model, snoozedUntil),
    get snoozedUntil() {
      return snoozedUntil;
    },
    snooze,
    recheck,
    check: (signal) => model.check(signal),
    testRequest: () => testRequest(model, parts.gateway),
    tryInfill: async () => (await proveFormat(model, parts.gateway)) !== undefined || model.state.kind === 'ready',
    dispose() {
      disposed = true;
      clearTimeout(waking);
      completions?.dispose();
      unsubscribe();
      subscriptions.dispose();
      model.dispose();
    },
  };
}

/** Loaded once activation is over: no key can be typed before. */
async function loadCompletions(
  { config, gateway, log, offers }: LocalTierParts,
  model: LocalModel,
  disposed: () => boolean,
): Promise<Completions | null> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  const { registerCompletions } = await import('./provider.ts');
  return disposed() ? null : registerCompletions({ gateway, settings: () => config.settings, model, log, offers });
}

function provenFormats(memory: vscode.Memento): ProvenFormats {
  const kept = (): Readonly<Record<string, unknown>> => memory.get<Record<string, unknown>>(PROVEN) ?? {};
  return {
    get(place) {
      const format = kept()[place];
      return TRIED_FORMATS.find((each) => each === format);
    },
    set: (place, format) => memory.update(PROVEN, { ...kept(), [place]: format }),
  };
}

/** A small gap in the model's format, which a try finds out where neither the server nor the name tells. */
async function testRequest(model: LocalModel, gateway: Gateway): Promise<ModelRequest> {
  const [{ chooseFormat, formatOf }, { gapRequest }] = await Promise.all([
    import('../../core/completion/fim.ts'),
    import('../../core/completion/tryInfill.ts'),
  ]);
  const known = model.state;
  const proven = await proveFormat(model, gateway);
  if (proven) return gapRequest(formatOf(proven));
  const format = known.kind === 'ready' ? known.format : chooseFormat({ model: model.model?.model ?? '' });
  return gapRequest(format.mode === 'raw' || format.mode === 'suffix' ? format : { mode: 'suffix' });
}

/** Tries the known formats; undefined where none is right, or the format is known without a try. */
async function proveFormat(model: LocalModel, gateway: Gateway): Promise<StatedInfill | undefined> {
  const { state } = model;
  if (state.kind !== 'cannot-tell') return undefined;
  const ask = async (request: FimRequest): Promise<string> => {
    const call = { tier: 'local', task: 'test', chain: [state.model], request, limits: COLD_INLINE_LIMITS } as const;
    let text = '';
    for await (const event of gateway.stream(call, new AbortController().signal))
      if (event.kind === 'text') text += event.text;
    return text;
  };
  const { tryInfill } = await import('../../core/completion/tryInfill.ts');
  const format = await tryInfill(ask);
  if (format) model.prove(format);
  return format;
}

function describeTier(model: LocalModel, snoozedUntil: number): TierState | undefined {
  const { state } = model;
  if (snoozedUntil > Date.now()) {
    const until = Number.isFinite(snoozedUntil) ? new Date(snoozedUntil).toLocaleTimeString(vscode.env.language) : '';
    const words = until ? t('snoozed until {0}', until) : t('snoozed');
    return { tier: 'local', model: model.model, ready: false, words, next: 'none' };
  }
  if (state.kind === 'none' || state.kind === 'unknown' || state.kind === 'checking') return undefined;
  const base = { tier: 'local', model: state.model } as const;
  switch (state.kind) {
    case 'ready':
      return {
        ...base,
        ready: true,
        words: state.leavesTo ? t('ready; text leaves this computer for {0}', state.leavesTo) : t('ready'),
        next: 'none',
      };
    case 'loading':
      return { ...base, ready: false, words: t('loading {0}', state.model.model), next: 'none' };
    case 'cannot-infill':
      return { ...base, ready: false, words: t("model can't fill in the middle"), next: 'settings' };
    case 'cannot-tell':
      return { ...base, ready: false, words: t('unknown if it can fill in the middle: try it'), next: 'try-infill' };
    case 'missing':
    case 'unreachable':
    case 'refused': {
      const words = shortWords(state.failure, model.place(state.model).host);
      return { ...base, ready: false, words, next: model.describe(state).next };
    }
  }
}

/** Where a model is asked. The rules of sending hold, although nothing is generated. @throws ModelError where they forbid it */
async function serverOf(model: ModelRef, { config, keys, trusted }: LocalTierParts): Promise<ModelServer> {
  const provider = config.settings.providers.get(model.provider);
  const check = provider && endpointOf(provider);
  if (!provider || !check?.ok) throw new ModelError({ kind: 'bad-url' });
  const { endpoint } = check;
  const forbidden = mayNotSend(config.settings, trusted(), provider, endpoint, undefined, 'local');
  if (forbidden) throw new ModelError(forbidden);
  const headers = { ...provider.headers, ...(await readHeaders((...of) => keys.headers(...of), provider, endpoint)) };
  return {
    provider: { ...provider, headers },
    endpoint,
    apiKey: await readKey((...of) => keys.get(...of), provider, endpoint),
  };
}
