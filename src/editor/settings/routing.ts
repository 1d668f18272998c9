import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ChatStore } from '../../core/chat/threadStore.ts';
import { sharesOf, targetsOf, type Split } from '../../core/chat/routingTargets.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { contextTokensOf, type Price, type PriceBook } from '../../core/money/pricing.ts';
import { answerChain } from '../../core/chat/modelCapabilities.ts';
import { dryRun, factsOf, oneLine, previewRule, type DryRun, type PastRequest } from '../../core/chat/routingReplay.ts';
import { describeConditions, describeRule, topicName } from '../../core/routing/describeRule.ts';
import { dayOf, type ChoiceHistory } from '../../core/routing/learnedRules.ts';
import { isShippedName, moveRule, rulesOn, switchRule } from '../../core/routing/rules.ts';
import { TOPICS } from '../../core/routing/topicNames.ts';
import type { Explanation, Rule, RuleEntry } from '../../core/routing/routingTypes.ts';
import { TIERS, type Tier } from '../../core/common/types.ts';
import type { DryRunView, PastView, RuleDraft, RuleView, SettingsState, TargetsView } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import { readPastQuestions } from '../platform/pastQuestions.ts';
import type { Handlers } from './section.ts';

/** So many of the last questions are tried again. */
const MOST_PAST = 30;
/** Days that the targets look back, questions that they count at most, and thresholds that they compare. */
const TARGET_DAYS = 30;
const MOST_IN_TARGETS = 1_000;
const TARGET_THRESHOLDS = [2.5, 3, 3.5, 4, 4.5, 5];
/** So many of the questions that a rule matches are shown. */
const MOST_MATCHING = 5;

export interface RoutingParts {
  readonly config: Config;
  readonly prices: PriceBook;
  /** The threads of this workspace; only read. */
  readonly chats: () => Promise<Pick<ChatStore, 'list' | 'load'>>;
  /** How often learned rules chose and were overridden, by their names. */
  readonly uses?: (() => ChoiceHistory['uses']) | undefined;
}

/** The rules of *Auto*, and what they would make of a request or of the last questions. */
export class RoutingSection {
  readonly #parts: RoutingParts;
  #tried: PastRequest['asked'] | null = null;
  /** Null until they are asked for. Kept, so that a change of the rules shows at once what it does. */
  #past: readonly PastRequest[] | null = null;
  /** The questions of the last 30 days; null until they are asked for. */
  #month: readonly PastRequest[] | null = null;
  /** The rule that the dialog shows, and the questions that it is tried on. */
  #draft: RuleDraft | null = null;
  #recent: readonly PastRequest[] | undefined;

  constructor(parts: RoutingParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<
    | 'addRule'
    | 'previewRule'
    | 'removeRule'
    | 'setRule'
    | 'moveRule'
    | 'setThreshold'
    | 'setChatTier'
    | 'tryRoute'
    | 'tryPast'
    | 'showTargets'
  > = {
    addRule: ({ draft }) => {
      const { entries } = this.#parts.config.settings.routing;
      return this.#parts.config.write('routing.rules', [this.#ruleOf(draft), ...entries]);
    },
    previewRule: async ({ draft }) => {
      this.#draft = draft;
      if (draft) this.#recent ??= await readPastQuestions(await this.#parts.chats(), MOST_PAST);
    },
    removeRule: ({ name }) => {
      const { entries } = this.#parts.config.settings.routing;
      const left = entries.filter((entry) => entry.name !== name);
      return this.#parts.config.write('routing.rules', left.length > 0 ? left : undefined);
    },
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
    showTargets: async ({ on }) => {
      const since = Date.now() - TARGET_DAYS * 86_400_000;
      this.#month = on ? await readPastQuestions(await this.#parts.chats(), MOST_IN_TARGETS, since) : null;
    },
    tryPast: async ({ on }) => {
      this.#past = on ? await readPastQuestions(await this.#parts.chats(), MOST_PAST) : null;
    },
  };

  async view(): Promise<SettingsState['routing']> {
    const { rules, entries, threshold, classifier } = this.#parts.config.settings.routing;
    const run = await this.#dryRun();
    const tried = this.#tried;
    const today = dayOf(Date.now());
    return {
      rules: rules.map((rule): RuleView => ({
        name: rule.name,
        when: describeConditions(rule.when),
        sentence: describeRule(rule),
        tier: rule.tier,
        enabled: rule.enabled ?? true,
        own: entries.some(({ name }) => name === rule.name),
        removable: !isShippedName(rule.name),
        ...(rule.learned === undefined ? {} : { learned: this.#learnedWords(rule) ?? '' }),
        ...(rule.until !== undefined && rule.until < today ? { ended: true } : {}),
      })),
      topics: TOPICS.map((id) => ({ id, name: topicName(id) })),
      preview: this.#preview(run),
      targets: await this.#targets(run),
      threshold,
      classifier,
      chatTier: this.#parts.config.settings.chatTier,
      tried: tried && { text: oneLine(tried.text), result: runView(dryRun(tried, run)) },
      past: this.#past?.map((past) => pastView(past, run)) ?? null,
    };
  }

  /** The rule of a draft, with a name that no other rule has. */
  #ruleOf(draft: RuleDraft): RuleEntry {
    const taken = this.#parts.config.settings.routing.rules.map(({ name }) => name);
    return ruleOf(draft, taken);
  }

  #preview(run: DryRun): NonNullable<SettingsState['routing']['preview']> | null {
    const past = this.#recent;
    if (!this.#draft || !past) return null;
    const { entries } = this.#parts.config.settings.routing;
    const rule = this.#ruleOf(this.#draft);
    const { matching, matches, changes } = previewRule(rule, past, { ...run, entries });
    return {
      sentence: describeRule(rule),
      words:
        past.length === 0
          ? t('There are no questions in the chats of this workspace yet.')
          : t(
              'Of your last questions ({0}), it matches {1}; {2} would go to another tier.',
              past.length,
              matches,
              changes,
            ),
      questions: matching.slice(0, MOST_MATCHING).map(({ asked }) => oneLine(asked.text)),
    };
  }

  async #targets(run: DryRun): Promise<TargetsView | null> {
    const past = this.#month;
    if (!past) return null;
    const { settings } = this.#parts.config;
    const thresholds = [...new Set([...TARGET_THRESHOLDS, settings.routing.threshold])].sort((a, b) => a - b);
    const [local, mid, frontier] = await Promise.all(TIERS.map((tier) => this.#price(tier)));
    // What could not answer must not be counted as a saving.
    const unset = TIERS.filter((tier) => answerChain(settings, tier).length === 0);
    const found = targetsOf(past, { local, mid, frontier }, { ...run, unset }, thresholds);
    const row = (name: string, split: Split, threshold: number | null = null): TargetsView['rows'][number] => ({
      threshold,
      name,
      shares: sharesOf(split)
        .map(({ tier, percent }) => t('{0}% {1}', percent, tier))
        .join(', '),
      cost: split.nanoUsd === null ? t('price unknown') : displayMoney(split.nanoUsd),
    });
    return {
      questions: past.length,
      rows: [
        ...found.thresholds.map((each) => row(t('Auto at {0}', each.threshold), each, each.threshold)),
        row(t('As you asked'), found.asked),
        row(t('Always mid'), found.alwaysMid),
        row(t('All frontier'), found.allFrontier),
      ],
    };
  }

  /** The price of the first model that answers in a tier; undefined: unknown. */
  async #price(tier: Tier): Promise<Price | undefined> {
    const { config, prices } = this.#parts;
    const [model] = answerChain(config.settings, tier);
    const provider = model && config.settings.providers.get(model.provider);
    return provider && (await prices.find(provider, model.model))?.price;
  }

  /** How often a rule that was made of overrides was right, in words; undefined for a rule that was written. */
  #learnedWords(rule: Rule): string | undefined {
    if (rule.learned === undefined) return undefined;
    const { chosen = 0, overridden = 0 } = this.#parts.uses?.()[rule.name] ?? {};
    return chosen === 0
      ? t('Not used yet.')
      : t('Right {0} of {1} times; in the rest you asked another tier.', chosen - overridden, chosen);
  }

  async #dryRun(): Promise<DryRun> {
    const { config, prices } = this.#parts;
    const { settings } = config;
    const windows = await Promise.all(
      TIERS.map(async (tier) => {
        const [model] = answerChain(settings, tier);
        const provider = model && settings.providers.get(model.provider);
        return [tier, provider && (await contextTokensOf(prices, provider, model.model))] as const;
      }),
    );
    const { rules, threshold } = settings.routing;
    const windowTokens = Object.fromEntries(windows) as { readonly [T in Tier]?: number | undefined };
    return { rules: rulesOn(dayOf(Date.now()), rules), threshold, private: settings.private, windowTokens };
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

/** The rule that a draft of the dialog means, named by what it looks for. */
function ruleOf(draft: RuleDraft, taken: readonly string[]): RuleEntry {
  const { actions, languages, topics, tokens, score, tier, because, until } = draft;
  const stem = `my-${[...actions, ...languages, ...topics][0]?.replace(/^\//, '') ?? 'rule'}`.slice(0, 50);
  let name = stem;
  for (let count = 2; taken.includes(name); count++) name = `${stem}-${count}`;
  return {
    name,
    when: {
      ...(actions.length > 0 ? { actions } : {}),
      ...(languages.length > 0 ? { languages } : {}),
      ...(topics.length > 0 ? { topics } : {}),
      ...(tokens ? { tokens } : {}),
      ...(score ? { score } : {}),
    },
    tier,
    ...(because.trim() ? { because: because.trim() } : {}),
    ...(until ? { until } : {}),
  };
}
