import assert from 'node:assert/strict';
import test from 'node:test';
import { formatPer100 } from '../../../src/core/money/completionPrice.ts';
import { PriceBook } from '../../../src/core/money/pricing.ts';

const provider = (baseUrl: string, kind: 'ollama' | 'openai') => ({
  name: 'p',
  kind,
  baseUrl,
  headers: {},
  prices: new Map([['m', { input: 0.3, output: 0.9 }]]),
});

test('ghost text from a paid model has a price per 100 completions, ghost text from this computer has none', async () => {
  const book = new PriceBook();
  const paid = await book.find(provider('https://api.mistral.ai/v1', 'openai'), 'm');
  // 100 × (1,500 × 0.30 + 40 × 0.90) USD per million tokens
  assert.match(formatPer100(paid?.price), /^about \$0\.05 per 100 completions$/);
  const free = await book.find(provider('http://127.0.0.1:11434', 'ollama'), 'm');
  assert.equal(formatPer100(free?.price), '');
  assert.equal(formatPer100(undefined), '');
});
