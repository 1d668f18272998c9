import { TIERS, type Tier } from '../../../src/core/common/types.ts';
import type { Labeled } from './data.ts';

export interface Measured {
  readonly count: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** Share of the requests that want a larger tier than they got, and a smaller one. */
  readonly under: number;
  readonly over: number;
  /** Share of each tier's requests that got it. */
  readonly recall: Readonly<Record<Tier, number>>;
  readonly wrong: readonly { readonly request: Labeled; readonly got: Tier }[];
}

/** Compares the tiers that a router chooses with the labels. */
export function measure(requests: readonly Labeled[], choose: (request: Labeled, index: number) => Tier): Measured {
  const pairs = requests.map((request, i) => ({ request, want: request.tier, got: choose(request, i) }));
  const share = (test: (pair: (typeof pairs)[number]) => boolean): number => pairs.filter(test).length / pairs.length;
  const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const rank = (tier: Tier): number => TIERS.indexOf(tier);
  const perTier = TIERS.map((tier) => {
    const hit = share(({ want, got }) => want === tier && got === tier);
    const recall = ratio(
      hit,
      share(({ want }) => want === tier),
    );
    const precision = ratio(
      hit,
      share(({ got }) => got === tier),
    );
    return { tier, recall, f1: ratio(2 * precision * recall, precision + recall) };
  });
  return {
    count: pairs.length,
    accuracy: share(({ want, got }) => want === got),
    macroF1: perTier.reduce((sum, { f1 }) => sum + f1 / TIERS.length, 0),
    under: share(({ want, got }) => rank(got) < rank(want)),
    over: share(({ want, got }) => rank(got) > rank(want)),
    recall: Object.fromEntries(perTier.map(({ tier, recall }) => [tier, recall])) as Record<Tier, number>,
    wrong: pairs.filter(({ want, got }) => want !== got).map(({ request, got }) => ({ request, got })),
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export const describe = ({ accuracy, macroF1, under, over, recall }: Measured): string =>
  [
    `accuracy ${percent(accuracy)}`,
    `macro-F1 ${macroF1.toFixed(3)}`,
    `under ${percent(under)}`,
    `over ${percent(over)}`,
    `kept: ${TIERS.map((tier) => `${tier} ${percent(recall[tier])}`).join(', ')}`,
  ].join(', ');

/** Relative prices of an answer by tier, about those of the shipped models: what a mistake costs. */
const PRICES: Readonly<Record<Tier, number>> = { local: 0, mid: 1, frontier: 20 };

/** Of chats that people really had: how much goes to the best model, how much of that needs it, and what it costs. */
export function realChats(requests: readonly Labeled[], choose: (request: Labeled) => Tier): string {
  const real = requests.filter(({ kind }) => kind === 'aider' || kind === 'specstory');
  const sent = real.filter((request) => choose(request) === 'frontier');
  const needed = sent.filter(({ tier }) => tier === 'frontier').length;
  const cost = (of: (request: Labeled) => Tier): number => real.reduce((sum, request) => sum + PRICES[of(request)], 0);
  const times = (cost(choose) / cost(({ tier }) => tier)).toFixed(2);
  return `${percent(sent.length / real.length)} of ${real.length} sent to frontier, ${needed} of these ${sent.length} need it, cost ${times} times perfect routing`;
}
