import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { CompletionRequest, Completion } from '../../../src/core/completion/complete.ts';
import { RESTING_MS, SOON_MS } from '../../../src/core/completion/answerPace.ts';
import { tokenize } from '../../servers/text.ts';
import { at, settle, told, Window } from './support.ts';

/** Ms per token: 200 and 20 tokens per second. */
const FAST = 5;
const SLOW = 50;

const BLOCK = '\n  const first = one();\n  const second = two(first);\n  return first + second;\n}\n\n';
const PLACE = 'function f() {█\n\n';

/** The model writes at a pace until the stream is closed. @returns ms that it took */
async function write(window: Window, text: string, msPerToken: number): Promise<number> {
  const stream = window.gateway.last;
  const started = window.clock.ms;
  for (const token of tokenize(text)) {
    if (stream.closed) break;
    await window.clock.pass(msPerToken);
    await stream.say(token);
  }
  await settle();
  if (!stream.closed) await stream.end();
  return window.clock.ms - started;
}

/** A question whose answer is noted in the moment it comes. */
function askAt(window: Window, marked: string, request: Partial<CompletionRequest> = {}) {
  const asked: { found?: Completion; at?: number } = {};
  void window.ask(marked, request).then((found) => {
    asked.found = found;
    asked.at = window.clock.ms;
  });
  return asked;
}

test('a fast model’s block is shown whole, within the wait', async () => {
  const window = new Window();
  const asked = askAt(window, PLACE);
  await window.clock.pass(75);
  const took = await write(window, BLOCK, FAST);
  assert.ok(asked.found && 'text' in asked.found);
  assert.equal(asked.found.text, '\n  const first = one();\n  const second = two(first);\n  return first + second;\n}');
  assert.equal(asked.found.rest, null);
  assert.ok(took < SOON_MS, `${took} ms`);
});

test('a slow model’s first line is shown at once, and the rest after it was accepted', async () => {
  const window = new Window();
  const asked = askAt(window, PLACE);
  await window.clock.pass(75);
  const [, line = '', rest = ''] = /^(\n.*\n)([^]*)$/.exec(BLOCK) ?? [];
  const stream = window.gateway.last;
  for (const token of tokenize(line)) {
    await window.clock.pass(SLOW);
    await stream.say(token);
  }
  const lineAt = window.clock.ms;
  await window.clock.pass(10);
  assert.ok(asked.found && 'text' in asked.found && asked.at !== undefined && asked.at - lineAt <= 10);
  assert.equal(asked.found.text, '\n  const first = one();');
  assert.ok(asked.found.rest);
  const end = asked.found.rest(new AbortController().signal);
  await write(window, rest, SLOW);
  await end;
  const next = await window.ask('function f() {\n  const first = one();█\n\n');
  assert.ok('text' in next && next.source === 'cache');
  assert.equal(next.text, '\n  const second = two(first);\n  return first + second;\n}');
  assert.equal(window.gateway.streams.length, 1);
});

test('the wait for the end has a limit, counted from the first line', async () => {
  const window = new Window();
  const asked = askAt(window, PLACE);
  await window.clock.pass(75);
  // Fast at first, then it stalls.
  for (const token of tokenize('\n  const first = one();\n  con')) {
    await window.clock.pass(FAST);
    await window.gateway.last.say(token);
  }
  const stalledAt = window.clock.ms;
  await window.clock.pass(RESTING_MS / 2);
  const halfway = asked.found;
  assert.equal(halfway, undefined);
  await window.clock.pass(RESTING_MS / 2);
  assert.ok(asked.found && asked.at !== undefined && asked.at - stalledAt <= RESTING_MS);
  assert.equal(told(asked.found), '\n  const first = one();');
});

test('a user who types on gets the block at the key that finds it, and no key starts the wait again', async () => {
  const window = new Window();
  const first = new AbortController();
  void window.ask(PLACE, {}, first.signal);
  await window.clock.pass(75);
  const stream = window.gateway.last;
  for (const token of tokenize('\n  const first = one();\n')) {
    await window.clock.pass(FAST);
    await stream.say(token);
  }
  const lineAt = window.clock.ms;
  let typed = '';
  let asked: ReturnType<typeof askAt> | undefined;
  let key = first;
  while (window.clock.ms - lineAt < SOON_MS + 60 && !asked?.found) {
    key.abort();
    key = new AbortController();
    typed = '\n  const first'.slice(0, typed.length + 1);
    const question: { found?: Completion; at?: number } = {};
    void window.ask(`function f() {${typed}█\n\n`, {}, key.signal).then((found) => {
      question.found = found;
      question.at = window.clock.ms;
    });
    asked = question;
    for (let ms = 0; ms < 110 && !question.found; ms += 10) await window.clock.pass(10);
  }
  assert.ok(asked?.found && asked.at !== undefined);
  assert.equal(told(asked.found), '\n  const first = one();'.slice(typed.length));
  assert.ok(asked.at - lineAt <= SOON_MS + 20, `${asked.at - lineAt} ms after the first line`);
  assert.equal(window.gateway.streams.length, 1);
});

test('what is shown at a place stays as it is while more of it comes, and an explicit request gets all of it', async () => {
  const window = new Window();
  const place = at(PLACE);
  const asked = askAt(window, PLACE, place);
  await window.clock.pass(75);
  for (const token of tokenize('\n  const first = one();\n')) {
    await window.clock.pass(SLOW);
    await window.gateway.last.say(token);
  }
  await window.clock.pass(10);
  const found = asked.found;
  assert.ok(found && 'text' in found && found.rest);
  const rest = found.rest(new AbortController().signal);
  const shown: string[] = [];
  for (const piece of ['  const second = two(first);\n', '  return second;\n', '}\n']) {
    await window.gateway.last.say(piece);
    await window.clock.pass(100);
    shown.push(told(await window.ask(PLACE, place)));
  }
  await window.gateway.last.end();
  await rest;
  shown.push(told(await window.ask(PLACE, place)));
  assert.deepEqual([...new Set(shown)], ['\n  const first = one();']);
  const all = await window.ask(PLACE, { ...place, trigger: 'invoke' });
  assert.equal(told(all), '\n  const first = one();\n  const second = two(first);\n  return second;\n}');
  window.parts.cache.clear();
  void window.ask(PLACE, place);
  await window.clock.pass(75);
  assert.equal(window.gateway.streams.length, 2, 'what was forgotten is not shown');
});

test('what was asked ahead of the editor is not on the screen: the editor gets what is there by then', async () => {
  const window = new Window();
  const place = at(PLACE);
  const ahead = askAt(window, PLACE, { ...place, ahead: true });
  await window.clock.pass(75);
  for (const token of tokenize('\n  const first = one();\n')) {
    await window.clock.pass(SLOW);
    await window.gateway.last.say(token);
  }
  await window.clock.pass(10);
  assert.ok(ahead.found);
  await window.gateway.last.say('  return first;\n', '}\n');
  assert.equal(told(await window.ask(PLACE, place)), '\n  const first = one();\n  return first;\n}');
});

/** Text follows the cursor on its line. */
const FOLLOWED = [
  'foo(█bar);',
  'return █value;',
  'const x = █compute(a);',
  'if (█ready) {',
  'a█.b',
  'fo█o = 1;',
  '<div █id="a">',
  '"█text"',
  '[█1, 2]',
  'x = y █+ z',
  '  █return x;',
  'import { █a } from "b";',
];

for (const marked of FOLLOWED) {
  test(`an explicit request asks at ${marked}`, async () => {
    const window = new Window();
    void window.ask(`start();\n${marked}\nend();\n`, { trigger: 'invoke' });
    await settle();
    assert.equal(window.gateway.streams.length, 1);
  });
}

test('typing asks before a word, and not inside one', async () => {
  for (const [marked, asks] of [
    ['return █value;', 1],
    ['fo█o = 1;', 0],
  ] as const) {
    const window = new Window();
    void window.ask(`start();\n${marked}\n`);
    await window.clock.pass(100);
    assert.equal(window.gateway.streams.length, asks, marked);
  }
});

test('an explicit request does not split a character', async () => {
  for (const marked of ['a \uD83D█\uDE00', 'e█\u0301']) {
    const window = new Window();
    assert.equal(told(await window.ask(marked, { trigger: 'invoke' })), 'none: inside-word');
  }
});

interface Gap {
  readonly before: string;
  readonly text: string;
  readonly after: string;
  readonly language: string;
}

const FOLDER = path.join(import.meta.dirname, 'corpus/gaps');
const GAPS: readonly Gap[] = fs.readdirSync(FOLDER).flatMap((file) => {
  const marked = fs.readFileSync(path.join(FOLDER, file), 'utf8');
  return [...marked.matchAll(/⟦([^⟧]*)⟧/g)].map(({ 0: whole, 1: text = '', index }) => ({
    before: marked.slice(0, index).replace(/[⟦⟧]/g, ''),
    text,
    after: marked.slice(index + whole.length).replace(/[⟦⟧]/g, ''),
    language: file.replace(/\.txt$/, ''),
  }));
});

test('of gaps in real programs a fast model’s text is shown whole in one go, soon after the key', async () => {
  const waits: number[] = [];
  let whole = 0;
  const short: string[] = [];
  for (const { before, text, after, language } of GAPS) {
    const window = new Window();
    const indent = /^[ \t]*/.exec(text)?.[0] ?? '';
    const marked = `${before}${indent}█${after}`;
    const keyAt = window.clock.ms;
    const asked = askAt(window, marked, at(marked, { language }));
    // The editor's pause, the way to the server, and 500 tokens of prompt at 6,000 per second.
    await window.clock.pass(75);
    await window.clock.pass(83);
    await write(window, text.slice(indent.length) + after + '\nand so on\n', FAST);
    await window.clock.pass(RESTING_MS);
    assert.ok(asked.found && asked.at !== undefined, marked);
    waits.push(asked.at - keyAt);
    const lines = (each: string): number => each.trim().split('\n').length;
    if (lines(told(asked.found)) >= lines(text)) whole++;
    else short.push(`${language}: ${JSON.stringify(told(asked.found))} of ${JSON.stringify(text)}`);
  }
  const p50 = waits.sort((a, b) => a - b)[waits.length >> 1] ?? Infinity;
  const report = `whole ${whole} of ${GAPS.length}, p50 ${p50} ms, longest ${waits.at(-1)} ms\n${short.join('\n')}`;
  if (process.env.GAPS) console.log(report);
  assert.ok(whole / GAPS.length >= 0.95 && p50 <= 250, report);
});
