import assert from 'node:assert/strict';
import test from 'node:test';
import { readPastedAddress } from '../../../src/core/common/pastedAddress.ts';

test('an address is understood as it is pasted', () => {
  for (const [kind, pasted, baseUrl] of [
    ['openai', 'https://api.openai.com/v1/chat/completions', 'https://api.openai.com/v1'],
    ['openai', 'https://api.openai.com/v1/chat/completions/', 'https://api.openai.com/v1'],
    ['openai', 'https://api.openai.com/v1/completions', 'https://api.openai.com/v1'],
    ['openai', 'https://api.openai.com/v1/models', 'https://api.openai.com/v1'],
    ['openai', 'https://api.openai.com/v1/responses', 'https://api.openai.com/v1'],
    ['openai', 'https://api.anthropic.com/v1/messages', 'https://api.anthropic.com/v1'],
    ['openai', 'https://models.github.ai/inference', 'https://models.github.ai/inference'],
    ['openai', 'https://host/models/x/v1', 'https://host/models/x/v1'],
    ['ollama', 'http://127.0.0.1:11434/api/generate', 'http://127.0.0.1:11434'],
    ['ollama', 'http://127.0.0.1:11434/api/chat', 'http://127.0.0.1:11434'],
    ['ollama', 'http://127.0.0.1:11434/v1', 'http://127.0.0.1:11434'],
    ['ollama', 'http://127.0.0.1:11434/v1/chat/completions', 'http://127.0.0.1:11434'],
    ['ollama', 'http://127.0.0.1:11434/', 'http://127.0.0.1:11434/'],
  ] as const)
    assert.equal(readPastedAddress(pasted, kind).baseUrl, baseUrl, pasted);
});

test('a pasted query is kept, and one that carries a key is left for the check to refuse', () => {
  const azure = 'https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01';
  assert.deepEqual(readPastedAddress(azure, 'openai'), {
    baseUrl: 'https://x.openai.azure.com/openai/deployments/gpt',
    query: { 'api-version': '2025-01-01' },
  });
  const secret = 'https://host/v1/models?key=abc';
  assert.deepEqual(readPastedAddress(secret, 'openai'), { baseUrl: secret, query: {} });
});
