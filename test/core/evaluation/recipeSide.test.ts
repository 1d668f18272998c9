import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { PROCESS_CLOCK } from '../../../src/core/common/clock.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import { judge } from '../../../src/core/evaluation/checks.ts';
import type { KeptTask } from '../../../src/core/evaluation/keptTask.ts';
import { askRecipe, givenBy } from '../../../src/core/evaluation/recipeSide.ts';
import type { CallEvent, CallResult, ModelCall } from '../../../src/core/gateway/call.ts';
import { parseRecipe, type Recipe } from '../../../src/core/recipes/recipe.ts';

/** A kept task that a recipe answers: its stages, its cost, and files that change in memory alone. */

const shipped = (name: string): Recipe => {
  const file = path.resolve(import.meta.dirname, '../../../media/recipes', `${name}.md`);
  return parseRecipe(`${name}.md`, fs.readFileSync(file, 'utf8'), 'shipped').recipe ?? assert.fail(name);
};
const BEFORE = 'export function add(a: number, b: number) {\n  return a - b;\n}\n';
const AFTER = BEFORE.replace('a - b', 'a + b');
const edit = (text: string): string => `\`sum.ts\`:\n\n\`\`\`ts\n${text}\`\`\`\n`;

const task: KeptTask = {
  ...{ name: 'Add adds', kept: '2026-11-30', tier: 'mid', model: { provider: 'cloud', model: 'one' } },
  checks: [{ kind: 'applies' }, { kind: 'keeps' }, { kind: 'command', command: 'npm test' }],
  messages: [
    { role: 'system', content: 'You help.' },
    { role: 'user', content: 'What is add?' },
    { role: 'assistant', content: 'A function.' },
    { role: 'user', content: 'Mend add in sum.ts.' },
  ],
  answer: edit(AFTER),
  files: [{ path: 'sum.ts', before: BEFORE, after: AFTER }],
};

const MODELS: Readonly<Record<Tier, string>> = { local: 'phi', mid: 'deepseek-chat', frontier: 'claude-opus' };

/** Answers by the stage, one after the other; the last one again. */
function rig(script: Readonly<Record<string, readonly string[]>>, over: Partial<CallResult> = {}) {
  const calls: ModelCall[] = [];
  const gateway = {
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      const before = calls.filter(({ stage }) => stage === call.stage).length;
      calls.push(call);
      const [model] = call.chain;
      assert.ok(model);
      yield { kind: 'attempt', attempt: 1, model, place: PLACE, instead: null };
      const answers = script[call.stage ?? ''] ?? [];
      yield { kind: 'text', text: answers[Math.min(before, answers.length - 1)] ?? '' };
      const usage = { input: 10, cacheRead: 0, cacheWrite: 0, output: 5, reasoning: 0 };
      const cost = { cost: { nanoUsd: 1_000, source: 'computed' }, knownNanoUsd: 1_000 } as const;
      const ended = { outcome: 'done', failure: null, place: PLACE, finish: 'stop', model, modelReturned: null, usage };
      yield { kind: 'end', result: { ...ended, ...cost, ...over } as unknown as CallResult };
    },
  };
  const checked: string[] = [];
  const ports = {
    gateway,
    chain: (tier: Tier) => [{ provider: 'cloud', model: MODELS[tier] }],
    search: () => Promise.resolve(''),
    exists: () => Promise.resolve(true),
    clock: PROCESS_CLOCK,
    run: 'kept-task/1',
    check: (files: readonly { readonly text: string }[]) => {
      checked.push(files[0]?.text ?? '');
      return Promise.resolve(files[0]?.text === AFTER ? '' : 'It ended with 1.');
    },
  };
  return { calls, checked, ports };
}
const PLACE = { provider: 'cloud', host: 'lab.example', model: 'one', kind: 'openai' } as const;
const never = new AbortController().signal;

test('the question is the task of the recipe as it was sent, and the conversation before it is context', () => {
  const { task: asked, context } = givenBy(task);
  assert.equal(asked, 'Mend add in sum.ts.');
  assert.deepEqual(
    context.map(({ text }) => text),
    ['user:\nWhat is add?\n\nassistant:\nA function.'],
  );
  assert.deepEqual(givenBy({ messages: task.messages.slice(-1) }).context, []);
});

test('draft: a draft that is good enough is the answer, and all stages are paid for', async () => {
  const { calls, ports } = rig({ draft: [edit(AFTER)], verdict: ['{"score": 9, "reason": "right"}'] });
  const asked = await askRecipe(shipped('draft'), task, { ports }, never);
  assert.equal(asked.text, edit(AFTER));
  assert.equal(asked.nanoUsd, 2_000);
  assert.deepEqual(
    calls.map(({ stage, tier, run, promptName }) => [stage, tier, run, promptName]),
    [
      ['draft', 'mid', 'kept-task/1', 'draft'],
      ['verdict', 'frontier', 'kept-task/1', 'draft'],
    ],
  );
});

test('build: the plan is approved, a red check sends the work back, and the changes of all rounds are the answer', async () => {
  const wrong = BEFORE.replace('a - b', 'a * b');
  const { calls, checked, ports } = rig({
    plan: ['Add, do not subtract.'],
    work: [edit(wrong), edit(AFTER)],
    review: ['{"findings": []}'],
  });
  const asked = await askRecipe(shipped('build'), task, { ports }, never);
  assert.deepEqual(checked, [wrong, AFTER]);
  assert.equal(asked.words, '');
  const outcomes = judge(task, asked.text ?? '', { ran: new Map([['npm test', '']]) });
  assert.deepEqual(
    outcomes.map(({ words }) => words),
    ['', '', ''],
    asked.text ?? '',
  );
  assert.equal(asked.nanoUsd, 1_000 * calls.length);
});

test('a stage that fails is named, and what it cost counts; a budget ends the comparison', async () => {
  const none = rig({ draft: [''] });
  const failed = await askRecipe(shipped('draft'), task, { ports: none.ports }, never);
  assert.deepEqual([failed.text, failed.nanoUsd, failed.ends], [null, 1_000, false]);
  assert.match(failed.words, /^Stage draft: The answer is empty\./);
  const unknown = rig(
    { draft: ['x'], verdict: ['{"score": 9, "reason": ""}'] },
    { cost: { nanoUsd: null, source: 'unknown' } },
  );
  assert.equal((await askRecipe(shipped('draft'), task, { ports: unknown.ports }, never)).nanoUsd, null);
  const refused = { outcome: 'failed', failure: { kind: 'budget', detail: 'The budget is used up.' } } as const;
  const over = rig({ draft: [''] }, { ...refused, finish: null });
  assert.equal((await askRecipe(shipped('draft'), task, { ports: over.ports }, never)).ends, true);
  const stop = new AbortController();
  stop.abort();
  const stopped = rig({ draft: ['x'] });
  assert.equal((await askRecipe(shipped('draft'), task, { ports: stopped.ports }, stop.signal)).ends, true);
  assert.equal(stopped.calls.length, 0);
});

test('a schema that the user chose is what an extract stage is held to', async () => {
  const schema =
    '{"type":"object","required":["facts"],"properties":{"facts":{"type":"array","items":{"type":"string"}}}}';
  const { ports } = rig({ facts: ['{"facts": ["add subtracts"]}'], answer: ['It subtracts.'] });
  const asked = await askRecipe(shipped('extract'), task, { schemas: { facts: schema }, ports }, never);
  assert.equal(asked.text, 'It subtracts.');
  assert.match((await askRecipe(shipped('extract'), task, { ports }, never)).words, /No schema was chosen/);
});
