import assert from 'node:assert/strict';
import test from 'node:test';
import { describeTrace, traceFilters, type Trace } from '../../../src/core/completion/trace.ts';
import { aroundOf, Window } from './support.ts';

test('each filter that changed an answer is named with what it left', () => {
  const context = { docContext: aroundOf('call(█);\n'), tokens: ['<|endoftext|>'] };
  assert.deepEqual(traceFilters('a, b);<|endoftext|>more', context), [
    { filter: 'tokens', text: 'a, b);' },
    { filter: 'fit: line', text: 'a, b' },
  ]);
});

test('the last request can be looked at: prompt, time, answer, filters, and why nothing was shown', async () => {
  const traces: Trace[] = [];
  const window = new Window();
  const parts = { ...window.parts, trace: (trace: Trace) => void traces.push(trace) };
  window.parts = parts;
  await window.answer('a();\n█\nc();\n', 'c();');
  assert.equal(traces.length, 1);
  const text = describeTrace(traces[0] as Trace, 'The model only repeated what follows the cursor.');
  assert.match(text, /only repeated/);
  assert.match(text, /ollama\/qwen2\.5-coder:1\.5b-base/);
  assert.match(text, /<\|fim_suffix\|>\nc\(\);/);
  assert.match(text, /\*\*end\*\*/);
});

test('an answer with fences stays inside its fence', () => {
  const trace = { context: { docContext: aroundOf('a █'), tokens: [] }, raw: '```\nx\n```' };
  const text = describeTrace({ ...EMPTY, ...trace }, null);
  assert.match(text, /````text\n```\nx\n```\n````/);
});

const EMPTY: Omit<Trace, 'context' | 'raw'> = {
  at: 0,
  model: { provider: 'ollama', model: 'a' },
  path: 'a.ts',
  request: { kind: 'fim', prompt: { prefix: 'a', suffix: 'b' }, stop: [], maxTokens: 1, temperature: 0 },
  snippets: [],
  answer: { text: '', complete: true },
  failure: null,
  firstLineMs: null,
  totalMs: 1,
  result: null,
};
