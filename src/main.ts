import { config as configureL10n, t } from '@vscode/l10n';
import path from 'node:path';
import * as vscode from 'vscode';
import { ChatSession } from './core/chat/session.ts';
import { createGateway } from './core/gateway.ts';
import { PriceBook } from './core/pricing.ts';
import { ADAPTERS } from './core/providers/index.ts';
import { Health, tierState } from './core/tierState.ts';
import { TIERS, type Tier } from './core/types.ts';
import { currentEditor, escalationQuestion, gatherEscalation } from './editor/attach.ts';
import { ChatView } from './editor/chatView.ts';
import { registerCommands } from './editor/commands.ts';
import { Config } from './editor/config.ts';
import { agreeTo, missingConsent } from './editor/consent.ts';
import { exportLedger } from './editor/exportLedger.ts';
import { createLocalTier } from './editor/localTier.ts';
import { createLog } from './editor/log.ts';
import { MeterPanel } from './editor/meterPanel.ts';
import { createNextSteps } from './editor/nextSteps.ts';
import { noticesOf } from './editor/notices.ts';
import { Keys } from './editor/secrets.ts';
import { LedgerService } from './editor/services.ts';
import { SettingsPanel } from './editor/settingsPanel.ts';
import { StatusMeter } from './editor/statusMeter.ts';
import { openChatStore } from './storage/chatStore.ts';
import { workspaceId, workspaceUri } from './editor/workspace.ts';

/** Key of the one small thing that the workspace remembers: which thread was open. */
const OPEN_THREAD = 'chat.openThread';

/** Builds the parts and joins them. Nothing here waits for the disk or the network. */
export function activate(context: vscode.ExtensionContext): void {
  if (vscode.l10n.bundle) configureL10n({ contents: vscode.l10n.bundle });
  const own = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  const log = own(createLog());
  const config = own(new Config(log));
  const keys = own(new Keys(context.secrets));
  const storage = context.globalStorageUri.fsPath;
  const ledger = own(new LedgerService(path.join(storage, 'ledger'), log));
  const prices = new PriceBook();
  const changed = own(new vscode.EventEmitter<void>());
  const health = new Health(() => changed.fire());
  const trusted = (): boolean => vscode.workspace.isTrusted;

  const gateway = createGateway({
    settings: () => config.settings,
    key: (provider, endpoint) => keys.get(provider, endpoint),
    trusted,
    adapters: ADAPTERS,
    prices,
    ledger: {
      open: async (row) => (await ledger.ready).open(row),
      settle: async (row) => (await ledger.ready).settle(row),
    },
    fetch: (input, init) => globalThis.fetch(input, init),
    now: Date.now,
    random: Math.random,
    windowId: ledger.windowId,
    workspace: workspaceUri,
    report: (model, failure) => health.report(model, failure),
    log: (line) => log.info(line),
  });
  const local = own(createLocalTier({ config, keys, gateway, trusted, log, onChange: () => changed.fire() }));
  const stateOf = async (tier: Tier) =>
    (tier === 'local' ? local.state() : undefined) ??
    tierState(tier, {
      settings: config.settings,
      health,
      trusted: trusted(),
      hasKey: async (provider, endpoint) => (await keys.get(provider, endpoint)) !== null,
    });
  const notices = (): readonly string[] => noticesOf(config.settings, ledger.notices);

  const session = new ChatSession({
    gateway,
    store: openChatStore(path.join(storage, 'chats', workspaceId()), (line) => log.warn(line)),
    chain: (tier) => config.settings.tiers[tier],
    missingConsent: (chain) => missingConsent(chain, config.settings, trusted()),
    grantConsent: (origins) => config.write('consent.cloud', [...new Set([...config.settings.consent, ...origins])]),
    price: async (model) => {
      const provider = config.settings.providers.get(model.provider);
      return provider && (await prices.find(provider, model.model))?.price;
    },
    now: Date.now,
    defaultTier: 'mid',
    log: (line) => log.warn(line),
  });
  own({ dispose: () => void session.dispose() });
  own(
    session.onEvent(({ kind }) => {
      if (kind === 'state') void context.workspaceState.update(OPEN_THREAD, session.thread.id);
    }),
  );
  void session.restore(context.workspaceState.get<string>(OPEN_THREAD));

  const takeStep = createNextSteps({ config, keys });
  const chat = own(
    new ChatView({
      extensionUri: context.extensionUri,
      session,
      settings: () => config.settings,
      prices,
      tierState: stateOf,
      notice: () =>
        trusted()
          ? { text: notices().join(' '), next: 'none' }
          : { text: t('This workspace is not trusted: the cloud tiers are off.'), next: 'trust' },
      takeStep,
      log: (line) => log.warn(line),
    }),
  );
  const tiers = () => Promise.all(TIERS.map(stateOf));
  const meterPanel = own(
    new MeterPanel({
      extensionUri: context.extensionUri,
      store: () => ledger.ready,
      figures: () => ledger.figures,
      tiers,
      notices,
      now: Date.now,
      log: (line) => log.warn(line),
    }),
  );
  const settingsPanel = own(
    new SettingsPanel({
      extensionUri: context.extensionUri,
      config,
      keys,
      prices,
      gateway,
      tierState: stateOf,
      ledgerLocation: async () => (await ledger.ready).location,
      notices,
      agree: (provider, model) => agreeTo(provider, model, config, prices, trusted()),
      infillTest: () => local.testRequest(),
      trusted,
      log: (line) => log.warn(line),
    }),
  );
  const status = own(new StatusMeter());

  const refresh = async (): Promise<void> => {
    status.show({
      figures: ledger.figures,
      tiers: await tiers(),
      completionsOn: config.settings.completions.enabled,
      notices: notices(),
    });
    chat.refresh();
    meterPanel.refresh();
    settingsPanel.refresh();
  };
  const forget = (): void => {
    health.forget();
    changed.fire();
  };
  own(changed.event(() => void refresh()));
  own(ledger.onChange(() => changed.fire()));
  own(config.onChange(forget));
  own(keys.onChange(forget));
  own(vscode.workspace.onDidGrantWorkspaceTrust(forget));
  changed.fire();

  own(
    registerCommands(
      {
        'gearshift.chat.focus': () => chat.focus(),
        'gearshift.chat.new': async () => {
          await session.start();
          await chat.focus();
        },
        'gearshift.escalate': async (uri) => {
          const editor = currentEditor(uri);
          if (!editor) throw new Error(t('Open a file and select what the frontier model should look at.'));
          const attachment = await gatherEscalation(editor);
          if (!attachment) return;
          await chat.focus();
          await session.escalate(attachment, escalationQuestion(attachment));
        },
        'gearshift.completions.toggle': async () => {
          await config.write('completions.enabled', !config.settings.completions.enabled);
          await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
        },
        'gearshift.completions.explain': () => local.explain(),
        'gearshift.meter.open': () => meterPanel.show(),
        'gearshift.settings.open': () => settingsPanel.show(),
        'gearshift.keys.set': () => keys.pick([...config.settings.providers.values()]),
        'gearshift.ledger.export': async () => exportLedger(await ledger.ready),
      },
      (line) => log.warn(line),
    ),
  );
}
