import { t } from '@vscode/l10n';
import type { Attachment } from '../chat/conversation.ts';
import { spentBy, type RecipeRun } from '../chat/recipeRun.ts';
import { unifiedDiff } from '../edits/unifiedDiff.ts';
import type { RunPorts } from '../recipes/ports.ts';
import { asksModel, type Recipe } from '../recipes/recipe.ts';
import { advance, goOnAt, newRun, recipeOf } from '../recipes/run.ts';
import { filesAfter, type FileAfter } from './checks.ts';
import type { Asked } from './compare.ts';
import type { KeptFile, KeptTask } from './keptTask.ts';

/** A side of a comparison that answers a kept task with a recipe. Files change in memory alone. */

/** What a run needs of the world beside the task. */
export interface RecipePorts extends Pick<RunPorts, 'gateway' | 'chain' | 'search' | 'exists' | 'clock'> {
  /** Id of the run on the ledger. */
  readonly run: string;
  /** Checks the files that a work stage makes, as the commands of the task do. */
  readonly check: (files: readonly FileAfter[], signal: AbortSignal) => Promise<string>;
}

/** What a recipe is given of a kept task: its question with the context as it was sent, and the conversation before it. */
export function givenBy({ messages }: Pick<KeptTask, 'messages'>): {
  readonly task: string;
  readonly context: readonly Attachment[];
} {
  const before = messages.slice(0, -1).filter(({ role }) => role !== 'system');
  const text = before.map(({ role, content }) => `${role}:\n${content}`).join('\n\n');
  const base = { id: 'conversation', kind: 'pasted', path: '', language: '', notes: '', tokens: 0 } as const;
  return {
    task: messages.at(-1)?.content ?? '',
    context: text ? [{ ...base, label: 'conversation so far', text }] : [],
  };
}

/**
 * Answers a kept task with a recipe. What a user would approve is approved as it is. Never throws.
 *
 * @param schemas that the user chose for extract stages, by the names of the stages
 */
export async function askRecipe(
  recipe: Recipe,
  task: KeptTask,
  {
    schemas = {},
    ports,
  }: { readonly schemas?: Readonly<Record<string, string>> | undefined; readonly ports: RecipePorts },
  signal: AbortSignal,
): Promise<Asked> {
  const started = ports.clock.now();
  const given = givenBy(task);
  const files = new FilesInMemory(task.files);
  const all: RunPorts = {
    ...ports,
    context: { run: ports.run },
    attached: () => Promise.resolve(given.context),
    changes: () => Promise.resolve(files.diff()),
    around: () => Promise.resolve(''),
    check: async (stop) => {
      const words = await ports.check(files.now, stop);
      return { ok: words === '', output: words };
    },
    apply: (answer) => Promise.resolve(files.apply(task, answer) ? 'applied' : 'none'),
    changed: () => undefined,
  };
  let run = await advance(newRun(recipe, given.task, schemas), all, signal);
  for (let at = approvalOf(run); at >= 0; at = approvalOf(run)) run = await advance(goOnAt(run, at + 1), all, signal);
  const isUnknown = run.stages.some(({ costUnknown }) => costUnknown);
  const spent = { nanoUsd: isUnknown ? null : spentBy(run), ms: ports.clock.now() - started };
  const text = run.status === 'done' ? answerOf(run, files) : '';
  if (text) return { text, words: '', ...spent };
  const bad = run.stages.findLast(({ words, status }) => words !== '' && status !== 'done' && status !== 'skipped');
  const words = bad ? t('Stage {0}: {1}', bad.name, bad.words) : t('It did not answer.');
  const isOver = run.stages.some(({ failure }) => failure?.kind === 'budget');
  return { text: null, words, ...spent, ends: isOver || signal.aborted };
}

/** The stage of a run that waits for an approval; -1 for none. */
const approvalOf = ({ status, stages }: RecipeRun): number =>
  status === 'paused' ? stages.findIndex((stage) => stage.status === 'paused' && stage.kind === 'approve') : -1;

/** The answer of a run that is done: the changes of its work stage, or the output of the last stage that asked a model. */
function answerOf(run: RecipeRun, files: FilesInMemory): string {
  const work = run.stages.find(({ kind, status }) => kind === 'work' && status === 'done');
  if (work) return work.sentBack ? `\`\`\`\`diff\n${files.diff()}\`\`\`\`\n` : work.output;
  const recipe = recipeOf(run);
  const last = run.stages.findLast(
    ({ status, output, kind }, i) =>
      status === 'done' && output !== '' && kind !== 'score' && asksModel(recipe.stages[i] ?? { kind: 'approve' }),
  );
  return last?.output ?? '';
}

/** The kept files, as the answers of a run's work stage leave them one after the other. */
class FilesInMemory {
  readonly #kept: readonly KeptFile[];
  #now: readonly KeptFile[];

  constructor(kept: readonly KeptFile[]) {
    this.#kept = kept;
    this.#now = kept;
  }

  get now(): readonly FileAfter[] {
    return this.#now.flatMap(({ path, before }) => (before === null ? [] : [{ path, text: before }]));
  }

  /** @returns false where no change of the answer fits */
  apply({ messages }: Pick<KeptTask, 'messages'>, answer: string): boolean {
    const made = new Map(filesAfter({ files: this.#now, messages }, answer).map(({ path, text }) => [path, text]));
    const next = this.#now.map((file) => ({ ...file, before: made.get(file.path) ?? file.before }));
    const isChanged = next.some(({ before }, i) => before !== this.#now[i]?.before);
    this.#now = next;
    return isChanged;
  }

  /** What changed since the task was kept. */
  diff(): string {
    return this.#kept
      .map(({ path, before }, i) => {
        const after = this.#now[i]?.before ?? null;
        return after === null
          ? ''
          : unifiedDiff({ nameBefore: before === null ? null : path, nameAfter: path, before: before ?? '', after });
      })
      .join('');
  }
}
