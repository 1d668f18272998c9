import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Attachment } from '../../src/core/chat/conversation.ts';
import type { RecipeRun } from '../../src/core/chat/recipeRun.ts';
import { PROCESS_CLOCK } from '../../src/core/common/clock.ts';
import type { ModelRef } from '../../src/core/common/types.ts';
import { applyHunks } from '../../src/core/edits/hunks.ts';
import { parseAnswer } from '../../src/core/edits/parseAnswer.ts';
import { planFile } from '../../src/core/edits/planFile.ts';
import { unifiedDiff } from '../../src/core/edits/unifiedDiff.ts';
import type { Gateway } from '../../src/core/gateway/call.ts';
import { parseRecipe } from '../../src/core/recipes/recipe.ts';
import { advance, goOnAt, newRun } from '../../src/core/recipes/run.ts';

/** The recipe *build* on one task with a real model: a bug with a failing test. Nothing is judged but what the test says. */

const NAME = 'src/median.js';
const BEFORE = [
  '/** The median of numbers: the middle one, or the mean of the two in the middle. */',
  'export function median(numbers) {',
  '  const sorted = numbers.sort();',
  '  return sorted[Math.floor(sorted.length / 2)];',
  '}',
  '',
].join('\n');
const TEST = [
  "import assert from 'node:assert/strict';",
  `import { median } from './${NAME}';`,
  'const list = [10, 9, 1, 2];',
  'assert.equal(median(list), 5.5);',
  'assert.deepEqual(list, [10, 9, 1, 2]);',
  'assert.equal(median([3, 20, 100]), 20);',
].join('\n');

const attached = (text: string): Attachment => ({
  id: 'median',
  kind: 'file',
  label: NAME,
  path: NAME,
  language: 'javascript',
  text,
  notes: '',
  tokens: 0,
});

/**
 * Runs it, and approves the plan as it is.
 *
 * @param worker answers all stages but the review
 * @param reviewer of another family; undefined: the review is refused, as it should be
 */
export async function runBuild(gateway: Gateway, worker: ModelRef, reviewer: ModelRef | undefined): Promise<RecipeRun> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'real-build-'));
  const file = path.join(dir, NAME);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, BEFORE);
  fs.writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}');
  fs.writeFileSync(path.join(dir, 'test.js'), TEST);
  const text = fs.readFileSync(path.resolve(import.meta.dirname, '../../media/recipes/build.md'), 'utf8');
  const { recipe } = parseRecipe('build.md', text, 'shipped');
  if (!recipe) throw new Error('the shipped recipe cannot be read');
  const read = (): string => fs.readFileSync(file, 'utf8');
  const ports = {
    gateway,
    context: { run: 'real' },
    chain: () => [worker, ...(reviewer ? [reviewer] : [])],
    attached: () => Promise.resolve([attached(read())]),
    search: () => Promise.resolve(''),
    exists: () => Promise.resolve(true),
    changes: () => Promise.resolve(unifiedDiff({ nameBefore: NAME, nameAfter: NAME, before: BEFORE, after: read() })),
    around: () => Promise.resolve(''),
    check: () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['test.js'], { cwd: dir, encoding: 'utf8' });
      return Promise.resolve({ ok: status === 0, output: `${stdout}${stderr}`.slice(0, 4_000) });
    },
    apply: (answer: string) => {
      const now = read();
      const plan = planFile(parseAnswer(answer).edits, { text: now, base: now, path: NAME });
      if (plan.failures.length > 0) return Promise.resolve('none' as const);
      fs.writeFileSync(file, applyHunks(now, plan.hunks));
      return Promise.resolve('applied' as const);
    },
    changed: () => undefined,
    clock: PROCESS_CLOCK,
  };
  try {
    const signal = AbortSignal.timeout(recipe.limits.ms);
    const run = await advance(newRun(recipe, 'The test of median fails. Fix it.'), ports, signal);
    return run.status === 'paused' ? await advance(goOnAt(run, 2), ports, signal) : run;
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}
