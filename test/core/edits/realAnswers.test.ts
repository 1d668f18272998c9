import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editsOfBlock, parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { planFile, resultOf } from '../../../src/core/edits/planFile.ts';
import { fenced, searchReplace } from './apply.ts';

/** Shapes of answers with several blocks, as models write them. */

const text = (...lines: readonly string[]): string => lines.join('\n');
const paths = (answer: string): unknown[] => parseAnswer(answer).edits.map(({ kind, path }) => [kind, path]);

test('bare fences after a Markdown file begin other files', () => {
  assert.deepEqual(paths(text('README.md', '```', '# T', 'text', '```', '', '.gitignore', '```', 'build/', '```')), [
    ['whole', 'README.md'],
    ['whole', '.gitignore'],
  ]);
  assert.deepEqual(
    paths(
      text(
        'docs/a.md',
        '```',
        '# T',
        '```',
        '',
        'src/a.py',
        '```',
        'a = 1',
        '```',
        '',
        'src/b.py',
        '```',
        'b = 1',
        '```',
      ),
    ),
    [
      ['whole', 'docs/a.md'],
      ['whole', 'src/a.py'],
      ['whole', 'src/b.py'],
    ],
  );
});

test('a Markdown file with a fence in it is one change from its button too', () => {
  const body = ['# Tool', '', 'Install:', '', '```bash', 'npm i tool', '```', '', '## Usage', '', 'Run it.'];
  const answer = text('README.md', '```markdown', ...body, '```');
  for (const block of [0, 1])
    assert.deepEqual(editsOfBlock(answer, block)?.edits, parseAnswer(answer).edits, `${block}`);
  assert.equal(resultOf('', planFile(editsOfBlock(answer, 0)?.edits ?? [], { text: '' })), text(...body, ''));
});

test('the second of two equal blocks belongs to the file above it', () => {
  const block = fenced('export default 1;');
  const answer = text('### src/a/page.ts', block, '', '### src/b/page.ts', block);
  assert.equal(editsOfBlock(answer, 1)?.edits[0]?.path, 'src/b/page.ts');
});

test('a command to run is not a file, and does not block a change', () => {
  for (const answer of [
    text('The error: `main.py` is in another folder.', '', 'Do this:', '', fenced('cd app\npython main.py', 'bash')),
    text('Add it to `package.json`:', fenced('npm install x', 'sh')),
    text('**Remove `src/old.ts`:**', fenced('rm src/old.ts', 'bash')),
    text('Now run `main.py`:', fenced('$ python main.py\nhello', '')),
    text('Now run `main.py`:', fenced('python main.py', '')),
  ])
    assert.deepEqual(paths(answer), [], answer);
  const change = fenced(searchReplace('a = 1', 'a = 2'));
  const answer = text(
    'src/a.ts',
    change,
    '',
    '- `src/a.ts`: the number',
    '',
    'Now run:',
    '',
    fenced('npm start', 'bash'),
  );
  assert.deepEqual(paths(answer), [['blocks', 'src/a.ts']]);
  assert.deepEqual(paths(text('Create `tools/run.sh`:', fenced('npm start', 'bash'))), [['whole', 'tools/run.sh']]);
});

test('a block that never closes ends where the text names another file, and is not applied', () => {
  const answer = text('src/a.ts', '```ts', 'const a = 1;', '', '`src/b.ts`:', '```ts', 'const b = 1;', '```');
  const { edits, problems } = parseAnswer(answer);
  assert.deepEqual(
    edits.map(({ path }) => path),
    ['src/b.ts'],
  );
  assert.deepEqual(
    problems.map(({ problem, path }) => [problem, path]),
    [['ambiguous-fence', 'src/a.ts']],
  );
});

test('two ways to lay a block over the same lines are one place', () => {
  const item = (n: number): string[] => ['    {', "      rel: 'r',", `      href: 'h${n}',`, '    },'];
  const head = ['export function links() {', '  return [', '    {a: one},', '    {b: two},'];
  const file = text(...head, '    {c: new},', ...[1, 2, 3, 4, 5].flatMap(item), '  ];', '}', '');
  const search = [...head, ...[1, 2, 3].flatMap(item), '    {', "      rel: 'r',", '  ];', '}'];
  const answer = searchReplace(text(...search), text(...head, '    {d: four},', ...search.slice(4)));
  const [failure] = planFile(parseAnswer(answer).edits, { text: file }).failures;
  assert.equal(failure?.reason, 'not-found');
  assert.ok(failure.near);
});
