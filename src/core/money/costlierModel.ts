import { t } from '@vscode/l10n';
import { giveUp } from '../common/debugLog.ts';
import { displayMoney } from './displayMoney.ts';
import { type Price } from './pricing.ts';
import { formatModelRef, type ModelRef } from '../common/types.ts';

/** Whether the chain may go on to a model that costs over twice as much as the first. */
export const COSTLIER_FALLBACKS = ['ask', 'allow', 'never'] as const;
export type CostlierFallback = (typeof COSTLIER_FALLBACKS)[number];

/** A model and the most that a call to it can cost. */
export interface PricedModel {
  readonly model: ModelRef;
  readonly price: Price | undefined;
  /** Null where the price is unknown. */
  readonly mostNanoUsd: number | null;
}

/**
 * Asks whether a much more expensive model may answer in place of one that did not. Undefined: no one answered, which
 * means no for now.
 */
export type CostlierModelQuestion = (from: PricedModel, to: PricedModel) => Promise<boolean | undefined>;

/** What is asked, in one sentence or two. */
export const describeCostlierModel = (from: PricedModel, to: PricedModel): string =>
  t(
    '{0} did not answer. {1} can, but may cost up to {2} instead of {3}.',
    formatModelRef(from.model),
    formatModelRef(to.model),
    amountOf(to),
    amountOf(from),
  );

const amountOf = ({ mostNanoUsd }: PricedModel): string =>
  mostNanoUsd === null ? t('an unknown amount') : displayMoney(mostNanoUsd);

/** What the user said about more expensive models, while the window lives: an answered question is not asked again. */
export class CostlierModelAnswers {
  readonly #said = new Map<string, Promise<boolean | undefined>>();

  /** @returns false as well when the question could not be asked, or was left without an answer */
  async ask(from: PricedModel, to: PricedModel, question: CostlierModelQuestion): Promise<boolean> {
    const step = JSON.stringify([from.model, to.model]);
    const said = this.#said.get(step) ?? question(from, to).catch(giveUp('question about a costlier model'));
    this.#said.set(step, said);
    const answer = await said;
    if (answer === undefined && this.#said.get(step) === said) this.#said.delete(step);
    return answer ?? false;
  }
}
