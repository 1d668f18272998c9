import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ollamaHostUrl } from '../../../src/core/common/endpoints.ts';
import { checkPastedAddress, readPastedAddress } from '../../../src/core/common/pastedAddress.ts';

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

/** Paths of requests and pages, by what users paste: from a document, from a log, from the address bar. */
const PATHS = [
  'chat/completions',
  'completions',
  'completion',
  'fim/completions',
  'responses',
  'messages',
  'messages/count_tokens',
  'embeddings',
  'models',
  'model/info',
  'key/info',
  'rerank',
  'infill',
  'props',
  'health',
  'health/readiness',
  'generate_stream',
  'tokenize',
  'docs',
  'openapi.json',
];

test('whatever request an address was pasted from, it leads to the same base', () => {
  const Base = fc.constantFrom(
    'https://api.openai.com/v1',
    'https://openrouter.ai/api/v1',
    'https://x.openai.azure.com/openai/deployments/gpt-4o',
    'https://gateway.ai.cloudflare.com/v1/account/gateway/openai',
    'https://generativelanguage.googleapis.com/v1beta/openai',
    'https://host/models/x/v1',
    'http://127.0.0.1:1234/api/v0',
    'https://api.deepseek.com',
  );
  fc.assert(
    fc.property(
      Base,
      fc.constantFrom(...PATHS),
      fc.constantFrom('', '/', '//'),
      fc.constantFrom('', '?api-version=2024-06-01'),
      fc.constantFrom('', '#', '#/operations/create'),
      fc.constantFrom('', ' ', '\n'),
      (base, path, slash, query, place, space) => {
        const read = readPastedAddress(`${space}${base}/${path}${slash}${query}${place}${space}`, 'openai');
        assert.equal(read.baseUrl, base);
        assert.deepEqual(read.query, query ? { 'api-version': '2024-06-01' } : {});
        // An address that is clean stays as it is.
        assert.equal(readPastedAddress(read.baseUrl, 'openai').baseUrl, base);
        assert.ok(checkPastedAddress(`${base}/${path}${query}`, 'openai').ok);
      },
    ),
    { numRuns: 300 },
  );
});

test('addresses of other APIs of the same server are understood', () => {
  for (const [kind, pasted, baseUrl] of [
    [
      'openai',
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent',
      'https://generativelanguage.googleapis.com/v1beta/openai',
    ],
    ['openai', 'https://generativelanguage.googleapis.com', 'https://generativelanguage.googleapis.com/v1beta/openai'],
    ['openai', 'https://api.openai.com/v1/models/gpt-5', 'https://api.openai.com/v1'],
    ['openai', 'http://127.0.0.1:4000/ui/#/keys', 'http://127.0.0.1:4000'],
    ['openai', 'http://0.0.0.0:8000/v1', 'http://127.0.0.1:8000/v1'],
    ['ollama', 'http://0.0.0.0:11434/api/ps', 'http://127.0.0.1:11434'],
    ['ollama', 'http://[::]:11434', 'http://127.0.0.1:11434'],
    ['ollama', 'https://ollama.com/api/chat', 'https://ollama.com'],
  ] as const)
    assert.equal(readPastedAddress(pasted, kind).baseUrl, baseUrl, pasted);
  for (const secret of ['https://host/v1?code=abc', 'https://host/v1#access_token=abc', 'https://host/v1?sv=1&sig=x'])
    assert.equal(checkPastedAddress(secret, 'openai').ok, false, secret);
});

test('OLLAMA_HOST is understood with a bare IPv6 address too', () => {
  assert.equal(ollamaHostUrl('::1'), 'http://[::1]:11434');
  assert.equal(ollamaHostUrl('::'), 'http://[::1]:11434');
  assert.equal(ollamaHostUrl('[::1]:8080'), 'http://[::1]:8080');
  assert.equal(ollamaHostUrl('0.0.0.0'), 'http://127.0.0.1:11434');
  assert.equal(ollamaHostUrl(':8080'), 'http://127.0.0.1:8080');
});
