import { t } from '@vscode/l10n';
import { modelsOfTier } from '../../core/chat/modelCapabilities.ts';
import { describeBudget, describeSpending, type BudgetState } from '../../core/money/budgets.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { isFree } from '../../core/common/places.ts';
import { describePriceSource, listPrice, type Price, type PriceBook } from '../../core/money/pricing.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { parseModelRef, TIERS, type ModelRef } from '../../core/common/types.ts';
import type { BudgetView, PlanView, PriceView, SettingsState } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import { workspaceUri } from '../platform/workspace.ts';
import { editProviders } from './providers.ts';
import type { Handlers } from './section.ts';

export interface MoneyParts {
  readonly config: Config;
  readonly prices: PriceBook;
  /** Asks an endpoint for its own prices; false when it states none or may not be asked. */
  readonly refreshPrices: (provider: ProviderConfig) => Promise<boolean>;
  /** The budgets that apply in this window, with what is spent of each. */
  readonly budgetStates: () => readonly BudgetState[];
  readonly tell: (words: string) => void;
}

/** Budgets and prices. */
export class MoneySection {
  readonly #parts: MoneyParts;

  constructor(parts: MoneyParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<
    'setBudgets' | 'setAmount' | 'setCostlierFallback' | 'setPrice' | 'setMonthlyPlan' | 'refreshPrices'
  > = {
    setBudgets: ({ budgets }) =>
      this.#parts.config.write(
        'budgets',
        budgets.length
          ? budgets.map(({ tier, workspace, ...rest }) => ({
              ...rest,
              ...(tier ? { tier } : {}),
              ...(workspace ? { workspace } : {}),
            }))
          : undefined,
      ),
    setAmount: ({ setting, usd }) => this.#parts.config.write(setting, usd),
    setCostlierFallback: ({ value }) => this.#parts.config.write('fallback.costlier', value),
    setPrice: ({ ref: text, price }) => {
      const ref = parseModelRef(text);
      if (!ref || !this.#parts.config.settings.providers.has(ref.provider)) return;
      return editProviders(this.#parts.config, (users) => {
        const { prices: before, ...entry } = (users[ref.provider] ?? {}) as { prices?: Record<string, unknown> };
        const prices = { ...before };
        delete prices[ref.model];
        if (price) {
          const { input, output, cacheRead, cacheWrite } = price;
          prices[ref.model] = {
            input,
            output,
            ...(cacheRead === null ? {} : { cacheRead }),
            ...(cacheWrite === null ? {} : { cacheWrite }),
          };
        }
        const next = { ...entry, ...(Object.keys(prices).length ? { prices } : {}) };
        if (Object.keys(next).length) users[ref.provider] = next;
        else delete users[ref.provider];
      });
    },
    setMonthlyPlan: ({ provider, usd }) => {
      if (!this.#parts.config.settings.providers.has(provider)) return;
      return editProviders(this.#parts.config, (users) => {
        const { monthlyPlan: _, ...entry } = (users[provider] ?? {}) as Record<string, unknown>;
        const next = usd === null ? entry : { ...entry, monthlyPlan: usd };
        if (Object.keys(next).length) users[provider] = next;
        else delete users[provider];
      });
    },
    refreshPrices: async ({ provider: name }) => {
      const provider = this.#parts.config.settings.providers.get(name);
      if (!provider) return;
      const stated = await this.#parts.refreshPrices(provider);
      if (!stated)
        this.#parts.tell(
          t("{0} publishes no prices, or you haven't allowed sending to it yet. List prices are used.", name),
        );
    },
  };

  budgets(): SettingsState['budgets'] {
    const { config, budgetStates } = this.#parts;
    const uri = workspaceUri();
    const states = budgetStates();
    return {
      list: config.settings.budgets.map((budget): BudgetView => {
        const state = states.find((each) => JSON.stringify(each.budget) === JSON.stringify(budget));
        const { usd, period, warnAt, stop } = budget;
        return {
          usd,
          period,
          tier: budget.tier ?? null,
          workspace: budget.workspace ?? null,
          warnAt,
          stop,
          words: describeBudget(budget),
          spent: state ? describeSpending(state.spending) : t('of another workspace'),
          level: state?.level ?? 'ok',
        };
      }),
      workspace: uri === null ? null : { uri, name: decodeURIComponent(uri.split('/').pop() || uri) },
      confirmAbove: config.settings.confirmAbove,
      previewAbove: config.settings.previewAbove,
      costlierFallback: config.settings.costlierFallback,
    };
  }

  /** The models of the tiers, and those that the user has priced. */
  async prices(): Promise<PriceView[]> {
    const { settings } = this.#parts.config;
    const refs = new Map<string, ModelRef>();
    const add = (ref: ModelRef): unknown => refs.set(`${ref.provider}/${ref.model}`, ref);
    for (const tier of TIERS) modelsOfTier(settings, tier).forEach(add);
    for (const { name, prices } of settings.providers.values())
      for (const model of prices.keys()) add({ provider: name, model });
    const views = await Promise.all([...refs].map(([text, ref]) => this.#price(text, ref)));
    return views.filter((view) => view !== undefined);
  }

  /** The flat plans of providers whose models have prices, and of those that have one already. */
  plans(prices: readonly PriceView[]): PlanView[] {
    const priced = new Set(prices.map(({ ref }) => parseModelRef(ref)?.provider));
    return [...this.#parts.config.settings.providers.values()]
      .filter(({ name, monthlyPlan }) => priced.has(name) || monthlyPlan !== undefined)
      .map(({ name, monthlyPlan = null }) => ({ provider: name, usd: monthlyPlan }));
  }

  async #price(text: string, { provider: name, model }: ModelRef): Promise<PriceView | undefined> {
    const provider = this.#parts.config.settings.providers.get(name);
    if (!provider || isFree(provider, model)) return undefined;
    const entry = await this.#parts.prices.find(provider, model);
    const own = provider.prices.get(model);
    const check = endpointOf(provider);
    return {
      ref: text,
      // Under a plan the price per token is told beside it.
      ...figuresOf(listPrice(entry?.price)),
      source: entry ? describePriceSource(entry.price) : t('unknown: its calls are counted, their cost is not'),
      own: own !== undefined && !entry?.doubtful,
      doubtful: entry?.doubtful && own ? describeDoubt(own.input, own.output) : '',
      refreshable: check.ok && provider.kind === 'openai',
    };
  }
}

function figuresOf(price: Price | undefined): Pick<PriceView, 'input' | 'output' | 'cacheRead' | 'cacheWrite'> {
  const step = price?.steps[0];
  if (!step) return { input: null, output: null, cacheRead: null, cacheWrite: null };
  const usd = (nano: number): number => nano / 1e9;
  return {
    input: usd(step.input),
    output: usd(step.output),
    cacheRead: usd(step.cacheRead),
    cacheWrite: usd(step.cacheWrite),
  };
}

const describeDoubt = (input: number, output: number): string =>
  t(
    'Your price of ${0} in, ${1} out is a thousand times off the list price, so it is ignored. Is it per token? It must be per million tokens.',
    input,
    output,
  );
