import path from 'node:path';
import type { TestContext } from 'node:test';
import { Uri } from 'vscode';
import type { ChatStore } from '../../src/core/chat/threadStore.ts';
import { createGateway } from '../../src/core/gateway/gateway.ts';
import { Health, tierState, type TierState } from '../../src/core/gateway/tierStatus.ts';
import type { VsCodeChatFacts } from '../../src/core/setup/vsCodeChat.ts';
import type { Settings } from '../../src/core/settings/settings.ts';
import type { ChoiceHistory } from '../../src/core/routing/learnedRules.ts';
import type { BudgetState } from '../../src/core/money/budgets.ts';
import type { LedgerStore } from '../../src/core/ledger/ledger.ts';
import type { ModelRequest } from '../../src/core/common/types.ts';
import type { LocalModelState } from '../../src/core/completion/localModel.ts';
import { ADAPTERS } from '../../src/core/providers/adapters.ts';
import type { SettingsFromPage, SettingsState, SettingsToPage } from '../../src/protocol/settings.ts';
import { PagePanel } from '../../src/editor/platform/webviewHost.ts';
import { SettingsPanel } from '../../src/editor/settings/settingsPanel.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { openWindow, until, type WindowOptions } from './window.ts';

interface SettingsPageOptions extends WindowOptions {
  readonly budgetStates?: (settings: Settings) => readonly BudgetState[];
  readonly chats?: Pick<ChatStore, 'list' | 'load'>;
  /** How often learned rules chose and were overridden. */
  readonly uses?: () => ChoiceHistory['uses'];
  readonly refreshPrices?: () => Promise<boolean>;
  readonly ledgerNotices?: readonly string[];
  readonly infillTest?: () => Promise<ModelRequest>;
  /** What the local tier says of its model; otherwise its state follows from the settings. */
  readonly localState?: () => TierState;
  /** What the local tier knows of its model once the server was asked; otherwise nothing. */
  readonly localModel?: () => LocalModelState;
  readonly modelChange?: ConstructorParameters<typeof SettingsPanel>[0]['modelChange'];
  readonly vsCodeChat?: () => Promise<VsCodeChatFacts | undefined>;
  readonly openVsCodeChat?: () => Promise<void>;
  /** In place of the ledger in the test's own folder. */
  readonly store?: () => Promise<LedgerStore>;
}

/** What servers of a provider named in a test answer to a list of models. */
export const modelsAnswer = (...ids: readonly string[]): Response =>
  Response.json({ object: 'list', data: ids.map((id) => ({ id, object: 'model' })) });

/**
 * The settings page as its user has it, with the real panel, gateway and ledger: a test says what the page says and
 * reads the state that the page is sent.
 */
export async function openSettingsPage(t: TestContext, options: SettingsPageOptions = {}) {
  const window = openWindow(t, options);
  const { host, config, keys, prices, fetch, trusted, log } = window;
  const { store } = await openLedger({
    dir: path.join(host.root, 'ledger'),
    windowId: 'window-1',
    clock: Date.now,
    log: (line, error) => log.debug(line, error),
  });
  const health = new Health(() => undefined);
  const gateway = createGateway({
    settings: () => config.settings,
    key: (provider, endpoint) => keys.get(provider, endpoint),
    secretHeaders: (provider, endpoint) => keys.headers(provider, endpoint),
    trusted,
    adapters: ADAPTERS,
    prices,
    ledger: store,
    budgets: () => [],
    fetch,
    now: Date.now,
    random: () => 0,
    windowId: 'window-1',
    workspace: () => null,
    nameSecret: (secret) => `n${secret.length}`,
    report: (model, failure) => health.report(model, failure),
    log: () => undefined,
  });
  const page = new PagePanel<SettingsToPage, SettingsFromPage>(Uri.file('/extension'), {
    name: 'settings',
    title: 'Gearshift Settings',
  });
  let rechecked = 0;
  const panel = new SettingsPanel({
    context: { globalStorageUri: host.uri('User/globalStorage/gearshift.gearshift') },
    ...{ page, config, keys, prices, gateway, fetch, health, trusted, log },
    circuits: () => gateway.circuits(),
    tierState: async (tier) =>
      options.localState && tier === 'local'
        ? options.localState()
        : tierState(tier, {
            settings: config.settings,
            health,
            trusted: trusted(),
            hasKey: async (provider, endpoint) => (await keys.get(provider, endpoint)) !== null,
          }),
    store: options.store ?? (() => Promise.resolve(store)),
    budgetStates: () => options.budgetStates?.(config.settings) ?? [],
    refreshPrices: options.refreshPrices ?? (() => Promise.resolve(false)),
    notices: () => [],
    ledgerNotices: () => options.ledgerNotices ?? [],
    infillTest: options.infillTest ?? (() => Promise.reject(new Error('no local tier'))),
    localModel: () => Promise.resolve(options.localModel?.() ?? { kind: 'none' }),
    recheckLocal: () => void rechecked++,
    modelChange: options.modelChange ?? {
      canGoBack: () => false,
      act: () => Promise.resolve(),
    },
    ...(options.uses ? { uses: options.uses } : {}),
    vsCodeChat: options.vsCodeChat,
    openVsCodeChat: options.openVsCodeChat,
    chats: () => Promise.resolve(options.chats ?? { list: () => Promise.resolve([]), load: () => Promise.resolve([]) }),
  });
  t.after(async () => {
    panel.dispose();
    page.dispose();
    await store.close();
  });
  panel.show();
  const [shown] = host.panels;
  if (!shown) throw new Error('the page was not opened');
  const posted = shown.webview.posted as unknown as readonly SettingsToPage[];
  const states = (): readonly SettingsState[] =>
    posted.flatMap((message) => (message.kind === 'state' ? [message.state] : []));
  const say = (message: SettingsFromPage): void => shown.webview.say(message);
  say({ kind: 'ready' });
  await until(() => states().length > 0, 'the page got no state');
  return {
    ...window,
    ...{ panel, page, shown, posted, say, store, health },
    get state(): SettingsState {
      const last = states().at(-1);
      if (!last) throw new Error('no state yet');
      return last;
    },
    /** How often the local tier was told that a model may be there now. */
    get rechecked() {
      return rechecked;
    },
    /** The page says something; waits until its state is as it should be. */
    async after(message: SettingsFromPage, holds: (state: SettingsState) => unknown): Promise<SettingsState> {
      const before = states().length;
      say(message);
      const found = (): SettingsState | undefined => states().slice(before).find(holds);
      await until(found, `after ${message.kind} the page never showed what it should`);
      return found() as SettingsState;
    },
    /** Says something that changes nothing that a test could wait for. */
    async done(message: SettingsFromPage): Promise<SettingsState> {
      return this.after(message, () => true);
    },
  };
}
export type SettingsPageTest = Awaited<ReturnType<typeof openSettingsPage>>;
