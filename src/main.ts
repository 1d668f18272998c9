import { config as configureL10n, t } from '@vscode/l10n';
import path from 'node:path';
import * as vscode from 'vscode';
import { budgetsFor } from './core/money/budgets.ts';
import type { Escalation } from './core/chat/escalation.ts';
import { CostCheck } from './core/money/priceDrift.ts';
import type { ObservedGateway } from './core/gateway/gateway.ts';
import { createFetch, isOllamaAt } from './core/privacy/privateFetch.ts';
import { PriceBook } from './core/money/pricing.ts';
import { Health, tierState } from './core/gateway/tierStatus.ts';
import { TIERS, type Tier } from './core/common/types.ts';
import { registerCommands } from './editor/platform/commands.ts';
import { Config } from './editor/platform/config.ts';
import { lazy } from './editor/platform/lazy.ts';
import { createLocalTier } from './editor/completion/localTier.ts';
import { createLog } from './editor/platform/log.ts';
import { CHAT_PANEL, CHAT_VIEW } from './editor/platform/contributions.ts';
import { createNextSteps } from './editor/chat/failureActions.ts';
import { noticesOf } from './editor/platform/notices.ts';
import { plainFetch } from './editor/platform/plainFetch.ts';
import { HOST_CLOCK, watchSending } from './editor/platform/requestEvents.ts';
import { Keys, nameSecret } from './editor/platform/apiKeys.ts';
import { LedgerService } from './editor/ledger/ledgerService.ts';
import type { SettingsPage } from './editor/settings/settingsPanel.ts';
import { StatusMeter } from './editor/insights/statusMeter.ts';
import { WalkthroughSteps } from './editor/settings/walkthrough.ts';
import { workspaceUri } from './editor/platform/workspace.ts';
import { jsonFile } from './storage/files.ts';

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
  const fetch = createFetch({
    isPrivate: () => config.settings.private,
    isPlain: (origin) => isOllamaAt(config.settings, origin),
    plainFetch,
  });
  const storage = context.globalStorageUri.fsPath;
  const trusted = (): boolean => vscode.workspace.isTrusted;
  const priceFile = jsonFile(path.join(storage, 'prices.json'));
  const livePrices = lazy(async () => {
    const { LivePrices } = await import('./core/money/livePrices.ts');
    return new LivePrices({
      fetch,
      key: (provider, endpoint) => keys.get(provider, endpoint),
      allowed: ({ origin }) => trusted() && config.settings.consent.has(origin),
      load: priceFile.read,
      save: priceFile.write,
      now: Date.now,
      onChange: () => changed.fire(),
      log: (line) => log.info(line),
    });
  });
  const prices = new PriceBook({ find: async (provider, model) => (await livePrices()).find(provider, model) });
  const budgets = (tier: Tier) => budgetsFor(config.settings.budgets, tier, workspaceUri(), Date.now());
  const ledger = own(
    new LedgerService({
      dir: path.join(storage, 'ledger'),
      log,
      budgets: () => [...new Map(TIERS.flatMap(budgets).map((limit) => [limit.budget, limit])).values()],
      frontierPrice: async () => {
        const [model] = config.settings.tiers.frontier;
        const provider = model && config.settings.providers.get(model.provider);
        const entry = provider && (await prices.find(provider, model.model));
        return entry && { model: model.model, price: entry.price };
      },
    }),
  );
  const changed = own(new vscode.EventEmitter<void>());
  const health = new Health(() => changed.fire());

  const costCheck = new CostCheck();
  // Loaded with the first call: starting needs none.
  const realGateway = lazy(async () => {
    const [{ createGateway }, { ADAPTERS }] = await Promise.all([
      import('./core/gateway/gateway.ts'),
      import('./core/providers/adapters.ts'),
    ]);
    return createGateway({
      settings: () => config.settings,
      key: (provider, endpoint) => keys.get(provider, endpoint),
      trusted,
      adapters: ADAPTERS,
      prices,
      ledger: {
        open: async (row, limits) => (await ledger.ready).open(row, limits),
        settle: async (row) => (await ledger.ready).settle(row),
      },
      budgets,
      fetch,
      now: Date.now,
      random: Math.random,
      windowId: ledger.windowId,
      workspace: workspaceUri,
      nameSecret,
      report: (model, failure) => health.report(model, failure),
      log: (line) => log.info(line),
      clock: HOST_CLOCK,
      watchSending,
      compareCost(...costs) {
        const drift = costCheck.add(...costs);
        if (drift) void import('./editor/money/priceDrift.ts').then(({ tellCostDrift }) => tellCostDrift(drift));
      },
      askStepUp: async (...step) => (await import('./editor/gateway/askCostlierModel.ts')).askStepUp(...step),
    });
  });
  const gateway: ObservedGateway = {
    stream: async function* (...call) {
      yield* (await realGateway()).stream(...call);
    },
    estimate: async (call) => (await realGateway()).estimate(call),
    circuits: () => realGateway.made?.circuits() ?? [],
  };
  const outcomes = lazy(async () => {
    const { OutcomeWatch } = await import('./editor/insights/outcomeWatch.ts');
    const watch = own(
      new OutcomeWatch(
        () => ledger.ready,
        (line) => log.warn(line),
      ),
    );
    ledger.beforeClosing(() => watch.end());
    return watch;
  });
  const local = own(
    createLocalTier({
      config,
      keys,
      gateway,
      fetch,
      trusted,
      log,
      memory: context.globalState,
      onChange: () => changed.fire(),
      offers: () => outcomes.made?.offers,
    }),
  );
  const stateOf = async (tier: Tier) =>
    (tier === 'local' ? local.state() : undefined) ??
    tierState(tier, {
      settings: config.settings,
      health,
      trusted: trusted(),
      hasKey: async (provider, endpoint) => (await keys.get(provider, endpoint)) !== null,
    });
  const notices = (): readonly string[] => noticesOf(config.settings, ledger.notices);

  const edits = lazy(async () => {
    const { EditApplier } = await import('./editor/edits/proposals.ts');
    return own(
      new EditApplier(
        (line) => log.warn(line),
        async () => (await outcomes()).aftermath,
      ),
    );
  });
  /** What every part that asks models on its own account is made of. */
  const asking = { config, gateway, prices, health, ledger: () => ledger.ready, budgets, trusted, tierState: stateOf };
  const asker = lazy(async () => {
    const { Asker } = await import('./editor/gateway/oneShot.ts');
    return new Asker(asking);
  });
  const inlineEdit = lazy(async () => {
    const { InlineEdit } = await import('./editor/edits/inlineEdit.ts');
    return new InlineEdit(await asker(), edits, async (uri, problems) => (await chat()).askToFix(uri, problems));
  });
  const commitMessages = lazy(async () => {
    const { CommitMessages } = await import('./editor/codeTools/commitMessage.ts');
    return new CommitMessages(asker, () => config.settings.conventionalCommits);
  });
  const review = lazy(async () => {
    const { ReviewChanges } = await import('./editor/codeTools/review.ts');
    return own(new ReviewChanges(asker));
  });
  const chat = lazy(async () => {
    const { ChatRoom } = await import('./editor/chat/chatController.ts');
    return own(
      new ChatRoom({
        ...asking,
        context,
        fetch,
        notices,
        edits,
        takeStep: createNextSteps({ config, keys, settings: openSettings }),
        warn: (line) => log.warn(line),
      }),
    );
  });
  own(
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, {
      resolveWebviewView: async (view) => (await chat()).resolve(view),
    }),
  );
  own(
    vscode.window.registerWebviewPanelSerializer(CHAT_PANEL, {
      deserializeWebviewPanel: async (panel) => (await chat()).adopt(panel),
    }),
  );
  const tiers = () => Promise.all(TIERS.map(stateOf));
  const meterPanel = lazy(async () => {
    const { MeterPanel } = await import('./editor/insights/insightsPanel.ts');
    return own(
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
  });
  const settingsPage = lazy(async (): Promise<SettingsPage> => {
    const { PagePanel } = await import('./editor/platform/webviewHost.ts');
    return own(new PagePanel(context.extensionUri, { name: 'settings', title: t('Gearshift Settings') }));
  });
  const settingsPanel = lazy(async () => {
    const page = await settingsPage();
    const { SettingsPanel } = await import('./editor/settings/settingsPanel.ts');
    return own(
      new SettingsPanel({
        page,
        config,
        keys,
        prices,
        gateway,
        fetch,
        health,
        circuits: () => gateway.circuits(),
        tierState: stateOf,
        store: () => ledger.ready,
        budgetStates: () => ledger.figures?.budgets ?? [],
        chats: async () => (await import('./editor/chat/threads.ts')).openThreads(context, (line) => log.warn(line)),
        refreshPrices: async (provider) => (await livePrices()).refresh(provider),
        notices,
        ledgerNotices: () => ledger.notices,
        infillTest: () => local.testRequest(),
        recheckLocal: () => local.recheck(),
        trusted,
        log: (line) => log.warn(line),
      }),
    );
  });
  const openSettings = async (section?: string): Promise<void> => {
    // The page loads while the code is read that fills it; what opens it leaves this process first.
    (await settingsPage()).show();
    if (!settingsPanel.made) await new Promise((left) => setTimeout(left, 10));
    (await settingsPanel()).show(section);
  };
  const status = own(new StatusMeter());

  const steps = new WalkthroughSteps();
  const refresh = async (): Promise<void> => {
    const states = await tiers();
    steps.show({
      local: local.state(),
      mid: states.find(({ tier }) => tier === 'mid'),
      figures: ledger.figures,
      metered: meterPanel.made !== undefined,
    });
    status.show({
      figures: ledger.figures,
      tiers: states,
      completionsOn: config.settings.completions.enabled,
      notices: notices(),
    });
    chat.made?.refresh();
    meterPanel.made?.refresh();
    settingsPanel.made?.refresh();
  };
  const forget = (): void => {
    health.forget();
    ledger.refresh();
    changed.fire();
  };
  own(changed.event(() => void refresh()));
  own(ledger.onChange(() => changed.fire()));
  own(config.onChange(forget));
  own(keys.onChange(forget));
  own(vscode.workspace.onDidGrantWorkspaceTrust(forget));
  // Other extensions are waiting to be activated: the first picture comes after them.
  const first = setImmediate(() => changed.fire());
  own({ dispose: () => clearImmediate(first) });

  // The light bulb is not looked for in the first moments, and no suggestion comes in them.
  const lightBulb = setTimeout(() => {
    void outcomes();
    void import('./editor/codeTools/codeActions.ts').then(({ registerCodeActions }) =>
      own(
        registerCodeActions({
          inlineEdit,
          asker,
          askChat: async (...about) => (await chat()).askAbout(...about),
          escalate: async (...problems) => (await chat()).escalateProblems(...problems),
          log: (line) => log.warn(line),
        }),
      ),
    );
  }, 500);
  own({ dispose: () => clearTimeout(lightBulb) });
  const escalate = (action?: Escalation) => async (uri?: vscode.Uri) => (await chat()).escalate(action, uri);
  own(
    registerCommands(
      {
        // VS Code's own command for the view
        'gearshift.chat.focus': () => undefined,
        'gearshift.chat.new': async () => (await chat()).startThread(),
        'gearshift.chat.openInEditor': async () => (await chat()).openPanel(),
        'gearshift.escalate': escalate(),
        'gearshift.escalate.ask': escalate('ask'),
        'gearshift.escalate.explain': escalate('explain'),
        'gearshift.escalate.debug': escalate('debug'),
        'gearshift.escalate.review': escalate('review'),
        'gearshift.escalate.security': escalate('security'),
        'gearshift.escalate.refactor': escalate('refactor'),
        'gearshift.escalate.tests': escalate('tests'),
        'gearshift.escalate.modernise': escalate('modernise'),
        'gearshift.escalate.terminal': async () => (await chat()).escalateTerminal(),
        'gearshift.escalate.testFailure': async (_, argument) => (await chat()).escalateTestFailure(argument),
        'gearshift.edits.apply': async (uri) => (await edits()).apply(uri),
        'gearshift.edits.choose': async (uri) => (await edits()).choose(uri),
        'gearshift.edits.discard': async (uri) => (await edits()).discard(uri),
        'gearshift.edits.followUp': async (uri) => (await edits()).followUp(uri),
        'gearshift.edits.acceptHunk': async (_, line) => (await edits()).takeHunk(true, lineOf(line)),
        'gearshift.edits.rejectHunk': async (_, line) => (await edits()).takeHunk(false, lineOf(line)),
        'gearshift.edits.undo': async () => (await edits()).undo(),
        'gearshift.inlineEdit.start': async (uri) => (await inlineEdit()).start(uri),
        'gearshift.commitMessage.write': async (_, argument) => (await commitMessages()).write(argument),
        'gearshift.commitMessage.stop': () => commitMessages.made?.stop(),
        'gearshift.review.start': async (uri) => (await review()).run(uri),
        'gearshift.review.dismiss': async (_, argument) => (await review()).dismiss(argument),
        'gearshift.review.clear': async () => (await review()).clear(),
        'gearshift.completions.toggle': async () => {
          await config.write('completions.enabled', !config.settings.completions.enabled);
          await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
        },
        'gearshift.completions.snooze': () => local.snooze(),
        'gearshift.completions.explain': () => local.explain(),
        'gearshift.meter.open': async () => {
          (await meterPanel()).show();
          changed.fire();
        },
        'gearshift.settings.open': () => openSettings(),
        'gearshift.settings.import': async () => (await settingsPanel()).import(),
        'gearshift.settings.doctor': async () => (await settingsPanel()).examine(),
        'gearshift.settings.localModels': () => openSettings('ollama'),
        'gearshift.walkthrough.open': () => steps.open(),
        'gearshift.keys.set': () => keys.pick([...config.settings.providers.values()]),
        'gearshift.ledger.export': async () =>
          (await import('./editor/ledger/exportLedger.ts')).exportLedger(await ledger.ready),
        'gearshift.ledger.clear': async () =>
          (await import('./editor/ledger/clearLedger.ts')).clearLedger(await ledger.ready),
      },
      (line) => log.warn(line),
    ),
  );
}

/** The line that a link of our own hover names. */
const lineOf = (argument: unknown): number | undefined => (typeof argument === 'number' ? argument : undefined);
