import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applierIn, diffs, originOf, proposed, settle } from './rig.ts';

/** Which file an answer changes, and what the user is asked before lines vanish or a file is made. */

const SUM = 'export function add(a, b) {\n  return a - b;\n}\n\nexport function two() {\n  return 2;\n}\n';
const ADD = '```js\nexport function add(a, b) {\n  return a + b;\n}\n```\n';
const FIXED = SUM.replace('a - b', 'a + b');

const inSum = (t: Parameters<typeof applierIn>[0], files: Record<string, string> = {}) => {
  const rig = applierIn(t, { files: { 'sum.js': SUM, ...files } });
  return { ...rig, origins: [originOf(rig.host.uri('sum.js'), SUM)] };
};

test('a word in the prose is not a file: the change is for the document of the question', async (t) => {
  for (const words of ['Use `audit.write` here:', 'With `Node.js` it is:', '### `console.log`', '**React.memo**']) {
    const { host, propose, origins } = inSum(t);
    await propose(`${words}\n\n${ADD}`, { origins });
    assert.deepEqual(diffs(host), ['sum.js: proposed change'], words);
    assert.equal(proposed(host), FIXED);
  }
});

test('a word with an unknown extension is a file where there is such a file', async (t) => {
  const { host, propose, origins } = inSum(t, { 'rules/audit.write': SUM });
  await propose(`Change \`audit.write\`:\n\n${ADD}`, { origins });
  assert.deepEqual(diffs(host), ['rules/audit.write: proposed change']);
});

test('a bare name means the only file of that name; of several, the user says which', async (t) => {
  const { host, propose } = inSum(t, { 'src/core/ship.js': SUM });
  await propose(`### \`ship.js\`\n\n${ADD}`);
  assert.deepEqual(diffs(host), ['src/core/ship.js: proposed change']);

  const two = inSum(t, { 'src/a/page.js': SUM, 'src/b/page.js': SUM });
  two.host.willPick(/Several files are called page\.js/, 'src/b/page.js');
  await two.propose(`### \`page.js\`\n\n${ADD}`);
  assert.deepEqual(diffs(two.host), ['src/b/page.js: proposed change']);
});

test('a new file beside the document of the question is asked about, except where words say that it is new', async (t) => {
  const { host, propose, origins } = inSum(t);
  host.willPick(/There is no file helper\.js yet/, 'Change sum.js');
  await propose(`### \`helper.js\`\n\n${ADD}`, { origins });
  assert.deepEqual(diffs(host), ['sum.js: proposed change']);

  for (const name of ['Create `helper.js`:', '### `src/helper.js`']) {
    const fresh = inSum(t);
    await fresh.propose(`${name}\n\n${ADD}`, { origins: fresh.origins });
    assert.match(diffs(fresh.host).join(), /helper\.js: proposed change/, name);
  }
});

test('functions that would be lost are named; the user may replace the whole file, and the question may name what to remove', async (t) => {
  const before = `import x from "x";\n\n${SUM}\nexport const three = () => 3;\nexport const four = () => 4;\n`;
  const rest = before.replace('a - b', 'x(a, b)').replace(/export function two[^]*?}\n\n/, '');
  const answer = `\`\`\`js sum.js\n${rest}\`\`\`\n`;
  const { host, propose } = applierIn(t, { files: { 'sum.js': before } });
  host.willClick(/deletes two from sum\.js/, 'Replace the Whole File');
  await propose(answer);
  await settle();
  assert.equal(host.text('sum.js'), before, 'nothing is written before the user has seen it');
  assert.deepEqual(diffs(host), ['sum.js: proposed change']);
  assert.doesNotMatch(proposed(host) ?? '', /two/);

  const asked = applierIn(t, { files: { 'sum.js': before } });
  await asked.propose(answer, { question: 'Use x in add, and remove the function two' });
  assert.deepEqual(diffs(asked.host), ['sum.js: proposed change']);
});

test('a comment in place of lines is not applied unasked, and shown as a diff when the user wants it', async (t) => {
  const file = SUM.replace('  return a - b;', '  const sum = a - b;\n  audit(sum);\n  return sum;');
  const { host, propose } = applierIn(t, { files: { 'sum.js': file } });
  host.willClick(/does not fit sum\.js/, 'Show the Change Anyway');
  await propose('```js sum.js\nexport function add(a, b) {\n  const sum = a + b;\n  // alles andere bleibt\n}\n```\n');
  await settle();
  assert.equal(host.text('sum.js'), file);
  assert.match(proposed(host) ?? '', /alles andere bleibt/);
});

test('a change that fits at two places shows both, and goes where the user says', async (t) => {
  const twice = 'start();\nstep(1);\nmiddle();\nstep(1);\nend();\n';
  const { host, propose } = applierIn(t, { files: { 'run.js': twice } });
  host.willClick(/occur more than once in run\.js: at 2, 4/, 'Choose a Place');
  host.willPick(/fits run\.js at 2 places/, 'Line 4');
  await propose('run.js\n```\n<<<<<<< SEARCH\nstep(1);\n=======\nstep(2);\n>>>>>>> REPLACE\n```\n');
  await settle();
  assert.equal(proposed(host), 'start();\nstep(1);\nmiddle();\nstep(2);\nend();\n');
});

test('a patch that moves a file removes the old one and makes the new one', async (t) => {
  const { host, propose, applier } = inSum(t);
  await propose(
    '*** Begin Patch\n*** Update File: sum.js\n*** Move to: lib/sum.js\n@@\n-  return a - b;\n+  return a + b;\n*** End Patch\n',
  );
  assert.deepEqual(diffs(host), ['Proposed changes (2 files)']);
  await applier.apply(undefined);
  assert.equal(host.text('lib/sum.js'), FIXED);
  assert.equal(host.text('sum.js'), null);
});
