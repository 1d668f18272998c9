import * as vscode from 'vscode';
import type { MeterFigures } from '../core/meter.ts';
import type { TierState } from '../core/tierState.ts';
import { WALKTHROUGH } from './manifest.ts';

export interface WalkthroughFacts {
  /** Undefined while nothing is known of the local model. */
  readonly local: TierState | undefined;
  readonly mid: TierState | undefined;
  readonly figures: MeterFigures | undefined;
}

/** The contexts by which the walkthrough knows that a step is done; the manifest names them. */
const CONTEXTS: Readonly<Record<string, (facts: WalkthroughFacts) => boolean>> = {
  ollamaReached: ({ local }) => local !== undefined && local.next !== 'start-ollama' && local.next !== 'retry',
  localReady: ({ local }) => local?.ready ?? false,
  midReady: ({ mid }) => mid?.ready ?? false,
  chatted: ({ figures }) => figures?.month.byTask.has('chat') ?? false,
  escalated: ({ figures }) => figures?.month.byTask.has('escalate') ?? false,
};

/** Keeps the contexts of the walkthrough's steps true to what happened. */
export class WalkthroughSteps {
  readonly #told = new Map<string, boolean>();

  show(facts: WalkthroughFacts): void {
    for (const [name, holds] of Object.entries(CONTEXTS)) {
      const value = holds(facts);
      // Each is a message to the workbench, and figures change with every call.
      if (this.#told.get(name) === value) continue;
      this.#told.set(name, value);
      void vscode.commands.executeCommand('setContext', `gearshift.${name}`, value);
    }
  }
}

export const openWalkthrough = async (): Promise<void> => {
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH);
};
