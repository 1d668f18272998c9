import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Gateway } from '../../core/gateway/call.ts';
import { LocalModel, type LocalModelClient } from '../../core/completion/localModel.ts';
import { checkEndpoint } from '../../core/common/endpoints.ts';
import { ModelError } from '../../core/common/failures.ts';
import { hostOf, placesOf } from '../../core/common/places.ts';
import { mayNotSend, readKey } from '../../core/gateway/resolveModel.ts';
import { locateModel } from '../../core/providers/locate.ts';
import { loadModel, showModel } from '../../core/providers/ollama.ts';
import type { Wire } from '../../core/providers/provider.ts';
import { shortWords, type TierState } from '../../core/gateway/tierStatus.ts';
import type { ModelRef, ModelRequest } from '../../core/common/types.ts';
import { guardFetch } from '../../core/providers/guardedFetch.ts';
import { currentEditor } from '../platform/activeEditor.ts';
import type { SuggestionTracker } from '../../core/insights/suggestionTracker.ts';
import type { Completions } from './provider.ts';
import type { Config } from '../platform/config.ts';
import type { Log } from '../platform/log.ts';
import type { Command } from '../platform/contributions.ts';
import type { Keys } from '../platform/apiKeys.ts';

/** Descriptions of models carry their whole template and licence. */
const SHOW_LIMITS = { lineBytes: 8 * 1024 * 1024, responseBytes: 16 * 1024 * 1024, requestBytes: 64 * 1024 };

/** Scheme of the document that explains the last request. */
const EXPLANATION = 'gearshift-explanation';

export interface LocalTier extends vscode.Disposable {
  /** What is to be told about the tier; undefined while nothing is known of its model. */
  state(): TierState | undefined;
  /** Forgets what is known of the tier's model and asks again. */
  recheck(): void;
  /** Tells why there is no suggestion at the cursor. */
  explain(): Promise<void>;
  /** Asks for how long completions are not wanted, or ends that. */
  snooze(): Promise<void>;
  /** Until when they are not wanted, in ms since the epoch; 0 if they are. */
  readonly snoozedUntil: number;
  /** A small gap in the format of the tier's model, for the settings page. */
  testRequest(): Promise<ModelRequest>;
}

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
  const { config, gateway, log } = parts;
  const model = new LocalModel({ client: clientOf(parts), now: Date.now });
  let disposed = false;
  /** Loaded once activation is over: no key can be typed before. */
  const loading = new Promise((resolve) => setTimeout(resolve, 0))
    .then(() => import('./provider.ts'))
    .then(({ registerCompletions }) => {
      if (disposed) return null;
      completions = registerCompletions({
        gateway,
        settings: () => config.settings,
        model,
        log: (line) => log.warn(line),
        offers: parts.offers,
      });
      return completions;
    });
  let completions: Completions | null = null;

  /** Loads the model while the user is still reading: the first suggestion should not wait for it. */
  const prepare = (): void => {
    if (config.settings.completions.enabled && vscode.window.activeTextEditor) model.wake('typing');
  };
  const configure = (): void => {
    completions?.reset();
    model.configure(config.settings);
    // What was refused may be allowed now: a consent, a key's variable, a header.
    if (['missing', 'cannot-infill', 'unreachable', 'refused'].includes(model.state.kind)) model.recheck();
    prepare();
  };
  const recheck = (): void => {
    model.recheck();
    prepare();
  };
  let asked = false;
  const unsubscribe = model.onChange(({ kind }) => {
    parts.onChange();
    // Only who gets ghost text from here can have two of it.
    if (kind !== 'ready' || asked || !config.settings.completions.enabled) return;
    asked = true;
    void import('./otherProviders.ts').then(({ askAboutOthers }) => askAboutOthers(config, parts.memory));
  });
  const subscriptions = vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(EXPLANATION, {
      provideTextDocumentContent: () => explanation,
    }),
    config.onChange(configure),
    parts.keys.onChange(recheck),
    vscode.workspace.onDidGrantWorkspaceTrust(recheck),
    vscode.window.onDidChangeActiveTextEditor(prepare),
  );
  // Activation returns first.
  setTimeout(configure, 0);

  /** The last request as a document that cannot be written, so that closing it asks nothing. */
  let explanation = '';
  const showTrace = async (why: string): Promise<void> => {
    const trace = completions?.lastTrace;
    if (!trace) return;
    const { describeTrace } = await import('../../core/completion/trace.ts');
    explanation = describeTrace(trace, why);
    const uri = vscode.Uri.from({ scheme: EXPLANATION, path: `${t('Last completion')}.md`, query: String(trace.at) });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  };

  let snoozedUntil = 0;
  let waking: NodeJS.Timeout | undefined;
  const setSnooze = async (ms: number): Promise<void> => {
    clearTimeout(waking);
    snoozedUntil = ms > 0 ? Date.now() + ms : 0;
    (await loading)?.snooze(ms);
    // The status item tells when it is over.
    if (ms > 0 && Number.isFinite(ms)) waking = setTimeout(() => void setSnooze(0), ms);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    parts.onChange();
  };

  return {
    state: () => describeTier(model, snoozedUntil),
    get snoozedUntil() {
      return snoozedUntil;
    },
    async snooze() {
      const minutes = (n: number) => ({ label: t('{0} minutes', n), ms: n * 60_000 });
      const choices = [
        ...(snoozedUntil ? [{ label: t('Resume now'), ms: 0 }] : []),
        minutes(5),
        minutes(15),
        minutes(60),
        { label: t('Until this window is opened again'), ms: Infinity },
      ];
      const choice = await vscode.window.showQuickPick(choices, { title: t('Snooze Completions') });
      if (choice) await setSnooze(choice.ms);
    },
    recheck,
    async explain() {
      const editor = currentEditor();
      if (!editor) {
        void vscode.window.showInformationMessage(t('Open a file and put the cursor where you expect a suggestion.'));
        return;
      }
      const why = await (await loading)?.explainAt(editor.document, editor.selection.active);
      if (!why) {
        await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
        return;
      }
      const missing = model.state.kind === 'missing' || model.state.kind === 'unreachable';
      const [label, command]: [string, Command] = missing
        ? [t('Local Models'), 'gearshift.settings.localModels']
        : [t('Settings'), 'gearshift.settings.open'];
      const details = t('Show Details');
      const choices = completions?.lastTrace ? [details, label] : [label];
      const choice = await vscode.window.showInformationMessage(t('No suggestion here: {0}', why.text), ...choices);
      if (choice === details) await showTrace(why.text);
      if (choice === label) await vscode.commands.executeCommand(command);
    },
    async testRequest() {
      const { chooseFormat, formatPrompt } = await import('../../core/completion/fim.ts');
      const known = model.state;
      const format = known.kind === 'ready' ? known.format : chooseFormat({ model: model.model?.model ?? '' });
      const gap = {
        before: 'function add(a, b) {\n  return ',
        after: '\n}\n',
        path: 'add.js',
        repo: 'test',
        language: 'javascript',
      };
      const rest = { kind: 'fim', maxTokens: 16, temperature: 0 } as const;
      if (format.mode !== 'raw') return { ...rest, prompt: { prefix: gap.before, suffix: gap.after }, stop: [] };
      const { raw, stop } = formatPrompt(format.family, { ...gap, snippets: [] });
      return { ...rest, prompt: { raw }, stop };
    },
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

function describeTier(model: LocalModel, snoozedUntil: number): TierState | undefined {
  const { state } = model;
  if (snoozedUntil > Date.now()) {
    const until = Number.isFinite(snoozedUntil) ? new Date(snoozedUntil).toLocaleTimeString() : '';
    const words = until ? t('snoozed until {0}', until) : t('snoozed');
    return { tier: 'local', model: model.model, ready: false, words, next: 'none' };
  }
  if (state.kind === 'none' || state.kind === 'unknown' || state.kind === 'checking') return undefined;
  const base = { tier: 'local', model: state.model } as const;
  switch (state.kind) {
    case 'ready':
      return { ...base, ready: true, words: t('ready'), next: 'none' };
    case 'loading':
      return { ...base, ready: false, words: t('loading {0}', state.model.model), next: 'none' };
    case 'cannot-infill':
      return { ...base, ready: false, words: t('model cannot infill'), next: 'settings' };
    case 'missing':
    case 'unreachable':
    case 'refused': {
      const words = shortWords(state.failure, model.place(state.model).host);
      return { ...base, ready: false, words, next: model.describe(state).next };
    }
  }
}

/** Describing and loading a model generate nothing, so they have no row on the ledger; the rules of sending hold. */
function clientOf({ config, keys, fetch, trusted }: LocalTierParts): LocalModelClient {
  const wireTo = async (model: ModelRef, signal: AbortSignal): Promise<Reached> => {
    const provider = config.settings.providers.get(model.provider);
    const check = provider && checkEndpoint(provider.baseUrl);
    if (!provider || !check?.ok) throw new ModelError({ kind: 'bad-url' });
    const { endpoint } = check;
    const forbidden = mayNotSend(config.settings, trusted(), provider, endpoint);
    if (forbidden) throw new ModelError(forbidden);
    const { ADAPTERS } = await import('../../core/providers/adapters.ts');
    const apiKey = await readKey((...of) => keys.get(...of), provider, endpoint);
    const adapter = ADAPTERS[provider.kind];
    const unknown = await locateModel({ adapter, provider, endpoint, model: model.model, apiKey, fetch }, signal);
    if (unknown) throw new ModelError(unknown);
    const guard = guardFetch({ fetch, origin: endpoint.origin, signal, limits: SHOW_LIMITS });
    const { baseUrl } = endpoint;
    const { headers, keepAlive } = provider;
    const byAddress = placesOf(provider, endpoint);
    const elsewhere = placesOf(provider, endpoint, model.model).find((place) => !byAddress.includes(place));
    return { wire: { baseUrl, apiKey, headers, keepAlive, fetch: guard.fetch }, elsewhere };
  };
  return {
    async show(model, signal) {
      const { wire, elsewhere } = await wireTo(model, signal);
      // The server may pass on even this question.
      if (elsewhere !== undefined) return { template: '', family: '', architecture: '', remoteHost: hostOf(elsewhere) };
      return showModel(model.model, wire);
    },
    async load(model, signal) {
      const { wire, elsewhere } = await wireTo(model, signal);
      if (elsewhere !== undefined) throw new ModelError({ kind: 'not-local', detail: hostOf(elsewhere) });
      return loadModel(model.model, wire);
    },
  };
}

interface Reached {
  readonly wire: Wire;
  /** Origin of another server that the model's requests are passed on to. */
  readonly elsewhere: string | undefined;
}
