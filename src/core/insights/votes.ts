import { t } from '@vscode/l10n';
import type { Category } from '../ledger/categories.ts';
import type { AnswerOutcome } from '../ledger/outcomes.ts';
import { MOST_P, signTest } from './statistics.ts';

/** What the user's votes on blind answers say of each model, by category. */

export interface VoteRow {
  readonly category: Category | null;
  /** As the provider names it. */
  readonly model: string;
  /** Votes in which this model's answer was the better one, and in which the other was. */
  readonly better: number;
  readonly worse: number;
  readonly same: number;
  readonly neither: number;
  /** All votes. */
  readonly n: number;
  /** Probability of votes as uneven or more so if both were equally good (two-sided sign test). */
  readonly p: number;
}

/** The rows with the most votes first. */
export function voteRows(outcomes: readonly Pick<AnswerOutcome, 'category' | 'model' | 'kind'>[]): readonly VoteRow[] {
  const groups = Map.groupBy(outcomes, ({ category, model }) => JSON.stringify([category, model]));
  const rows = [...groups.values()].flatMap((group): VoteRow[] => {
    const [first] = group;
    const count = (kind: AnswerOutcome['kind']): number => group.filter((each) => each.kind === kind).length;
    const [better, worse, same, neither] = [
      count('preferred'),
      count('not-preferred'),
      count('equal'),
      count('neither'),
    ];
    const n = better + worse + same + neither;
    if (!first || n === 0) return [];
    const { category, model } = first;
    return [{ category, model, better, worse, same, neither, n, p: signTest(better, worse) }];
  });
  return rows.toSorted((a, b) => b.n - a.n);
}

/** The sign test in words: whether the votes are uneven enough to say which model is better. */
export const describeVotes = ({ better, worse, p }: Pick<VoteRow, 'better' | 'worse' | 'p'>): string =>
  p > MOST_P ? t('too close to call') : better > worse ? t('better') : t('worse');

/** So many lost votes suggest a rule, where they are at least this share of those that were won or lost. */
const ENOUGH_LOSSES = 3;
const LEAST_SHARE = 2 / 3;

/** Whether a model lost so often that its questions of this category belong elsewhere. */
export const losesClearly = ({ better, worse }: Pick<VoteRow, 'better' | 'worse'>): boolean =>
  worse >= ENOUGH_LOSSES && worse / (worse + better) >= LEAST_SHARE;
