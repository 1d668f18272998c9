import { LIKELY_OUTPUT } from '../gateway/call.ts';
import { priceTokens, type Price } from '../money/pricing.ts';
import { NO_USAGE, TIERS, type Tier } from '../common/types.ts';
import { dryRun, type DryRun, type PastRequest } from './routingReplay.ts';

/** Shares and costs of the tiers for questions of the past, by thresholds: a dry run, nothing is sent. */

/** What a way to choose the tiers comes to. */
export interface Split {
  /** Questions by tier. */
  readonly questions: Readonly<Record<Tier, number>>;
  /** Nano-USD at today's prices; null: a price is unknown. */
  readonly nanoUsd: number | null;
}

export interface Targets {
  /** Oldest first: `threshold` is the score from which on frontier is asked. */
  readonly thresholds: readonly (Split & { readonly threshold: number })[];
  /** What was really asked, at today's prices. */
  readonly asked: Split;
  readonly alwaysMid: Split;
  readonly allFrontier: Split;
}

/** What a question costs at a tier: its tokens, and as many of the answer as came then, or as answers usually have. */
function costAt(past: PastRequest, tier: Tier, prices: TierPrices): number | null {
  const usage = { ...NO_USAGE, input: past.asked.tokens, output: past.outputTokens ?? LIKELY_OUTPUT };
  return priceTokens(usage, false, prices[tier]).nanoUsd;
}

type TierPrices = Readonly<Record<Tier, Price | undefined>>;

function splitBy(past: readonly PastRequest[], prices: TierPrices, tierOf: (each: PastRequest) => Tier): Split {
  const questions = { local: 0, mid: 0, frontier: 0 };
  let nanoUsd: number | null = 0;
  for (const each of past) {
    const tier = tierOf(each);
    questions[tier]++;
    const cost = costAt(each, tier, prices);
    nanoUsd = nanoUsd === null || cost === null ? null : nanoUsd + cost;
  }
  return { questions, nanoUsd };
}

/** Chooses as Auto does now; a chat stays on the tier that this very run chose for it. */
function autoSplit(past: readonly PastRequest[], prices: TierPrices, run: DryRun): Split {
  const chats = new Map<string, Tier>();
  return splitBy(past, prices, ({ asked, threadId }) => {
    const tier = chats.get(threadId);
    const thread = tier && { tier, newTopic: asked.thread?.newTopic ?? false };
    const chosen = dryRun({ ...asked, thread }, run).route.tier;
    chats.set(threadId, chosen);
    return chosen;
  });
}

/**
 * Compares thresholds, what was asked, always mid, and all frontier.
 *
 * @param past questions in any order
 * @param prices of the first model of each tier
 * @param thresholds scores from 1 to 5
 */
export function targetsOf(
  past: readonly PastRequest[],
  prices: TierPrices,
  run: DryRun,
  thresholds: readonly number[],
): Targets {
  const ordered = past.toSorted((a, b) => a.at - b.at);
  const answered = ordered.filter(({ then }) => then !== null);
  return {
    thresholds: thresholds.map((threshold) => ({ threshold, ...autoSplit(ordered, prices, { ...run, threshold }) })),
    asked: splitBy(answered, prices, ({ then }) => then?.tier ?? 'mid'),
    alwaysMid: splitBy(ordered, prices, () => 'mid'),
    allFrontier: splitBy(ordered, prices, () => 'frontier'),
  };
}

/** `22% local, 60% mid, 18% frontier`, by questions; tiers without any are left out. */
export function sharesOf({ questions }: Split): readonly { readonly tier: Tier; readonly percent: number }[] {
  const all = TIERS.reduce((sum, tier) => sum + questions[tier], 0);
  return TIERS.flatMap((tier) =>
    questions[tier] > 0 ? [{ tier, percent: Math.round((100 * questions[tier]) / all) }] : [],
  );
}
