import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compare,
  describeDifference,
  differenceOf,
  figuresOf,
  modelOf,
  nameOf,
  type Asked,
  type Comparison,
  type ComparePorts,
} from '../../../src/core/evaluation/compare.ts';
import { signTest } from '../../../src/core/insights/statistics.ts';
import type { KeptTask } from '../../../src/core/evaluation/keptTask.ts';
import { junitReport, markdownReport } from '../../../src/core/evaluation/report.ts';

/** Two models on the kept tasks: what is asked, what is counted, and what is said of it. */

const A = { provider: 'cloud', model: 'a' };
const B = { provider: 'cloud', model: 'b' };
const task = (name: string, answer = 'yes'): KeptTask => ({
  ...{ name, kept: '2026-11-30', tier: 'mid', model: A, answer, files: [] },
  checks: [{ kind: 'contains', text: 'yes' }],
  messages: [{ role: 'user', content: name }],
});
const tasks = (count: number): KeptTask[] => Array.from({ length: count }, (_, i) => task(`task ${i}`));
const begin = (of: readonly KeptTask[], a: Comparison['a'] = { model: A }): Comparison => ({
  ...{ a, b: { model: B }, tasks: of, trials: [], isComplete: false },
});
const said = (text: string | null, nanoUsd: number | null = 1_000): Asked => ({
  ...{ text, words: text === null ? 'No answer came.' : '', nanoUsd, ms: 500 },
});
const never = new AbortController().signal;

test('each task is asked of both models twice; the sum is what the answers cost', async () => {
  const asked: string[] = [];
  const steps: string[] = [];
  const ended = await compare(
    begin(tasks(3)),
    {
      ask: async (side, { name }) => {
        const model = modelOf(side)?.model;
        asked.push(`${model} ${name}`);
        return said(model === 'b' ? 'yes' : 'no');
      },
      progress: (done, of) => steps.push(`${done}/${of}`),
    },
    never,
  );
  assert.equal(asked.length, 12);
  assert.deepEqual(asked.slice(0, 2), ['a task 0', 'b task 0'], 'in pairs');
  assert.deepEqual([steps[0], steps.at(-1)], ['1/12', '12/12']);
  assert.deepEqual(figuresOf(ended, 'a'), { answers: 6, passed: 0, nanoUsd: 6_000, unknownCosts: 0, ms: 500 });
  assert.equal(figuresOf(ended, 'b').passed, 6);
  assert.equal(describeDifference(ended), 'cloud/b does better in 3 and worse in 0 of 3 tasks: too close to call.');
});

test('seven tasks out of seven are a difference, in either direction', async () => {
  const better = async (name: string): Promise<string> =>
    describeDifference(
      await compare(
        begin(tasks(7)),
        { ask: async (side) => said(modelOf(side)?.model === name ? 'yes' : 'no') },
        never,
      ),
    );
  assert.match(await better('b'), /better in 7 and worse in 0 of 7 tasks: cloud\/b is better on your tasks\.$/);
  assert.match(await better('a'), /better in 0 and worse in 7 of 7 tasks: cloud\/a is better on your tasks\.$/);
});

test('a stored answer is judged once and costs nothing: its model may be gone', async () => {
  const kept = [task('kept', 'yes'), task('poor', 'no')];
  let asked = 0;
  const ended = await compare(
    begin(kept, 'stored'),
    {
      ask: async () => {
        asked++;
        return said('yes');
      },
    },
    never,
  );
  assert.equal(asked, 4);
  assert.deepEqual(figuresOf(ended, 'a'), { answers: 2, passed: 1, nanoUsd: 0, unknownCosts: 0, ms: 0 });
});

test('it stops where nothing further can be asked, keeps what it has, and continues without asking twice', async () => {
  let left = 5;
  let asked = 0;
  const ask = async (): Promise<Asked> => {
    if (left-- <= 0) return { ...said(null), ends: true };
    asked++;
    return said('yes', null);
  };
  const stopped = await compare(begin(tasks(3)), { ask }, never);
  assert.equal(stopped.trials.length, 5);
  assert.equal(stopped.isComplete, false);
  assert.match(markdownReport(stopped, new Date(0)), /The comparison was stopped before its end\./);
  left = 100;
  const ended = await compare(stopped, { ask }, never);
  assert.equal(ended.isComplete, true);
  assert.equal(asked, 12);
  assert.equal(figuresOf(ended, 'a').unknownCosts, 6);
  const aborted = new AbortController();
  aborted.abort();
  assert.equal((await compare(begin(tasks(3)), { ask }, aborted.signal)).trials.length, 0);
});

test('an answer that did not come fails, with the reason', async () => {
  const ended = await compare(
    begin(tasks(1)),
    { ask: async (side) => (modelOf(side)?.model === 'a' ? said(null) : said('yes')) },
    never,
  );
  assert.equal(figuresOf(ended, 'a').passed, 0);
  assert.match(markdownReport(ended, new Date(0)), /- task 0, cloud\/a: No answer came\./);
});

test('the sign test is a probability, is symmetric, and equals that of fair coins', () => {
  assert.equal(signTest(0, 0), 1);
  assert.ok(Math.abs(signTest(0, 6) - 2 / 64) < 1e-12);
  assert.ok(Math.abs(signTest(1, 7) - (2 * (1 + 8)) / 256) < 1e-12);
  fc.assert(
    fc.property(fc.nat(400), fc.nat(400), (a, b) => {
      const p = signTest(a, b);
      assert.ok(p >= 0 && p <= 1);
      assert.equal(p, signTest(b, a));
      if (a > b) assert.ok(signTest(a + 1, b) <= p + 1e-12);
    }),
  );
});

test('the interval holds the mean, within what shares can be', () => {
  const trial = (name: string, side: 'a' | 'b', passes: boolean, round: number): Comparison['trials'][number] => ({
    ...{ task: name, side, round, answer: 'x', words: '', nanoUsd: 0, ms: 1 },
    outcomes: [{ check: { kind: 'answers' }, passed: passes, words: '' }],
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 2, maxLength: 30 }), (pairs) => {
      const trials = pairs.flatMap(([a, b], i) => [trial(`task ${i}`, 'a', a, 0), trial(`task ${i}`, 'b', b, 0)]);
      const { mean, better, worse } = differenceOf({ ...begin(tasks(pairs.length)), trials });
      assert.ok(mean && mean.low <= mean.value && mean.value <= mean.high && mean.low >= -1 && mean.high <= 1);
      assert.equal(better - worse, Math.round(mean.value * pairs.length));
    }),
  );
});

test('names that hold markup are text in both reports', async () => {
  const evil = task('a | b <script> "x" & `y`\n# z \u0000');
  const ended = await compare(begin([evil]), { ask: async () => said('no') }, never);
  const markdown = markdownReport(ended, new Date(0));
  assert.ok(!markdown.includes('<script>'));
  assert.ok(!/^# z/m.test(markdown));
  assert.match(markdown, /^Compared on 1970-01-01 00:00 UTC\.$/m);
  const xml = junitReport(ended);
  assert.ok(!xml.includes('<script>') && !xml.includes('\u0000'));
  assert.match(xml, /<testsuite name="cloud\/a" tests="2" failures="2"/);
  assert.match(xml, /<failure message="contains &#34;yes&#34;: It does not contain &#34;yes&#34;\."\/>/);
});

test('any two of model, effort, prompts and recipe have names of their own in the reports', async () => {
  const sides = [
    ...['stored', { model: A }, { model: B }, { model: A, prompts: 'now' }, { recipe: 'draft' }],
    ...(['low', 'high'] as const).flatMap((effort) => [
      { model: A, effort },
      { model: A, effort, prompts: 'now' },
    ]),
  ] as Comparison['a'][];
  assert.equal(new Set(sides.map(nameOf)).size, sides.length);
  const asked: unknown[] = [];
  for (const b of sides.slice(1)) {
    const ask: ComparePorts['ask'] = (side) => {
      asked.push(side);
      return Promise.resolve(said('yes'));
    };
    const ended = await compare({ ...begin(tasks(1)), a: sides[0]!, b }, { ask }, never);
    assert.deepEqual(asked.splice(0), [b, b], 'asked as it is');
    assert.ok(junitReport(ended).includes(`<testsuite name="${nameOf(b)}"`));
  }
});
