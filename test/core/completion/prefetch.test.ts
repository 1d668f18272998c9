import assert from 'node:assert/strict';
import test from 'node:test';
import { Prefetcher } from '../../../src/core/completion/prefetch.ts';
import { complete, type CompletionRequest } from '../../../src/core/completion/complete.ts';
import { aroundOf, at, settingsWith, told, Window } from './support.ts';

const requestAt = (marked: string): CompletionRequest => ({
  ...at(marked),
  trigger: 'typing',
  severalCursors: false,
  writable: true,
  repo: 'work',
  sinceEditMs: 0,
});

test('the model is asked as soon as the key is pressed, and the editor’s own request joins it', async () => {
  const window = new Window();
  const anticipation = new Prefetcher(window.parts);
  anticipation.asked();
  anticipation.typed(requestAt('const a = █\n'));
  await window.clock.pass(70);
  assert.equal(window.gateway.streams.length, 1);
  const asked = window.ask('const a = █\n');
  await window.gateway.last.say('1;\n');
  await window.clock.pass(10);
  assert.equal(told(await asked), '1;');
  assert.equal(window.gateway.streams.length, 1);
});

test('an answer that contradicts what is typed is given up at once', async () => {
  const window = new Window();
  const anticipation = new Prefetcher(window.parts);
  anticipation.asked();
  anticipation.typed(requestAt('const a = █\n'));
  await window.clock.pass(70);
  await window.gateway.last.say('compute(');
  anticipation.typed(requestAt('const a = c█\n'));
  assert.equal(window.gateway.last.signal.aborted, false);
  anticipation.typed(requestAt('const a = cx█\n'));
  assert.equal(window.gateway.last.signal.aborted, true);
});

test('nothing is asked where the editor does not ask, nor once the cursor has gone', async () => {
  const window = new Window();
  const anticipation = new Prefetcher(window.parts);
  anticipation.typed(requestAt('const a = █\n'));
  await window.clock.pass(1_000);
  assert.equal(window.gateway.streams.length, 0);
  anticipation.asked();
  anticipation.typed(requestAt('const a = █\n'));
  anticipation.moved();
  await window.clock.pass(1_000);
  assert.equal(window.gateway.streams.length, 0);
});

test('what follows is prepared while the user pauses at a suggestion, and dropped when the user leaves', async () => {
  const window = new Window();
  for (let i = 0; i < 5; i++) window.parts.debounce.judged(true);
  const anticipation = new Prefetcher(window.parts);
  const marked = 'function f() {█\n\n';
  await window.answer(marked, '\n  one();\n  two();\n  three();\n}\n');
  anticipation.asked();
  anticipation.typed(requestAt(marked));
  await window.clock.pass(600);
  assert.equal(window.gateway.streams.length, 1);
  await window.clock.pass(150);
  assert.equal(window.gateway.streams.length, 2);
  assert.match(window.gateway.last.raw, /three\(\);\n\}<\|fim_suffix\|>/);
});

test('I48: where the editor does not ask for some keys, as while an input method composes, neither do we', async () => {
  const window = new Window();
  const anticipation = new Prefetcher(window.parts);
  anticipation.asked();
  for (const word of ['a', 'b', 'c', 'd', 'e']) anticipation.typed(requestAt(`const ${word} = █\n`));
  await window.clock.pass(1_000);
  assert.equal(window.gateway.streams.length, 0);
});

test('an answer whose first line is there is wanted until the next key, though the editor does not ask', async () => {
  const window = new Window();
  const anticipation = new Prefetcher(window.parts);
  anticipation.asked();
  anticipation.typed(requestAt('function f() {█\n\n'));
  await window.clock.pass(70);
  await window.gateway.last.say('\n  one();\n', '  two(');
  await window.clock.pass(2_000);
  assert.equal(window.gateway.last.signal.aborted, false);
  anticipation.moved();
  await window.clock.pass(1_000);
  assert.equal(window.gateway.last.signal.aborted, true);
});

test('the editor’s question after a key is answered by what was known at the key, and asked again when that has changed', async () => {
  const window = new Window();
  const anticipation = new Prefetcher(window.parts);
  await window.answer('const a = █\n', 'compute(first);\n');
  const request = requestAt('const a = comp█\n');
  let finds = 0;
  const { cache } = window.parts;
  const find = cache.find.bind(cache);
  cache.find = (spot) => {
    finds++;
    return find(spot);
  };
  const asked = (more: Partial<CompletionRequest> = {}) =>
    complete({ ...request, ...more }, window.parts, new AbortController());
  anticipation.asked();
  anticipation.typed(request);
  const once = finds;
  assert.equal(told(await asked()), 'ute(first);');
  assert.equal(finds, once);
  assert.equal(told(await asked({ severalCursors: true })), 'none: several-cursors');
  assert.equal(told(await asked({ position: { line: 0, character: 12 } })), 'none: inside-word');
  window.settings = settingsWith({ enabled: false });
  assert.equal(told(await asked()), 'none: off');
  window.settings = settingsWith();
  const uri = `ollama/qwen2.5-coder:1.5b-base ${request.document.uri}`;
  cache.add({ uri, docContext: aroundOf('const a = comp█\n') }, 'ute(second);', null);
  assert.equal(told(await asked()), 'ute(second);');
  cache.clear();
  void asked();
  await window.clock.pass(1_000);
  assert.equal(window.gateway.streams.length, 2);
});
