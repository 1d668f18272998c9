/**
 * The recipe *build* against one model alone, on ten tasks in a small repository: bugs with a failing test, features and
 * refactorings. Files, edits and tests are real; the models are scripted, each with a stated skill: the share of tasks
 * that it gets right at once, and after it has seen the output of a red check. So the figures say what a run costs and
 * how often it gets there with models of such skill, not how good any real model is.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Attachment } from '../../src/core/chat/conversation.ts';
import { spentBy, workedBy, type RecipeRun } from '../../src/core/chat/recipeRun.ts';
import { PROCESS_CLOCK } from '../../src/core/common/clock.ts';
import { applyHunks } from '../../src/core/edits/hunks.ts';
import { parseAnswer } from '../../src/core/edits/parseAnswer.ts';
import { planFile } from '../../src/core/edits/planFile.ts';
import { unifiedDiff } from '../../src/core/edits/unifiedDiff.ts';
import { aloneRecipe } from '../../src/core/recipes/alone.ts';
import type { RunPorts } from '../../src/core/recipes/ports.ts';
import { parseRecipe, type Recipe } from '../../src/core/recipes/recipe.ts';
import { advance, goOnAt, newRun } from '../../src/core/recipes/run.ts';
import { startOpenAi } from '../servers/openai.ts';
import { openAiAt, testGateway } from '../support/gateway.ts';
import { Dice } from '../support/random.ts';
import { fileOf, PLAN, PRICES, SKILL, TASKS, testOf, type Name, type Task } from './recipeTasks.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const edit = (from: string, to: string): string =>
  ['src/module.js', '```js', '<<<<<<< SEARCH', from, '=======', to, '>>>>>>> REPLACE', '```'].join('\n');

/** Runs one recipe on one task, from the same files each time. */
async function runTask(task: Task, seed: number, make: (build: Recipe) => Recipe) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-recipes-'));
  const file = path.join(dir, 'src/module.js');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, fileOf(task.before));
  fs.writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}');
  fs.writeFileSync(path.join(dir, 'test.js'), testOf(task));
  const names = Object.keys(PRICES) as Name[];
  const server = await startOpenAi({
    promptCache: 'read',
    models: names.map((name) => ({ name, price: PRICES[name] })),
  });
  const dice = new Dice(seed);
  let code = task.before;
  let works = 0;
  server.script(({ prompt, model }) => {
    if (prompt.includes('You review a change')) return '{"findings":[]}';
    if (prompt.includes('Write a plan')) return PLAN;
    const [first, again] = SKILL[model] ?? [0, 0];
    const isRight = dice.chance(works++ === 0 ? first : again);
    const next = isRight ? task.after : `${code}\n// attempt ${works}`;
    const answer = edit(code, next);
    code = next;
    return answer;
  });
  const { gateway } = testGateway(openAiAt(server.url, { prices: PRICES }));
  const tiers = { local: [], mid: ['qwen-mid', 'mistral-mid'], frontier: ['claude-top', 'gpt-top'] } as const;
  const read = (): string => fs.readFileSync(file, 'utf8');
  const ports: RunPorts = {
    gateway,
    context: { run: 'bench' },
    chain: (tier) => tiers[tier].map((model) => ({ provider: 'cloud', model })),
    attached: () => Promise.resolve([attached(read())]),
    search: () => Promise.resolve(''),
    exists: () => Promise.resolve(true),
    changes: () =>
      Promise.resolve(
        unifiedDiff({
          nameBefore: 'src/module.js',
          nameAfter: 'src/module.js',
          before: fileOf(task.before),
          after: read(),
        }),
      ),
    around: () => Promise.resolve(''),
    check: () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['test.js'], { cwd: dir, encoding: 'utf8' });
      return Promise.resolve({ ok: status === 0, output: `${stdout}${stderr}` });
    },
    apply: (answer) => {
      const text = read();
      const plan = planFile(parseAnswer(answer).edits, { text, base: text, path: 'src/module.js' });
      if (plan.failures.length > 0) return Promise.resolve('none');
      fs.writeFileSync(file, applyHunks(text, plan.hunks));
      return Promise.resolve('applied');
    },
    changed: () => undefined,
    clock: PROCESS_CLOCK,
  };
  try {
    const recipe = make(shipped());
    let run = await advance(newRun(recipe, task.ask), ports, new AbortController().signal);
    // The user approves the plan as it is.
    if (run.status === 'paused') run = await advance(goOnAt(run, 2), ports, new AbortController().signal);
    assert.equal(spentBy(run), server.book.totals().costNano, 'the sum of a run is what the server sold');
    const { inputFresh, inputCached } = server.book.totals();
    return { run, requests: server.book.calls.length, fresh: inputFresh, cached: inputCached };
  } finally {
    await server.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

const attached = (text: string): Attachment => ({
  id: 'module',
  kind: 'file',
  label: 'src/module.js',
  path: 'src/module.js',
  language: 'javascript',
  text,
  notes: '',
  tokens: 0,
});

function shipped(): Recipe {
  const text = fs.readFileSync(path.join(ROOT, 'media/recipes/build.md'), 'utf8');
  return parseRecipe('build.md', text, 'shipped').recipe ?? assert.fail();
}

interface Sums {
  done: number;
  nanoUsd: number;
  requests: number;
  fresh: number;
  cached: number;
  ms: number;
}

const add = (sums: Sums, one: { run: RecipeRun; requests: number; fresh: number; cached: number }): void => {
  sums.done += one.run.status === 'done' ? 1 : 0;
  sums.nanoUsd += spentBy(one.run);
  sums.requests += one.requests;
  sums.fresh += one.fresh;
  sums.cached += one.cached;
  sums.ms += workedBy(one.run);
};

const say = (name: string, n: number, { done, nanoUsd, requests, fresh, cached, ms }: Sums): void =>
  void process.stdout.write(
    `${name}: ${done} of ${n} done, $${(nanoUsd / 1e9).toFixed(4)} ($${(nanoUsd / 1e9 / Math.max(1, done)).toFixed(4)} for each done), ` +
      `${requests} requests, ${Math.round((100 * cached) / Math.max(1, fresh + cached))}% of the input cached, ${(ms / 1000).toFixed(1)} s\n`,
  );

/** So often each task is done, with other dice. */
const ROUNDS = 5;
const none = (): Sums => ({ done: 0, nanoUsd: 0, requests: 0, fresh: 0, cached: 0, ms: 0 });
const build = none();
const alone = none();
for (let round = 0; round < ROUNDS; round++)
  for (const [n, task] of TASKS.entries()) {
    const seed = 1 + round * 100 + n;
    add(build, await runTask(task, seed, (recipe) => recipe));
    add(alone, await runTask(task, seed, (recipe) => aloneRecipe(newRun(recipe, task.ask))));
  }
const count = ROUNDS * TASKS.length;
say('build', count, build);
say('one frontier model alone, with the same check', count, alone);
