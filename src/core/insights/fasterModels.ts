import type { Tier } from '../common/types.ts';
import type { GroupTotal } from '../ledger/groupTypes.ts';
import { addLatencies, NO_LATENCIES, type Latencies } from '../ledger/latency.ts';
import { isQuestion, percentiles, sumGroups, within } from './insightFigures.ts';
import { LEAST_OBSERVATIONS } from './statistics.ts';

/** What the user's own ledger says of a model that is too slow, and of models that answered sooner. */

/** How soon a model answered. */
export interface ModelTimes {
  /** `provider/model` as it was asked. */
  readonly model: string;
  readonly n: number;
  /** Ms: half of its answers came no later. */
  readonly p50: number;
  /** Answers that came within the target. */
  readonly inTime: number;
  /** Nano-USD a call; undefined: some of them are of unknown cost. */
  readonly each: number | undefined;
}

export interface SlowTrial {
  /** Undefined while the model itself has too few answers. */
  readonly slow: ModelTimes | undefined;
  /** Models with a lower median, the fastest first. */
  readonly faster: readonly ModelTimes[];
}

/**
 * Compares a model with all others that did the same work: ghost text for `local`, questions for other tiers. Nothing is
 * sent.
 *
 * @param model `provider/model`
 */
export function trySlow(
  { model, tier, targetMs }: { readonly model: string; readonly tier: Tier; readonly targetMs: number },
  totals: readonly GroupTotal[],
): SlowTrial {
  const work = totals.filter((total) => (tier === 'local' ? total.task === 'completion' : isQuestion(total)));
  const times = [...Map.groupBy(work, (total) => total.model)].flatMap(([name, group]): ModelTimes[] => {
    const end = group.reduce<Latencies>((sum, total) => addLatencies(sum, total.end), NO_LATENCIES);
    const { n, p50 } = percentiles(end);
    const { calls, nanoUsd, unknown } = sumGroups(group);
    if (n < LEAST_OBSERVATIONS || p50 === undefined) return [];
    const each = unknown > 0 || calls === 0 ? undefined : nanoUsd / calls;
    return [{ model: name, n, p50, inTime: within(end, targetMs), each }];
  });
  const slow = times.find((each) => each.model === model);
  const faster = times
    .filter((each) => each.model !== model && each.p50 < (slow?.p50 ?? Infinity))
    .toSorted((a, b) => a.p50 - b.p50);
  return { slow, faster };
}
