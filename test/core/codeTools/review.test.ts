import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCommitMessage } from '../../../src/core/codeTools/commitAnswer.ts';
import { buildCommitMessages, looksConventional } from '../../../src/core/codeTools/commitMessage.ts';
import { linesAfter, numberLines, readReview } from '../../../src/core/codeTools/reviewFindings.ts';
import { leastCpuMs } from '../../support/cpuTime.ts';

const DIFF = `diff --git a/src/pool.ts b/src/pool.ts
index 1..2 100644
--- a/src/pool.ts
+++ b/src/pool.ts
@@ -10,4 +10,5 @@ class Pool
   take() {
-    return this.items.pop();
+    const item = this.items.pop();
+    return item!;
   }
 }
@@ -30,2 +31,2 @@
--- a comment that looks like a header
+++ b/another
 end
diff --git a/b.ts b/b.ts
--- a/b.ts
+++ b/b.ts
@@ -0,0 +1 @@
+export {};
`;

test('the lines after a change are counted as git counts them', () => {
  const lines = linesAfter(DIFF);
  assert.deepEqual([...lines.keys()], ['src/pool.ts', 'b.ts']);
  assert.deepEqual(
    lines.get('src/pool.ts')?.map(({ line }) => line),
    [10, 11, 12, 13, 14, 31, 32],
  );
  assert.match(numberLines(DIFF), /^ {3}12 \+ {4}return item!;$/m);
  assert.match(numberLines(DIFF), /^- {4}return this\.items\.pop\(\);$/m);
});

const answer = (...findings: object[]): string => `Here you are:\n\`\`\`json\n${JSON.stringify({ findings })}\n\`\`\``;
const finding = { path: 'src/pool.ts', severity: 'error', title: 'May be undefined', detail: 'An empty pool.' };

test('a finding stays at its line, moves to the line that it quotes, or is dropped', () => {
  const at = (over: object) => readReview(answer({ ...finding, ...over }), DIFF);
  assert.equal(at({ line: 12, quote: 'return item!;' })?.findings[0]?.line, 12);
  assert.equal(at({ line: 99, quote: 'return item!;' })?.findings[0]?.line, 12);
  assert.equal(at({ line: '12' })?.findings[0]?.line, 12);
  assert.equal(at({ line: 12, path: 'pool.ts' })?.findings[0]?.path, 'src/pool.ts');
  assert.deepEqual(at({ line: 99 }), { findings: [], dropped: 1 });
  assert.deepEqual(at({ line: 12, quote: 'something else' }), { findings: [], dropped: 1 });
  assert.deepEqual(at({ line: 12, path: 'other.ts' }), { findings: [], dropped: 1 });
  assert.equal(at({ line: 12, severity: 'fatal' })?.findings[0]?.severity, 'warning');
});

test('the same finding twice is one, and an answer that is no JSON is none', () => {
  assert.equal(readReview(answer({ ...finding, line: 12 }, { ...finding, line: 12 }), DIFF)?.findings.length, 1);
  assert.deepEqual(readReview('{"findings":[]}', DIFF), { findings: [], dropped: 0 });
  assert.equal(readReview('Looks good to me.', DIFF), undefined);
  assert.equal(readReview('{"findings":"none"}', DIFF), undefined);
});

test('the message of a commit comes without fences, quotes and words about it', () => {
  for (const text of [
    'Add a pool',
    '```\nAdd a pool\n```',
    'Here is the commit message:\n```text\nAdd a pool\n```',
    '"Add a pool"',
    'Commit message: Add a pool',
    'Sure!\nAdd a pool',
  ])
    assert.equal(readCommitMessage(text), 'Add a pool', text);
  assert.equal(readCommitMessage('Add a pool\n\nIt is\nneeded.'), 'Add a pool\n\nIt is\nneeded.');
  assert.equal(readCommitMessage(' '), '');
  assert.equal(readCommitMessage('feat: add x\n\nThe commit message is:\n\nfeat: add x'), 'feat: add x');
  assert.equal(
    readCommitMessage("I'll help you apply these changes:\n\n```bash\ntool a.py b.py\n```\n\nThe changes look good."),
    '',
    'a command is no message',
  );
  assert.equal(readCommitMessage('The user wants a message.\n</think>\n\nAdd a pool'), 'Add a pool');
  assert.equal(readCommitMessage('Add a pool<|im_end|>\n<|im_start|>user\nThanks'), 'Add a pool');
});

test('the form is that of the repository, unless the user wants the conventional one', () => {
  const recent = ['feat: a', 'fix(b): c', 'Merge d'];
  assert.ok(looksConventional(recent));
  assert.ok(!looksConventional(['Add a', 'Fix b', 'fix: c']));
  const [system] = buildCommitMessages({ diff: 'd', recent: ['Add a'], conventional: false, draft: '' });
  assert.match(system?.content ?? '', /style of the recent messages/);
  const [asked, user] = buildCommitMessages({ diff: 'd', recent: [], conventional: true, draft: 'wip' });
  assert.match(asked?.content ?? '', /Conventional Commits/);
  assert.match(user?.content ?? '', /began with: wip/);
});

test('files that git does not know yet are named, since no diff shows them', () => {
  const facts = { diff: '', recent: [], conventional: false, draft: '' };
  const [, user] = buildCommitMessages({ ...facts, newFiles: ['src/pool.ts'] });
  assert.match(user?.content ?? '', /New files.*\nsrc\/pool\.ts\n/);
  assert.doesNotMatch(buildCommitMessages(facts)[1]?.content ?? '', /New files/);
});

test('H5 an answer of brackets without end is read in time', () => {
  for (const unit of ['{', '{"', '}{', '{"findings":['])
    assert.ok(leastCpuMs(() => readReview(unit.repeat(Math.ceil(200_000 / unit.length)), 'diff'), 500) < 500, unit);
});
