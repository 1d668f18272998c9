import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mentionsCodebase, withoutMention } from '../../../src/core/codebase/mention.ts';
import { hashOf, queryTerms, splitName, tokensOf, wordsOfToken } from '../../../src/core/codebase/words.ts';

/** Words of code and of questions: both are split and stemmed in the same way. */

test('names are split into the words that people see', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['retryWithBackoff', ['retry', 'with', 'backoff']],
    ['retry_with_backoff', ['retry', 'with', 'backoff']],
    ['MAX_RETRIES', ['max', 'retries']],
    ['HTTPServer2', ['http', 'server', '2']],
    ['parseXMLDocument', ['parse', 'xml', 'document']],
    ['utf8', ['utf', '8']],
    ['$scope', ['scope']],
    ['größeÄndern', ['größe', 'ändern']],
    ['проверитьИмя', ['проверить', 'имя']],
  ];
  for (const [name, words] of cases) assert.deepEqual(splitName(name), words, name);
});

test('forms of a word have one stem, and a name of several words is also one word', () => {
  const alike = [
    ['retry', 'retries', 'retried', 'retrying'],
    ['cache', 'caches', 'cached', 'caching'],
    ['validate', 'validates', 'validated', 'validation', 'validator'],
    ['map', 'maps', 'mapped', 'mapping'],
    ['class', 'classes'],
    ['match', 'matches', 'matched', 'matching'],
    ['größe', 'Größe', 'große', 'GRÖSSE'.toLowerCase().replace('ss', 'ß')],
    ['café', 'cafe', 'cafe\u0301'],
  ];
  for (const words of alike)
    assert.equal(new Set(words.map((word) => wordsOfToken(word).join())).size, 1, words.map(wordsOfToken).join(' | '));
  assert.ok(wordsOfToken('rateLimit').includes(wordsOfToken('ratelimit')[0] ?? '-'));
});

test('scripts without spaces are found by pairs of characters', () => {
  const name = new Set(wordsOfToken('検索機能を初期化する'));
  assert.ok(wordsOfToken('検索機能').every((pair) => name.has(pair)));
  assert.deepEqual(wordsOfToken('字'), ['字']);
});

test('words that only ask are not looked for; the two spellings of a name are', () => {
  assert.deepEqual(queryTerms('where is the code, and how does it work?'), []);
  assert.deepEqual(queryTerms('  ?! '), []);
  const hashes = new Map(queryTerms('where is the rate limit configured').map(({ hash, weight }) => [hash, weight]));
  assert.equal(hashes.get(hashOf(wordsOfToken('rate')[0] ?? '')), 1);
  assert.ok(hashes.has(hashOf('ratelimit')), 'joined');
  assert.ok((hashes.get(hashOf('config')) ?? 1) < 1, 'the short form of a long word counts for less');
});

test('any text becomes words, each with a hash of 32 bits, and a question is never too long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      for (const token of tokensOf(text)) for (const word of wordsOfToken(token)) assert.ok(word.length > 0);
      const terms = queryTerms(text);
      assert.ok(terms.length <= 64);
      for (const { hash, weight } of terms)
        assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32 && weight > 0 && weight <= 1);
    }),
  );
});

test('@codebase counts as a word of its own only', () => {
  for (const text of ['@codebase where', 'where @codebase', '(@Codebase)', 'x\n@codebase?'])
    assert.ok(mentionsCodebase(text), text);
  for (const text of ['me@codebase.org', '@codebases', '@codebase-x', 'codebase'])
    assert.ok(!mentionsCodebase(text), text);
  assert.equal(withoutMention('@codebase where is it'), 'where is it');
  assert.equal(withoutMention('explain (@codebase) retries'), 'explain () retries');
});
