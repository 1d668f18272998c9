import { t } from '@vscode/l10n';
import type { OutcomeKind, OutcomeTotal } from '../ledger/outcomes.ts';
import { TIERS, type Tier } from '../common/types.ts';
import { LEAST_OBSERVATIONS } from './statistics.ts';

/** The outcomes of a model's answers, from the sums of the ledger and nothing else. */

export interface OfferFigures {
  readonly tier: Tier;
  readonly model: string;
  readonly offered: number;
  /** Accepted as a whole or in part. */
  readonly accepted: number;
  readonly typedThrough: number;
  /** Accepted suggestions that were looked for 5 min later; fewer than accepted where windows or files were closed. */
  readonly lookedFor: number;
  /** Share of their characters that were still there, 0 to 1; null where it was not looked at. */
  readonly stillThere: number | null;
}

interface EditFigures {
  readonly tier: Tier;
  readonly model: string;
  readonly kept: number;
  readonly edited: number;
  readonly undone: number;
}

export interface OutcomeFigures {
  /** By tier, then by model, the most used first; only models of which there is something to tell. */
  readonly offers: readonly OfferFigures[];
  readonly edits: readonly EditFigures[];
}

export function sumUpOutcomes(totals: readonly OutcomeTotal[]): OutcomeFigures {
  const models = Map.groupBy(totals, ({ tier, model }) => JSON.stringify([tier, model]));
  const offers: OfferFigures[] = [];
  const edits: EditFigures[] = [];
  for (const group of models.values()) {
    const [first] = group;
    if (!first) continue;
    const { tier, model } = first;
    const sum = (of: 'count' | 'characters' | 'kept', ...kinds: readonly OutcomeKind[]): number =>
      group.reduce((all, total) => (kinds.includes(total.kind) ? all + total[of] : all), 0);
    const offered = sum('count', 'offered');
    const looked = sum('characters', 'there-5min');
    if (offered > 0)
      offers.push({
        tier,
        model,
        offered,
        accepted: sum('count', 'accepted', 'accepted-part'),
        typedThrough: sum('count', 'typed-through'),
        lookedFor: sum('count', 'there-5min'),
        stillThere: looked > 0 ? sum('kept', 'there-5min') / looked : null,
      });
    const ends = { kept: sum('count', 'kept'), edited: sum('count', 'edited'), undone: sum('count', 'undone') };
    if (ends.kept + ends.edited + ends.undone > 0) edits.push({ tier, model, ...ends });
  }
  const inOrder = <T extends { readonly tier: Tier }>(figures: readonly T[], sizeOf: (each: T) => number): T[] =>
    figures.toSorted((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) || sizeOf(b) - sizeOf(a));
  return {
    offers: inOrder(offers, ({ offered }) => offered),
    edits: inOrder(edits, ({ kept, edited, undone }) => kept + edited + undone),
  };
}

/** A part of a whole in words: `38 (31%)`; the count alone where the whole is too small for a share. */
export const formatPart = (part: number, whole: number): string =>
  whole >= LEAST_OBSERVATIONS ? t('{0} ({1}%)', part, Math.round((part / whole) * 100)) : String(part);

/** The share that was still there: `87% of 35`, or a text that it was not looked at. */
export const formatStillThere = ({ stillThere, lookedFor }: OfferFigures): string =>
  stillThere === null
    ? t('not known yet')
    : lookedFor < LEAST_OBSERVATIONS
      ? t('not enough yet: {0} of {1}', lookedFor, LEAST_OBSERVATIONS)
      : t('{0}% of {1}', Math.round(stillThere * 100), lookedFor);
