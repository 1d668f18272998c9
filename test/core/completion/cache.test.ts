import assert from 'node:assert/strict';
import test from 'node:test';
import { SuggestionCache } from '../../../src/core/completion/cache.ts';
import { aroundOf, Clock } from './support.ts';

const URI = 'file:///a.ts';
const cacheWith = (marked: string, text: string) => {
  const clock = new Clock();
  const cache = new SuggestionCache(clock.now);
  cache.add({ uri: URI, docContext: aroundOf(marked) }, text, null);
  return { cache, clock, rest: (now: string, uri = URI) => restOf(cache, now, uri) };
};
function restOf(cache: SuggestionCache, now: string, uri = URI): string | undefined {
  const found = cache.find({ uri, docContext: aroundOf(now) });
  return found && ('text' in found ? found.text : 'nothing');
}

test('what the user types is removed from the suggestion', () => {
  const { rest } = cacheWith('const a = █\n', 'compute(1);');
  assert.equal(rest('const a = █\n'), 'compute(1);');
  assert.equal(rest('const a = comp█\n'), 'ute(1);');
  assert.equal(rest('const a = x█\n'), undefined);
});

test('words, lines and going back are treated alike', () => {
  const { rest } = cacheWith('f() {█\n}', '\n  one();\n  two();');
  assert.equal(rest('f() {\n  one();█\n}'), '\n  two();');
  assert.equal(rest('f() {\n  one();\n  █\n}'), 'two();');
  assert.equal(rest('f() {\n  o█\n}'), 'ne();\n  two();');
});

test('a suggestion that is completely typed is no longer a suggestion', () => {
  const { rest } = cacheWith('a█', 'bc');
  assert.equal(rest('abc█'), undefined);
});

test('I55: brackets that the editor closes make no other place', () => {
  const { rest } = cacheWith('call█;\n', '(a, [b]);');
  assert.equal(rest('call(█);\n'), 'a, [b]);');
  assert.equal(rest('call(a, [█]);\n'), 'b]);');
});

test('another place, another text after it, another document are other places', () => {
  const { rest } = cacheWith('const a = █\nb();', 'compute();');
  assert.equal(rest('const c = █\nb();'), undefined);
  assert.equal(rest('const a = █\nother();'), undefined);
  assert.equal(rest('const a = █\nb();', 'file:///b.ts'), undefined);
});

test('the beginning of a document is known as such', () => {
  const { rest } = cacheWith('█', 'import a;');
  assert.equal(rest('imp█'), 'ort a;');
  assert.equal(rest('x\nimp█'), undefined);
});

test('lines written above a place do not change it', () => {
  const body = `${'// a long enough comment\n'.repeat(30)}const a = `;
  const { rest } = cacheWith(`${body}█\n`, 'compute();');
  assert.equal(rest(`import x;\n${body}comp█\n`), 'ute();');
});

test('text that repeats itself is followed as far as it was typed', () => {
  const { rest } = cacheWith('aaaa█', 'aaaa');
  assert.equal(rest('aaaaaa█'), 'aa');
});

test('an empty answer is remembered for a while', () => {
  const { rest, clock } = cacheWith('a█', '');
  assert.equal(rest('a█'), 'nothing');
  assert.equal(rest('ab█'), undefined);
  clock.ms += 121_000;
  assert.equal(rest('a█'), undefined);
});

test('the cache does not grow', () => {
  const { cache, rest } = cacheWith('first█', 'one');
  for (let i = 0; i < 100; i++) cache.add({ uri: URI, docContext: aroundOf(`${i} █`) }, 'x', null);
  assert.equal(rest('first█'), undefined);
  assert.equal(rest('99 █'), 'x');
});
