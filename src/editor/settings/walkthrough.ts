import * as vscode from 'vscode';
import type { MeterFigures } from '../../core/insights/figures.ts';
import type { TierState } from '../../core/gateway/tierStatus.ts';
import { WALKTHROUGH } from '../platform/contributions.ts';

export interface WalkthroughFacts {
  /** Undefined while nothing is known of the local model. */
  readonly local: TierState | undefined;
  readonly mid: TierState | undefined;
  /** Demo servers answer in place of the user's own models: these set-up steps are still to be done. */
  readonly demo: boolean;
  readonly figures: MeterFigures | undefined;
  /** The meter was opened in this window. */
  readonly metered: boolean;
}

/** The contexts by which the walkthrough knows that a step is done; the manifest names them. */
const CONTEXTS: Readonly<Record<string, (facts: WalkthroughFacts) => boolean>> = {
  ollamaReached: ({ local, demo }) =>
    !demo && local !== undefined && local.next !== 'start-ollama' && local.next !== 'retry',
  localReady: ({ local, demo }) => !demo && (local?.ready ?? false),
  midReady: ({ mid, demo }) => !demo && (mid?.ready ?? false),
  chatted: ({ figures }) => hasAnswer(figures, 'chat'),
  escalated: ({ figures }) => hasAnswer(figures, 'escalate'),
  metered: ({ metered }) => metered,
};

/** Whether a model answered; a call that failed before is counted too, but without tokens. */
function hasAnswer(figures: MeterFigures | undefined, task: 'chat' | 'escalate'): boolean {
  const sum = figures?.month.byTask.get(task);
  return sum !== undefined && sum.outputTokens !== 0;
}

/** Keeps the contexts of the walkthrough's steps true to what happened. */
export class WalkthroughSteps {
  readonly #told = new Map<string, boolean>();

  show(facts: WalkthroughFacts): void {
    for (const [name, holds] of Object.entries(CONTEXTS)) {
      const value = holds(facts);
      // Each is a message to the workbench, and figures change with every call.
      if (this.#told.get(name) === value) continue;
      this.#told.set(name, value);
      void setContext(name, value);
    }
  }

  /**
   * Opens the walkthrough. VS Code may only now read what its steps wait for, and notices no context that is true
   * already: so those that are become false before, and true again.
   */
  async open(): Promise<void> {
    const held = [...this.#told.keys()].filter((name) => this.#told.get(name));
    await Promise.all(held.map((name) => setContext(name, false)));
    try {
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH);
      await new Promise((resolve) => setTimeout(resolve, READ_MS));
    } finally {
      await Promise.all(held.map((name) => setContext(name, this.#told.get(name) ?? false)));
    }
  }
}

/** Within this time VS Code has read the steps of a walkthrough that it opened, in ms. */
const READ_MS = 1_000;

const setContext = async (name: string, value: boolean): Promise<void> => {
  await vscode.commands.executeCommand('setContext', `gearshift.${name}`, value);
};
