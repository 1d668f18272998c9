import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'node:test';
import { readCommitMessage } from '../../../src/core/codeTools/commitAnswer.ts';

/** A good message comes out of every published wrapping exactly; an answer without one gives nothing. */

const SUBJECTS = [
  'Add a pool',
  'feat: add a pool',
  'fix(net)!: close idle sockets after 30 s',
  'net/http: reject a header without a name',
  '`parse` no longer throws in `read`',
  '"foo" is now "bar"',
  "Keep the user's draft",
  '#12: say what C# needs',
  'Fix #34.',
  '✨ Show the price beside the answer',
  'Größe der Warteschlange begrenzen',
  '接続プールを追加する',
  'Bump @types/node from 24.1.0 to 24.2.0',
  '<Button> no longer flickers',
  'docs: show how to start',
  'Import settings from Continue',
  'chore(deps): bump lodash (#1234)',
  "Don't merge 'origin/main' twice",
  'v1.2.3',
];
const PARAGRAPHS = [
  'The pool grew without bound.',
  'Callers that hold a connection\nlonger than a minute lose it.',
  '- close what is idle\n- say so in the log',
  '* one\n* two',
  '1. first\n2. second',
  '```sh\n# install, then start\nnpm ci\nnpm start\n```',
  '```\n## not a heading\nfeat: in a sample\n```',
  'It counts\n# of items, see #12.',
  'Breaks nothing: the old name stays.',
  'BREAKING CHANGE: `take` returns a promise',
  'Closes #12\nCo-authored-by: Ada <ada@example.com>',
  'Note: measured with `ab -n 1000`.',
  'Alternatives considered: a fixed size, and none.',
  'Option parsing moves to its own file.',
  'The message box keeps the draft.',
  'You can change the size in the settings.',
  'If you want the old way, set `pool.size` to 0.',
  'Reasoning models get a larger limit.',
  '    indented = true\n    more = false',
];

const message = fc
  .tuple(fc.constantFrom(...SUBJECTS), fc.uniqueArray(fc.constantFrom(...PARAGRAPHS), { maxLength: 3 }))
  .map(([subject, paragraphs]) => [subject, ...paragraphs].join('\n\n'));

const fence = (info: string) => (text: string) => `\`\`\`${info}\n${text}\n\`\`\``;
const before = (words: string) => (text: string) => `${words}\n\n${text}`;
const after = (words: string) => (text: string) => `${text}\n\n${words}`;

/** What goes around any message. */
const AROUND: Readonly<Record<string, (text: string) => string>> = {
  nothing: (text) => text,
  'empty lines': (text) => `\n\n${text}\n\n`,
  'a fence': fence(''),
  'a fence with a name': fence('text'),
  'a fence of tildes': (text) => `~~~\n${text}\n~~~`,
  'a longer fence': (text) => `\`\`\`\`\`\n${text}\n\`\`\`\`\``,
  'a Markdown fence': fence('markdown'),
  'a tag': (text) => `<commit_message>\n${text}\n</commit_message>`,
  'a tag after a thought': (text) => `<think>The pool is new.</think>\n<answer>${text}</answer>`,
  'a thought without its beginning': (text) => `The user wants a message.\n</think>\n\n${text}`,
  'JSON with one field': (text) => JSON.stringify({ message: text }),
  'JSON in a fence': (text) => fence('json')(JSON.stringify({ commit_message: text }, null, 2)),
  'JSON with subject and body': (text) => {
    const [subject = '', ...body] = text.split('\n\n');
    return JSON.stringify({ subject, body: body.join('\n\n') });
  },
  'a JSON string': (text) => (/["\n]/.test(text) ? JSON.stringify(text) : text),
  'a block quote': (text) => text.replace(/^/gm, '> '),
  'a block of code by its indentation': (text) => (/^ {4}|```/m.test(text) ? text : text.replace(/^(?=.)/gm, '    ')),
  'a heredoc': (text) => fence('bash')(`git commit -m "$(cat <<'EOF'\n${text}\nEOF\n)"`),
  'Windows line ends': (text) => text.replaceAll('\n', '\r\n'),
};
const LEADS: Readonly<Record<string, (text: string) => string>> = {
  'Here is': before('Here is the commit message:'),
  "Here's": before("Here's a commit message for the staged changes:"),
  Sure: before('Sure! Here you go:'),
  'Sure, alone': before('Sure!'),
  'a heading': before('# Commit Message'),
  'a smaller heading': before('### Suggested commit message'),
  'a bold label': before('**Commit message:**'),
  'a label on its own line': (text) => `Commit message:\n${text}`,
  'French words': before('Voici le message de commit :'),
  'German words': before('Vorschlag für die Commit-Nachricht:'),
  'the label in a sentence': before("Here's the suggested commit message for your changes:"),
  'Chinese words': before('以下是提交信息：'),
  'a sentence of the first person': before("I've looked at the diff and wrote this message."),
  'thinking aloud': before(
    'We need to write a commit message. The diff changes the pool so that it is bounded.\nLet me keep it short.',
  ),
  'prose about the change': before(
    'The diff bounds the pool and closes what is idle. It also says so in the log, which helps. So a short subject will do here.',
  ),
};
const TAILS: Readonly<Record<string, (text: string) => string>> = {
  'let me know': after('Let me know if you want it shorter.'),
  'about the message': after('This commit message follows the Conventional Commits format.'),
  'a rule and more': after('---\n\nIt names what changed, and why.'),
  'an explanation under a heading': after('### Explanation\n\n- `feat` because it is new\n- short'),
  'a bold explanation': after('**Why this message:**\n\nIt says what changed.'),
  'an explanation with a label': after('Explanation: the pool is what changed.'),
  'an alternative': after('Alternatively:\n\n```\nSomething else\n```'),
  'a table': after('| file | change |\n|---|---|\n| a.ts | new |'),
  'the length': after('(50 characters)'),
  'I chose': after('I chose this subject because it names the effect.'),
  none: (text) => text,
};

const named = (all: Readonly<Record<string, (text: string) => string>>) => fc.constantFrom(...Object.keys(all));

test('a message is extracted from any wrapping exactly as it was written', () => {
  fc.assert(
    fc.property(message, named(AROUND), (text, around) => {
      assert.equal(readCommitMessage(AROUND[around]?.(text) ?? ''), text);
    }),
    { numRuns: 1_500 },
  );
});

test('what is written before and after a message is removed, whatever it is wrapped in', () => {
  const inside = fc.constantFrom('nothing', 'a fence', 'a fence with a name', 'a longer fence', 'a tag');
  fc.assert(
    fc.property(message, inside, named(LEADS), named(TAILS), (text, around, lead, tail) => {
      const answer = TAILS[tail]?.(LEADS[lead]?.(AROUND[around]?.(text) ?? '') ?? '') ?? '';
      assert.equal(readCommitMessage(answer), text, answer);
    }),
    { numRuns: 3_000 },
  );
});

test('quotes and marks around a subject are taken off, those within it stay', () => {
  const plain = SUBJECTS.filter((subject) => !/["`'*]/.test(subject));
  const marks = [
    (text: string) => `"${text}"`,
    (text: string) => `'${text}'`,
    (text: string) => `\`${text}\``,
    (text: string) => `**${text}**`,
    (text: string) => `“${text}”`,
    (text: string) => `«${text}»`,
    (text: string) => `"""\n${text}\n"""`,
    (text: string) => `Commit message: ${text}`,
    (text: string) => `**Commit message:** ${text}`,
    (text: string) => `Commit message: "${text}"`,
    (text: string) => `**Subject:** ${text}`,
    (text: string) => `git commit -m "${text}"`,
    (text: string) => `Here is the commit message: ${text}`,
    (text: string) => `Sure! Here's the commit message: ${text}`,
    (text: string) => `Here you go:\n\n> ${text}`,
    (text: string) => `Here you go:\n\n    ${text}\n\nLet me know.`,
    (text: string) => `Sure! ${text}`,
    (text: string) => `Subject: ${text}`,
    (text: string) => fence('sh')(`git add -A\ngit commit -m '${text}'`),
  ];
  for (const subject of plain)
    for (const mark of marks) assert.equal(readCommitMessage(mark(subject)), subject, mark(subject));
  for (const subject of SUBJECTS) {
    assert.equal(readCommitMessage(subject), subject);
    assert.equal(
      readCommitMessage(`- ${subject.startsWith('feat') ? subject : `\`feat: x\``}`).startsWith('feat'),
      true,
    );
  }
});

test('the parts of a message lose their names', () => {
  for (const answer of [
    'Subject: feat: add a pool\nBody: It was needed.',
    '**Subject:** feat: add a pool\n\n**Body:** It was needed.',
    '**Title:** feat: add a pool\n\n**Description:**\nIt was needed.',
    '{"subject": "feat: add a pool", "body": "It was needed."}',
  ])
    assert.equal(readCommitMessage(answer).replace(/\n+/g, '\n'), 'feat: add a pool\nIt was needed.', answer);
});

test('of several candidates the first is taken, without its number and without the others', () => {
  for (const answer of [
    '1. feat: add a pool\n2. feat: bound the pool\n3. chore: pool',
    'Here are three options:\n\n1. **feat: add a pool**\n2. **feat: bound the pool**',
    'Here are some:\n\n- feat: add a pool\n- feat: bound the pool',
    '- `feat: add a pool`\n- `feat: bound the pool`',
    'Option 1:\n```\nfeat: add a pool\n```\n\nOption 2:\n```\nfeat: bound the pool\n```',
    '**Option 1**\n\nfeat: add a pool\n\n**Option 2**\n\nfeat: bound the pool',
    'feat: add a pool\n\nfeat: bound the pool',
    'feat: add a pool\n\nOr:\n\nfeat: bound the pool',
    'Option 1: feat: add a pool\n\nOption 2: feat: bound the pool',
    'feat: add a pool\n\nThe commit message is:\n\nfeat: add a pool',
    '**feat: add a pool**',
    '## feat: add a pool',
    '```\nfeat: add a pool\n```\nor\n```\nfeat: bound the pool\n```',
    'Final answer: feat: add a pool',
  ])
    assert.equal(readCommitMessage(answer), 'feat: add a pool', answer);
});

test('a page of Markdown never becomes the message', () => {
  const heading = fc.constantFrom('# Summary', '## Changes', '## What changed', '**Overview**', '### Details');
  const block = fc.constantFrom(
    '- Added a pool\n- Updated the tests',
    '| a | b |\n|---|---|\n| 1 | 2 |',
    '```ts\nconst pool = new Pool();\nexport function take() {\n  return pool;\n}\n```',
    'The change set touches the pool. It also touches the tests, and it renames three helpers on the way.',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(heading, block), { minLength: 1, maxLength: 6 }), (parts) => {
      const read = readCommitMessage(parts.flat().join('\n\n'));
      assert.doesNotMatch(read, /^#|\*\*|^\||```/m);
      assert.ok(read.split('\n').length <= 3, read);
    }),
  );
});

test('an answer without a message gives none', () => {
  for (const answer of [
    '',
    '```\n```',
    "I'm sorry, but I can't see any changes.",
    'Please provide the diff.',
    "I'll help you apply these changes:\n\n```bash\ntool a.py b.py\n```\n\nThe changes look good.",
    '```ts\nexport class Pool {\n  size = 1;\n}\n```',
    '# Summary\n\n- Added a pool\n- Updated the tests\n',
    'Here is the commit message:',
    '{"findings":[]}',
    'There are no changes to commit.',
    'As an AI language model, I cannot see your repository.',
    'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-a\n+b',
    '---',
  ])
    assert.equal(readCommitMessage(answer), '', answer);
});

/** Answers in which the message is hidden in another form than a fence or a quotation. */
const HIDDEN: Readonly<Record<string, string>> = {
  'parts with their names': 'subject: feat: add a pool\nbody: The pool grew without bound.',
  'tags for the parts': '<commit><subject>feat: add a pool</subject><body>The pool grew without bound.</body></commit>',
  'nested JSON': '{"commit": {"message": "feat: add a pool", "body": "The pool grew without bound."}}',
  'a tool call':
    '{"name": "commit", "arguments": {"message": "feat: add a pool", "body": "The pool grew without bound."}}',
  'JSON after a sentence': 'Here you go:\n{"subject": "feat: add a pool", "body": "The pool grew without bound."}',
  'an entry of git log':
    'commit 1a2b3c4d5e6f\nAuthor: Ada <ada@example.com>\nDate:   Mon Nov 30\n\n    feat: add a pool\n\n    The pool grew without bound.',
  'line ends as in code': 'feat: add a pool\\n\\nThe pool grew without bound.',
  'an element of HTML': '<pre>feat: add a pool\n\nThe pool grew without bound.</pre>',
  'the diff before it': `${fence('diff')('-a\n+b')}\n\nfeat: add a pool\n\nThe pool grew without bound.`,
  'steps before it':
    'Step 1: Read the diff.\nStep 2: Write.\n\nResult: feat: add a pool\n\nThe pool grew without bound.',
  'a page with a section for it':
    '# Summary\n\nThis change adds a pool.\n\n## Changes\n- a\n- b\n\n## Commit message\n\nfeat: add a pool\n\nThe pool grew without bound.',
  'a title without a colon': 'Commit Message\nfeat: add a pool\n\nThe pool grew without bound.',
};
for (const [what, answer] of Object.entries(HIDDEN))
  test(`the message is extracted from ${what}`, () => {
    assert.equal(readCommitMessage(answer), 'feat: add a pool\n\nThe pool grew without bound.');
  });

test('a message that a sentence quotes, or that a variable holds, is extracted', () => {
  for (const answer of [
    'I would suggest "feat: add a pool" as the commit message.',
    'A good commit message would be: `feat: add a pool`',
    'COMMIT_MSG="feat: add a pool"',
    '["feat: add a pool", "feat: pool connections"]',
    '{"messages": ["feat: add a pool", "feat: pool connections"]}',
  ])
    assert.equal(readCommitMessage(answer), 'feat: add a pool', answer);
});

test('pages, questions, code, calls of tools and lists of files contain no message', () => {
  for (const answer of [
    '# Summary\n\nThis change adds a pool to the client.\n\n## Changes\n\n- adds a\n- adds b\n\n## Testing\n\nRun npm test.',
    'Which scope should I use?',
    'def a():\n    return 1',
    '<tool_call>{"name": "git_diff", "arguments": {}}</tool_call>',
    'src/a.ts\nsrc/b.ts',
    'The changes introduce a pool. They also rename a function. The tests were updated to match the new behavior.',
    fence('diff')('-a\n+b'),
  ])
    assert.equal(readCommitMessage(answer), '', answer);
});

test('the change that a model shows again below its message is no part of it', () => {
  for (const language of ['diff', 'patch'])
    assert.equal(readCommitMessage(`fix: a\n\nBecause.\n\n\`\`\`${language}\n- x\n+ y\n\`\`\``), 'fix: a\n\nBecause.');
});
