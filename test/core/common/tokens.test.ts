import assert from 'node:assert/strict';
import test from 'node:test';
import {
  estimateRequestTokens,
  estimateTokens,
  upperRequestTokens,
  upperTokens,
} from '../../../src/core/common/tokens.ts';
import type { ModelRequest } from '../../../src/core/common/types.ts';

const chat = (...texts: string[]): ModelRequest => ({
  kind: 'chat',
  messages: texts.map((content) => ({ role: 'user', content })),
  maxTokens: 1,
});

test('the messages of a thread have the same figures however often they are counted, and with any other messages', () => {
  const texts = ['What does this do?', 'It adds two numbers.', 'ß 漢字 🎈', ''];
  const estimated = texts.reduce((sum, text) => sum + estimateTokens(text) + 4, 3);
  const upper = texts.reduce((sum, text) => sum + upperTokens(text) + 8, 8);
  for (let i = 0; i < 3; i++) {
    assert.equal(estimateRequestTokens(chat(...texts)), estimated);
    assert.equal(upperRequestTokens(chat(...texts)), upper);
    assert.ok(estimateRequestTokens(chat(...texts, 'more')) > estimated);
  }
});

test('counting a long thread again takes no noticeable time, and what was forgotten is counted again', () => {
  const long = Array.from({ length: 40 }, (_, i) => `${i} ${'const value = compute(first, second);\n'.repeat(500)}`);
  const first = upperRequestTokens(chat(...long));
  const started = process.cpuUsage();
  for (let i = 0; i < 20; i++) assert.equal(upperRequestTokens(chat(...long)), first);
  const { user, system } = process.cpuUsage(started);
  assert.ok((user + system) / 1000 < 50, `${(user + system) / 1000} ms`);
  // so much else that it is forgotten
  upperRequestTokens(chat(...Array.from({ length: 9 }, (_, i) => `${i}${'x '.repeat(250_000)}`)));
  assert.equal(upperRequestTokens(chat(...long)), first);
});
