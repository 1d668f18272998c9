import type * as vscode from 'vscode';
import {
  readHistory,
  withChoice,
  withOverride,
  type Choice,
  type ChoiceHistory,
} from '../../core/routing/learnedRules.ts';
import type { Logger } from '../../core/common/logger.ts';

const KEY = 'routing.choices';

/**
 * What Auto chose and where the user asked another tier, as figures without any text: kept over all windows, so that
 * equal overrides can be offered as a rule, and learned rules can be judged.
 */
export class ChoiceLog {
  readonly #memento: vscode.Memento;
  readonly #log: Logger;

  constructor(memento: vscode.Memento, log: Logger) {
    this.#memento = memento;
    this.#log = log;
  }

  get history(): ChoiceHistory {
    return readHistory(this.#memento.get(KEY));
  }

  /** Auto chose a tier. @param isLearned by a rule that was made of overrides */
  chose(choice: Choice, isLearned: boolean): void {
    this.#write(withChoice(this.history, choice, isLearned));
  }

  /** The user asked another tier than Auto had chosen. */
  overrode(override: Choice): void {
    this.#write(withOverride(this.history, override));
  }

  #write(history: ChoiceHistory): void {
    this.#memento.update(KEY, history).then(undefined, (error: unknown) => {
      this.#log.error('the choices of Auto', error);
    });
  }
}
