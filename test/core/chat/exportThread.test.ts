import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marked } from 'marked';
import type { Answer, Thread } from '../../../src/core/chat/conversation.ts';
import { setDisplayCurrency } from '../../../src/core/common/displayCurrency.ts';
import { exportThread } from '../../../src/core/chat/exportThread.ts';

const ANSWER: Answer = {
  role: 'assistant',
  id: 'a',
  at: Date.UTC(2026, 10, 21, 9, 30, 2),
  questionId: 'q',
  tier: 'mid',
  escalated: false,
  provider: 'openrouter',
  model: 'deepseek/deepseek-chat',
  state: 'done',
  text: 'Because.',
  reasoning: 'First,\nthink.',
  failure: null,
  place: null,
  facts: {
    usage: { input: 3_200, cacheRead: 0, cacheWrite: 0, output: 410, reasoning: 0 },
    usageEstimated: false,
    nanoUsd: 31_000_000,
    costSource: 'provider',
    ttftMs: 1_900,
    durationMs: 8_200,
    finish: 'stop',
  },
};

const thread = (answer: Partial<Answer> = {}, code = 'a();\n', ask = 'why?'): Thread => ({
  id: 't',
  title: 'why?',
  createdAt: Date.UTC(2026, 10, 21, 9, 30),
  updatedAt: 0,
  tier: 'mid',
  pinned: false,
  chosen: {},
  summaries: [],
  turns: [
    {
      role: 'user',
      id: 'q',
      at: Date.UTC(2026, 10, 21, 9, 30),
      text: ask,
      attachments: [
        {
          id: 'x',
          kind: 'file',
          label: 'src/a.ts',
          path: '',
          language: 'typescript',
          text: code,
          notes: '',
          tokens: 1,
        },
      ],
    },
    { ...ANSWER, ...answer },
  ],
});

test('a thread as Markdown: who said what and when, with what, for how much', () => {
  assert.equal(
    exportThread(thread(), 'markdown'),
    `# why?

2026-11-21T09:30:00.000Z

## You, 2026-11-21T09:30:00.000Z

why?

**src/a.ts**

\`\`\`typescript
a();
\`\`\`

## mid: openrouter/deepseek/deepseek-chat, 2026-11-21T09:30:02.000Z

> First,
> think.

Because.

*3.2k in · 410 out · $0.03 · 1.9 s to first token, 8.2 s*
`,
  );
});

test('an amount in the display currency has the USD beside it, because others read the file', (t) => {
  assert.match(exportThread(thread(), 'markdown'), / · \$0\.03 · /);
  t.after(() => setDisplayCurrency({}));
  setDisplayCurrency({ code: 'EUR', rate: 0.5 });
  assert.match(exportThread(thread(), 'markdown'), / · 0\.02 EUR \(\$0\.03\) · /);
});

test('no fence of an attachment, a question or an answer swallows what follows', () => {
  const cut = 'Look:\n\n````ts\nconst a = `\n```\n';
  const text = exportThread(thread({ text: cut, state: 'partial' }, 'a\n`````\nb', '~~~\nopen'), 'markdown');
  const headings = marked.lexer(text).filter(({ type }) => type === 'heading');
  assert.equal(headings.length, 3);
  assert.match(text, /\n``````typescript\na\n`````\nb\n``````\n/);
});

test('what went wrong is under the answer', () => {
  const text = exportThread(thread({ state: 'failed', text: '', facts: null, failure: { kind: 'auth' } }), 'markdown');
  assert.match(text, /\*.*key.*\*\n$/i);
});

test('a thread as JSON holds everything that is stored', () => {
  const whole = thread();
  assert.deepEqual(JSON.parse(exportThread(whole, 'json')), { version: 1, ...whole });
});
