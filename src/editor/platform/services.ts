import path from 'node:path';
import * as vscode from 'vscode';
import type { ObservedGateway } from '../../core/gateway/gateway.ts';
import { answerChain } from '../../core/chat/modelCapabilities.ts';
import { Health, tierState, type TierChange, type TierFacts, type TierState } from '../../core/gateway/tierStatus.ts';
import { budgetsFor, type BudgetLimit } from '../../core/money/budgets.ts';
import { plansOf } from '../../core/money/plans.ts';
import { CostCheck } from '../../core/money/priceDrift.ts';
import { PriceBook } from '../../core/money/pricing.ts';
import type { AttemptOpened, AttemptSettled } from '../../core/ledger/ledger.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { listenToDebugLog } from '../../core/common/debugLog.ts';
import { isAgreedTo } from '../../core/common/places.ts';
import { TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import { createFetch } from '../../core/privacy/privateFetch.ts';
import { jsonFile } from '../../storage/files.ts';
import { removeOldCodeCache } from '../../storage/oldCodeCache.ts';
import { Keys } from './apiKeys.ts';
import { nameSecret, useInstallKey } from './installKey.ts';
import { Config } from './config.ts';
import { hasProxy } from './proxy.ts';
import { lazy } from './lazy.ts';
import { LedgerService } from './ledgerService.ts';
import { createLog, type Log } from './log.ts';
import { noticesOf } from './notices.ts';
import { HOST_CLOCK, watchSending } from './requestEvents.ts';
import { SharedParts } from './sharedParts.ts';
import { workspaceUri } from './workspace.ts';

/** The services that the features of this window share. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly config: Config;
  readonly keys: Keys;
  /** Ends at this machine while private mode is on. */
  readonly fetch: typeof globalThis.fetch;
  /** Whether the user trusts the workspace. */
  readonly trusted: () => boolean;
  readonly prices: PriceBook;
  /** Asks a provider for its prices; false if it states none. */
  readonly refreshPrices: (provider: ProviderConfig) => Promise<boolean>;
  /** The budgets that apply to a tier in this workspace. */
  readonly budgets: (tier: Tier) => readonly BudgetLimit[];
  readonly ledger: LedgerService;
  /** Through which every model call passes; loaded with the first one. */
  readonly gateway: ObservedGateway;
  readonly health: Health;
  readonly tierState: (tier: Tier) => Promise<TierState>;
  /** Whether a tier can answer questions: the state of one of its models, by default of the first that answers. */
  readonly answerState: (tier: Tier, model?: ModelRef) => Promise<TierState>;
  /** The states of all tiers. */
  readonly tiers: () => Promise<readonly TierState[]>;
  /** The most important notice for the user; empty when there is none. */
  readonly notices: () => readonly string[];
  /** The parts that features offer each other. */
  readonly shared: SharedParts;
  /** A feature that knows more of a tier than its settings say puts that here; undefined for nothing to say. */
  readonly tierSources: Map<Tier, () => TierState | undefined>;
  /** What a feature says of a tier whose model or prompt changed; undefined for nothing. */
  readonly tierChanges: { of: (tier: Tier, isForQuestions: boolean) => Promise<TierChange | undefined> };
  /** Fired when an attempt has ended, with its row as the ledger has it. */
  readonly onSettled: vscode.Event<SettledRow>;
  /** Says that something has changed that is on show; `onRefresh` follows. */
  readonly changed: () => void;
  /** Fired with the states of the tiers when anything that is on show may have changed. */
  readonly onRefresh: vscode.Event<readonly TierState[]>;
  /** Disposes of a part when the extension ends. */
  readonly track: <T extends vscode.Disposable>(part: T) => T;
}

/** What is known of an attempt when it has ended. */
export type SettledRow = AttemptOpened & AttemptSettled;

/** Makes the shared services. Nothing here waits for the disk or the network. */
export function createServices(context: vscode.ExtensionContext): Services {
  const track = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  useInstallKey(context.globalState);
  const log = track(createLog(context.extensionUri.fsPath));
  track({ dispose: listenToDebugLog((line, error) => log.debug(line, error)) });
  const refreshed = track(new vscode.EventEmitter<readonly TierState[]>());
  const settled = track(new vscode.EventEmitter<SettledRow>());
  const config = track(new Config(log, context.globalState));
  const keys = track(new Keys(context.secrets, config, (key) => log.hide(key)));
  const health = new Health(() => changed());
  const trusted = (): boolean => vscode.workspace.isTrusted;
  const fetch = createFetch(() => config.settings.private, undefined, hasProxy);

  const tierFacts = (): TierFacts => ({
    settings: config.settings,
    health,
    trusted: trusted(),
    hasKey: async (provider, endpoint) => (await keys.get(provider, endpoint)) !== null,
  });
  const tierSources: Services['tierSources'] = new Map();
  const tierChanges: Services['tierChanges'] = { of: () => Promise.resolve(undefined) };
  const withChange = async (state: TierState, isForQuestions: boolean): Promise<TierState> => {
    const changed = await tierChanges.of(state.tier, isForQuestions);
    return changed ? { ...state, changed } : state;
  };
  const stateOf = async (tier: Tier): Promise<TierState> =>
    withChange(tierSources.get(tier)?.() ?? (await tierState(tier, tierFacts())), false);
  const answerState: Services['answerState'] = async (tier, model = answerChain(config.settings, tier)[0]) => {
    return withChange(await tierState(tier, tierFacts(), model ?? null), true);
  };
  const tiers = (): Promise<readonly TierState[]> => Promise.all(TIERS.map(stateOf));
  /** A keyring may be locked, for example; what is on show then stays as it is. */
  const changed = (): void =>
    void tiers()
      .then((states) => refreshed.fire(states))
      .catch((error: unknown) => log.error('the states of the tiers', error));

  const base = { context, log, config, keys, fetch, trusted, health, changed, track };
  const money = createMoney(base);
  const forget = (): void => {
    health.forget();
    money.ledger.refresh();
    changed();
  };
  track(money.ledger.onChange(changed));
  track(config.onChange(forget));
  track(keys.onChange(forget));
  track(vscode.workspace.onDidGrantWorkspaceTrust(forget));
  return {
    ...base,
    ...money,
    gateway: createLazyGateway({ ...base, ...money }, (row) => settled.fire(row)),
    tierState: stateOf,
    answerState,
    tiers,
    notices: () => noticesOf(config.settings, money.ledger.notices),
    shared: new SharedParts(),
    tierSources,
    tierChanges,
    onSettled: settled.event,
    onRefresh: refreshed.event,
  };
}

type Base = Pick<
  Services,
  'context' | 'log' | 'config' | 'keys' | 'fetch' | 'trusted' | 'health' | 'changed' | 'track'
>;
type Money = Pick<Services, 'prices' | 'refreshPrices' | 'budgets' | 'ledger'>;

/** Prices, budgets and the ledger. */
function createMoney({ context, log, config, keys, fetch, trusted, changed, track }: Base): Money {
  const storage = context.globalStorageUri.fsPath;
  void removeOldCodeCache(storage);
  const priceFile = jsonFile(path.join(storage, 'prices.json'));
  const livePrices = lazy(async () => {
    const { LivePrices } = await import('../../core/money/livePrices.ts');
    return new LivePrices({
      fetch,
      key: (provider, endpoint) => keys.get(provider, endpoint),
      secretHeaders: (provider, endpoint) => keys.headers(provider, endpoint),
      allowed: ({ origin }) => trusted() && isAgreedTo(config.settings.consent, origin),
      load: priceFile.read,
      save: priceFile.write,
      now: Date.now,
      onChange: changed,
      log: (line) => log.info(line),
    });
  });
  const prices = new PriceBook({ find: async (provider, model) => (await livePrices()).find(provider, model) });
  const budgets = (tier: Tier): readonly BudgetLimit[] =>
    budgetsFor(config.settings.budgets, tier, workspaceUri(), Date.now());
  const ledger = track(
    new LedgerService({
      dir: path.join(storage, 'ledger'),
      log,
      budgets: () => [...new Map(TIERS.flatMap(budgets).map((limit) => [limit.budget, limit])).values()],
      frontierPrice: async () => {
        const [model] = config.settings.tiers.frontier;
        const provider = model && config.settings.providers.get(model.provider);
        const entry = provider && (await prices.find(provider, model.model));
        return entry && { provider: provider.name, model: model.model, price: entry.price };
      },
      plans: () => plansOf(config.settings.providers),
      machineHourly: () => config.settings.insights.machineHourlyCost * 1e9,
    }),
  );
  return { prices, refreshPrices: async (provider) => (await livePrices()).refresh(provider), budgets, ledger };
}

/** Where the forms of requests are kept that endpoints refused. */
const SHAPES_KEY = 'gearshift.requestShapes';

/** The gateway, which is loaded with the first call: starting needs none. */
function createLazyGateway(parts: Base & Money, onSettled: (row: SettledRow) => void): ObservedGateway {
  const { context, log, config, keys, fetch, trusted, health, prices, budgets, ledger } = parts;
  const costCheck = new CostCheck();
  const underWay = new Map<string, AttemptOpened>();
  const gateway = lazy(async () => {
    const [{ createGateway }, { ADAPTERS }, { LEARNED_SHAPES }] = await Promise.all([
      import('../../core/gateway/gateway.ts'),
      import('../../core/providers/adapters.ts'),
      import('../../core/providers/refusedParameters.ts'),
    ]);
    LEARNED_SHAPES.keepIn({
      load: () => context.globalState.get(SHAPES_KEY),
      save: (shapes) => void context.globalState.update(SHAPES_KEY, shapes),
    });
    return createGateway({
      settings: () => config.settings,
      key: (provider, endpoint) => keys.get(provider, endpoint),
      secretHeaders: (provider, endpoint) => keys.headers(provider, endpoint),
      trusted,
      adapters: ADAPTERS,
      prices,
      ledger: {
        open: async (row, limits) => {
          const opened = await (await ledger.ready).open(row, limits);
          underWay.set(row.attemptId, row);
          return opened;
        },
        settle: async (row) => {
          const opened = underWay.get(row.attemptId);
          underWay.delete(row.attemptId);
          await (await ledger.ready).settle(row);
          if (opened) onSettled({ ...opened, ...row });
        },
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
      debug: (line) => log.debug(line),
      clock: HOST_CLOCK,
      watchSending,
      compareCost(...costs) {
        const drift = costCheck.add(...costs);
        if (!drift) return;
        void import('./notifications.ts')
          .then(({ tellCostDrift }) => tellCostDrift(drift))
          .catch((error: unknown) => log.error('price drift', error));
      },
      askStepUp: async (...step) => (await import('./notifications.ts')).askStepUp(...step),
    });
  });
  return {
    stream: async function* (...call) {
      yield* (await gateway()).stream(...call);
    },
    estimate: async (call) => (await gateway()).estimate(call),
    circuits: () => gateway.made?.circuits() ?? [],
  };
}
