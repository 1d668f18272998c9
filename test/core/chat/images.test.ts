import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takesPictures } from '../../../src/core/chat/modelCapabilities.ts';
import { marksCache, ollamaMessages, openAiMessages } from '../../../src/core/providers/chatMessages.ts';
import { estimateRequestTokens, mostRequestTokens } from '../../../src/core/common/tokens.ts';
import type { ChatRequest, Message } from '../../../src/core/common/types.ts';

const picture = { mime: 'image/png', data: 'iVBORw0KGgo=' };
const thread: readonly Message[] = [
  { role: 'system', content: 's' },
  { role: 'user', content: 'q1', images: [picture] },
  { role: 'assistant', content: 'a1' },
  { role: 'user', content: 'q2' },
];

test('pictures go as parts to those who want parts, and plain text stays plain', () => {
  const sent = openAiMessages(thread, false);
  assert.deepEqual(
    sent.map(({ content }) => (typeof content === 'string' ? content : content?.map(({ type }) => type))),
    ['s', ['image_url', 'text'], 'a1', 'q2'],
  );
  assert.match(JSON.stringify(sent), /data:image\/png;base64,iVBORw0KGgo=/);
  assert.deepEqual(ollamaMessages(thread)[1], { role: 'user', content: 'q1', images: [picture.data] });
  assert.deepEqual(ollamaMessages(thread)[3], { role: 'user', content: 'q2' });
});

test('the cache is marked where it must be asked for, from the second question on', () => {
  assert.equal(marksCache('https://openrouter.ai/api/v1', 'anthropic/claude-opus-5.5'), true);
  assert.equal(marksCache('https://openrouter.ai/api/v1', 'deepseek/deepseek-v4-flash'), false);
  assert.equal(marksCache('https://api.mistral.ai/v1', 'anthropic/x'), false);
  const marks = (messages: readonly Message[]): boolean[] =>
    openAiMessages(messages, true).map((message) => JSON.stringify(message).includes('cache_control'));
  assert.deepEqual(marks(thread), [false, true, false, true]);
  assert.deepEqual(marks(thread.slice(0, 2)), [false, false]);
});

test('pictures count for something in estimates, and never for less than they can', () => {
  const request = (messages: readonly Message[]): ChatRequest => ({ kind: 'chat', messages, maxTokens: 1 });
  const plain = thread.map(({ role, content }) => ({ role, content }));
  assert.ok(estimateRequestTokens(request(thread)) - estimateRequestTokens(request(plain)) >= 500);
  assert.ok(mostRequestTokens(request(thread)) - mostRequestTokens(request(plain)) >= 48_000);
});

test('it is known which of the usual models take pictures', () => {
  for (const model of ['anthropic/claude-opus-5.5', 'gpt-4o-mini', 'gemini-3-pro', 'llava:7b', 'qwen2.5vl:7b', 'gpt-5'])
    assert.equal(takesPictures(model), true, model);
  for (const model of [
    'deepseek/deepseek-v4-flash',
    'codestral-latest',
    'qwen2.5-coder:1.5b-base',
    'llama3.1:8b',
    'gpt-oss:20b',
  ])
    assert.equal(takesPictures(model), false, model);
  for (const model of ['mid', 'my-own-model']) assert.equal(takesPictures(model), undefined, model);
});
