import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  fromHost,
  HOST_ROLES,
  isInToolLoop,
  questionOf,
  useOfMime,
  type HostMessage,
  type HostPart,
} from '../../../src/core/languageModels/hostMessages.ts';

/** Messages of VS Code's chat as our adapters take them. */

const { user, assistant, system } = HOST_ROLES;
const text = (value: string): HostPart => ({ kind: 'text', text: value });
const call = (id: string, name = 'read_file'): HostPart => ({ kind: 'call', id, name, input: { path: 'a' } });
const result = (id: string, ...parts: HostPart[]): HostPart => ({ kind: 'result', id, parts });
const data = (mime: string): HostPart => ({ kind: 'data', mime, base64: () => 'AAAA', text: () => 'as text' });

test('roles, calls, results, pictures and thoughts stay what they were', () => {
  const messages = fromHost(
    [
      { role: system, parts: [text('Rules.')] },
      {
        role: user,
        parts: [text('<context>\n</context>'), text('<userRequest>\nRead a\n</userRequest>'), data('image/png')],
      },
      { role: assistant, parts: [{ kind: 'thinking', text: 'Hm.' }, text('I read it.'), call('c1')] },
      { role: user, parts: [result('c1', text('one line'), data('image/png'))] },
    ],
    (id) => (id === 'c1' ? { extra_content: { signature: 'x' } } : undefined),
  );
  assert.deepEqual(messages, [
    { role: 'system', content: 'Rules.' },
    {
      role: 'user',
      content: '<context>\n</context>\n<userRequest>\nRead a\n</userRequest>',
      images: [{ mime: 'image/png', data: 'AAAA' }],
    },
    {
      role: 'assistant',
      content: 'I read it.',
      reasoning: 'Hm.',
      toolCalls: [{ id: 'c1', name: 'read_file', input: { path: 'a' }, extra: { extra_content: { signature: 'x' } } }],
    },
    {
      role: 'tool',
      content: 'one line',
      images: [{ mime: 'image/png', data: 'AAAA' }],
      answers: { id: 'c1', name: 'read_file' },
    },
  ]);
  assert.equal(isInToolLoop(messages), true);
  assert.equal(questionOf(messages), 'Read a');
});

test("VS Code's own data is never sent, text is, and what cannot be read is named", () => {
  for (const mime of [
    'cache_control',
    'stateful_marker',
    'thinking',
    'context_management',
    'phase_data',
    'usage',
    'new_mark',
    '',
  ])
    assert.equal(useOfMime(mime), 'internal', mime);
  for (const mime of [
    'text/plain',
    'application/json',
    'text/markdown; charset=utf-8',
    'application/ld+json',
    'image/svg+xml',
  ])
    assert.equal(useOfMime(mime), 'text', mime);
  assert.equal(useOfMime('image/jpeg'), 'picture');
  const [message] = fromHost([{ role: user, parts: [data('usage'), data('text/plain'), data('application/pdf')] }]);
  assert.equal(message?.content, 'as text\n[An attachment of type application/pdf was left out.]');
});

test('a call that was canceled gets a result, a result without its call becomes text', () => {
  const messages = fromHost([
    { role: user, parts: [text('q'), result('lost', text('42'))] },
    { role: assistant, parts: [call('c1'), call('c2')] },
    { role: user, parts: [result('c2', text('two')), text('Go on.')] },
  ]);
  assert.deepEqual(
    messages.map(({ role, content }) => [role, content]),
    [
      ['user', 'q'],
      ['user', 'Result of a tool:\n42'],
      ['assistant', ''],
      ['tool', 'No result: the call was cancelled.'],
      ['tool', 'two'],
      ['user', 'Go on.'],
    ],
  );
  assert.equal(isInToolLoop(messages), false, 'the user said something');
});

test('whatever VS Code sends: each call is followed by exactly its results, in order', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd');
  const part: fc.Arbitrary<HostPart> = fc.oneof(
    fc.string().map(text),
    ids.map((id) => call(id)),
    ids.map((id) => result(id, text('r'))),
    fc.constantFrom('usage', 'image/png', 'x/y').map(data),
    fc.string().map((json): HostPart => ({ kind: 'other', json })),
  );
  const message: fc.Arbitrary<HostMessage> = fc.record({
    role: fc.constantFrom(1, 2, 3),
    parts: fc.array(part, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), (all) => {
      const messages = fromHost(all);
      const called: string[] = [];
      for (const [i, { role, toolCalls = [], answers, content, images }] of messages.entries()) {
        if (role === 'assistant')
          for (const [n, { id }] of toolCalls.entries()) {
            called.push(id);
            assert.equal(messages[i + 1 + n]?.answers?.id, id);
          }
        if (role === 'tool') assert.ok(answers && called.includes(answers.id));
        else assert.ok(content || images?.length || toolCalls.length, 'no empty message');
      }
      assert.equal(new Set(called).size, called.length, 'no call is sent twice');
    }),
    { numRuns: 300 },
  );
});
