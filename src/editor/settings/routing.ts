import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { replay } from '../../core/chat/conversation.ts';
import type { ChatStore } from '../../core/chat/threadStore.ts';
import { contextTokensOf, type PriceBook } from '../../core/money/pricing.ts';
import {
  dryRun,
  factsOf,
  oneLine,
  pastRequests,
  type DryRun,
  type PastRequest,
} from '../../core/chat/routingReplay.ts';
import { moveRule, switchRule } from '../../core/routing/rules.ts';
import type { Explanation, Rule, RuleEntry } from '../../core/routing/routingTypes.ts';
import { TIERS, type Tier } from '../../core/common/types.ts';
import type { DryRunView, PastView, RuleView, SettingsState } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import type { Handlers } from './section.ts';

/** So many of the last questions are tried again. */
const MOST_PAST = 30;

export interface RoutingParts {
  readonly config: Config;
  readonly prices: PriceBook;
  /** The threads of this workspace; only read. */
  readonly chats: () => Promise<Pick<ChatStore, 'list' | 'load'>>;
}

/** The rules of *Auto*, and what they would make of a request or of the last questions. */
export class RoutingSection {
  readonly #parts: RoutingParts;
  #tried: PastRequest['asked'] | null = null;
  /** Null until they are asked for. Kept, so that a change of the rules shows at once what it does. */
  #past: readonly PastRequest[] | null = null;

  constructor(parts: RoutingParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<'setRule' | 'moveRule' | 'setThreshold' | 'setChatTier' | 'tryRoute' | 'tryPast'> = {
    setRule: ({ name, enabled }) => {
      const written = this.#parts.config.userValue('routing.rules');
      // Also those that were not taken: they are the user's to mend.
      const all =
        Array.isArray(written) && written.every(isNamed) ? written : this.#parts.config.settings.routing.entries;
      const entries = switchRule(all, name, enabled);
      return this.#parts.config.write('routing.rules', entries.length ? entries : undefined);
    },
    moveRule: ({ name, by }) => {
      const { entries } = this.#parts.config.settings.routing;
      return this.#parts.config.write('routing.rules', moveRule(entries, name, by));
    },
    setThreshold: ({ value }) => this.#parts.config.write('routing.threshold', value),
    setChatTier: ({ value }) => this.#parts.config.write('chat.tier', value),
    tryRoute: ({ text }) => {
      this.#tried = text.trim() ? { ...factsOf({ text, attachments: [] }), threadTurns: 0 } : null;
    },
    tryPast: async ({ on }) => {
      this.#past = on ? await this.#load() : null;
    },
  };

  async view(): Promise<SettingsState['routing']> {
    const { rules, entries, threshold, classifier } = this.#parts.config.settings.routing;
    const run = await this.#dryRun();
    const tried = this.#tried;
    return {
      rules: rules.map((rule): RuleView => ({
        name: rule.name,
        when: describeConditions(rule),
        tier: rule.tier,
        enabled: rule.enabled ?? true,
        own: entries.some(({ name }) => name === rule.name),
      })),
      threshold,
      classifier,
      chatTier: this.#parts.config.settings.chatTier,
      tried: tried && { text: oneLine(tried.text), result: runView(dryRun(tried, run)) },
      past: this.#past?.map((past) => pastView(past, run)) ?? null,
    };
  }

  /** The newest questions of the newest threads. */
  async #load(): Promise<PastRequest[]> {
    const chats = await this.#parts.chats();
    const threads = [...(await chats.list())].sort((a, b) => b.updatedAt - a.updatedAt).slice(0, MOST_PAST);
    const found: PastRequest[] = [];
    for (const { id } of threads) {
      const thread = replay(id, await chats.load(id));
      if (thread) found.push(...pastRequests(thread));
    }
    return found.sort((a, b) => b.at - a.at).slice(0, MOST_PAST);
  }

  async #dryRun(): Promise<DryRun> {
    const { config, prices } = this.#parts;
    const { settings } = config;
    const windows = await Promise.all(
      TIERS.map(async (tier) => {
        const [model] = settings.tiers[tier];
        const provider = model && settings.providers.get(model.provider);
        return [tier, provider && (await contextTokensOf(prices, provider, model.model))] as const;
      }),
    );
    const { rules, threshold } = settings.routing;
    const windowTokens = Object.fromEntries(windows) as { readonly [T in Tier]?: number | undefined };
    return { rules, threshold, private: settings.private, windowTokens };
  }
}

const isNamed = (entry: unknown): entry is RuleEntry =>
  typeof entry === 'object' && entry !== null && typeof (entry as { name?: unknown }).name === 'string';

function pastView({ id, at, asked, then }: PastRequest, run: DryRun): PastView {
  const now = runView(dryRun(asked, run));
  return {
    id,
    question: oneLine(asked.text),
    time: new Date(at).toLocaleString(vscode.env.language, { dateStyle: 'short', timeStyle: 'short' }),
    then: describeThen(then),
    now,
    differs: then !== null && then.tier !== now.tier,
  };
}

function describeThen(then: PastRequest['then']): string {
  if (!then) return t('nothing answered');
  const where = [then.tier, then.model].filter(Boolean).join(' · ');
  return then.byRule === null ? t('{0}, chosen by you', where) : t('{0}, by the rule {1}', where, then.byRule);
}

const runView = ({ route, trials }: Explanation): DryRunView => ({
  tier: route.tier,
  rule: route.rule,
  reason: route.reason,
  tried: trials
    .filter(({ result }) => result !== 'skipped')
    .map(({ rule, result, why }) => ({ rule, matched: result === 'matched', why })),
});

/** `score: min threshold · languages: rust, haskell and 30 more`. */
function describeConditions({ when }: Rule): string {
  const parts = Object.entries(when).map(([name, value]) => `${name}: ${describeValue(value)}`);
  return parts.length ? parts.join(' · ') : t('always');
}

function describeValue(value: unknown): string {
  if (Array.isArray(value))
    return value.length > 4 ? t('{0} and {1} more', value.slice(0, 3).join(', '), value.length - 3) : value.join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, bound]) => `${name} ${String(bound)}`)
      .join(', ');
  return String(value);
}
