import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test, type TestContext } from 'node:test';
import { readCommitMessage } from '../../src/core/codeTools/commitMessage.ts';
import { buildEditMessages, readEditAnswer } from '../../src/core/codeTools/inlineEdit.ts';
import { buildReviewMessages, readReview } from '../../src/core/codeTools/reviewFindings.ts';
import { SYSTEM } from '../../src/core/chat/prompt.ts';
import { startDemo, type Demo } from './demo.ts';

/** The demo knows the steps of its own README. */

const file = (name: string): string =>
  fs.readFileSync(new URL(`../fixtures/demo-workspace/${name}`, import.meta.url), 'utf8');
const changed = fs.readFileSync(new URL('../fixtures/demo-change/src/orders.ts', import.meta.url), 'utf8');

/** The demo without its human pace. */
async function quickDemo(t: TestContext): Promise<Demo> {
  const demo = await startDemo();
  t.after(() => demo.stop());
  Object.assign(demo.openai.settings, { ttftMs: 0, tokensPerSecond: Infinity });
  return demo;
}

interface Message {
  role: string;
  content: string;
}

async function chat(demo: Demo, model: string, messages: readonly Message[]): Promise<string> {
  const response = await fetch(`${demo.openai.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages }),
  });
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}

const question = (text: string): Message[] => [
  { role: 'system', content: SYSTEM },
  { role: 'user', content: text },
];

test('ghost text finishes the unfinished functions', async (t) => {
  const demo = await quickDemo(t);
  const complete = async (prefix: string, suffix: string): Promise<string> => {
    const prompt = `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`;
    const body = { model: demo.addresses.localModel, prompt, raw: true, stream: false, options: { stop: ['\n}'] } };
    const response = await fetch(`${demo.addresses.ollamaUrl}/api/generate`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return ((await response.json()) as { response: string }).response;
  };
  const brewing = file('src/brewing.ts');
  const at =
    brewing.indexOf('totalSteepingTime(tea: Tea): number {\n') + 'totalSteepingTime(tea: Tea): number {\n'.length;
  assert.match(
    await complete(`${brewing.slice(0, at)}  `, brewing.slice(at)),
    /^return tea\.infusions\.reduce\(\(sum, seconds\) => sum \+ seconds, 0\);/,
  );
  assert.match(
    await complete(`${file('leaves.py').trimEnd()}\n    `, ''),
    /^grams_by_kind: dict\[str, float\] = \{\}\n/,
  );
});

test('each step of the README has its answer, and the tiers differ', async (t) => {
  const demo = await quickDemo(t);
  const { midModel, frontierModel } = demo.addresses;
  const leaves = question(`What does this file do?\n${file('leaves.py')}`);
  const [mid, frontier] = await Promise.all([chat(demo, midModel, leaves), chat(demo, frontierModel, leaves)]);
  assert.match(mid, /rounds to half a gram[\s\S]*```python\ndef shopping_list/);
  assert.match(frontier, /Rounding/);
  assert.notEqual(mid, frontier);
  const race = await chat(demo, frontierModel, question('Is this safe when two goroutines call it?'));
  assert.match(race, /concurrent map writes[\s\S]*```go stock\.go\n[\s\S]*sync\.Mutex/);
});

test('the inline edit, the review and the commit message fit the files of the demo', async (t) => {
  const demo = await quickDemo(t);
  const lines = file('src/brewing.ts').split('\n');
  const start = lines.findIndex((line) => line.includes('function findTea'));
  const task = { path: 'src/brewing.ts', language: 'typescript', lines, start, end: start + 3 };
  const edit = async (instruction: string): Promise<readonly string[] | null> =>
    readEditAnswer(await chat(demo, demo.addresses.midModel, buildEditMessages(task, [{ instruction }])), true);
  assert.deepEqual(await edit('Use a Map for the lookup'), [
    'const teaByName = new Map(menu.map((tea) => [tea.name.toLowerCase(), tea]));',
    '',
    'export function findTea(name: string): Tea | undefined {',
    '  return teaByName.get(name.toLowerCase());',
    '}',
  ]);
  assert.deepEqual((await edit('Make it faster'))?.slice(1), lines.slice(start, start + 3));

  const added = changed.split('\n');
  const before = file('src/orders.ts').split('\n').length;
  const diff = [
    'diff --git a/src/orders.ts b/src/orders.ts',
    '--- a/src/orders.ts',
    '+++ b/src/orders.ts',
    `@@ -${before - 1},1 +${before - 1},${added.length - before + 1} @@`,
    ` ${added[before - 2]}`,
    ...added.slice(before - 1, -1).map((line) => `+${line}`),
    '',
  ].join('\n');
  const review = readReview(await chat(demo, demo.addresses.midModel, buildReviewMessages(diff)), diff);
  assert.deepEqual(
    review?.findings.map(({ line, severity }) => [added[line - 1]?.trim(), severity]),
    [
      ['return sum + (line.tins > 10 ? price * 0.9 : price);', 'error'],
      ['return sum + (line.tins > 10 ? price * 0.9 : price);', 'warning'],
    ],
  );
  const message = await chat(demo, demo.addresses.midModel, [
    { role: 'system', content: 'You write git commit messages.' },
    { role: 'user', content: diff },
  ]);
  assert.equal(readCommitMessage(message), message);
  assert.match(message, /^Add a discount for large orders\n/);
});

test('what was not prepared says so in one line', async (t) => {
  const demo = await quickDemo(t);
  const said = await chat(demo, demo.addresses.midModel, question('How tall is the Eiffel tower?'));
  assert.match(said, /^Demo: no answer was prepared for this, and no real model has read it\.\n/);
});
