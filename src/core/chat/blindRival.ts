import type { ModelRef, Tier } from '../common/types.ts';
import type { ChosenModel } from './contextBudget.ts';
import type { Question } from './conversation.ts';

/** The models that would answer a question. */
export interface UsualModels {
  readonly tier: Tier;
  readonly chain: readonly ModelRef[];
}

/** Says which model a question is also asked of, for a blind comparison; undefined: of none. */
export type ChooseRival = (question: Question, usual: UsualModels) => Promise<ChosenModel | undefined>;
