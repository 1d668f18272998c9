import * as v from 'valibot';
import * as vscode from 'vscode';
import { EFFORTS } from '../../core/common/types.ts';
import type { Comparison } from '../../core/evaluation/compare.ts';
import type { KeptTask } from '../../core/evaluation/keptTask.ts';

/** The comparison that was stopped, or that a window took with it when it closed: a file beside the user's other data. */

const Model = v.object({
  model: v.object({ provider: v.string(), model: v.string() }),
  effort: v.optional(v.picklist(EFFORTS)),
  prompts: v.optional(v.literal('now')),
});
const Recipe = v.object({ recipe: v.string(), schemas: v.optional(v.record(v.string(), v.string())) });
const Side = v.union([v.literal('stored'), Model, Recipe]);
const Trial = v.looseObject({
  task: v.string(),
  side: v.picklist(['a', 'b']),
  round: v.number(),
  answer: v.nullable(v.string()),
  words: v.string(),
  outcomes: v.array(
    v.looseObject({ check: v.looseObject({ kind: v.string() }), passed: v.boolean(), words: v.string() }),
  ),
  nanoUsd: v.nullable(v.number()),
  ms: v.number(),
});
const Stored = v.object({ a: Side, b: Side, trials: v.array(Trial) });

/** One comparison that can be gone on with. */
export class UnfinishedComparison {
  readonly #file: vscode.Uri;

  /** @param storage the extension's own folder */
  constructor(storage: vscode.Uri) {
    this.#file = vscode.Uri.joinPath(storage, 'comparison.json');
  }

  /** The comparison on the tasks that there are now; undefined when none was stopped. */
  async read(tasks: readonly KeptTask[]): Promise<Comparison | undefined> {
    try {
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(this.#file));
      const { a, b, trials } = v.parse(Stored, JSON.parse(text));
      const names = new Set(tasks.map(({ name }) => name));
      const own = trials.filter(({ task }) => names.has(task)) as unknown as Comparison['trials'];
      return own.length === 0 ? undefined : { a, b, tasks, trials: own, isComplete: false };
    } catch {
      return undefined; // there is none, or it was written by another version
    }
  }

  /** Keeps what a comparison has so far; one that is complete is not kept. */
  async keep({ a, b, trials, isComplete }: Comparison): Promise<void> {
    if (!isComplete && trials.length > 0)
      return vscode.workspace.fs.writeFile(this.#file, new TextEncoder().encode(JSON.stringify({ a, b, trials })));
    try {
      await vscode.workspace.fs.delete(this.#file);
    } catch {
      // It was never stopped.
    }
  }
}
