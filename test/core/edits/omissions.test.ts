import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { applyTo, fenced, searchReplace } from './apply.ts';

/**
 * What a model leaves out is never deleted, whatever it writes in its place and in whatever language; and a comment that
 * only looks like it is no reason to refuse. Each case is a comment, a programming language, and what would vanish.
 */

interface Language {
  readonly name: string;
  /** How a line comment is written. */
  readonly comment: (words: string) => string;
  readonly head: string;
  readonly body: readonly string[];
  readonly tail: readonly string[];
  readonly after: readonly string[];
}

const slashes = (words: string): string => `// ${words}`;
const LANGUAGES: readonly Language[] = [
  {
    name: 'ts',
    comment: slashes,
    head: 'export function add(a: number, b: number) {',
    body: ['  const sum = a - b;', '  audit(sum);', '  notify(sum);', '  return sum;'],
    tail: ['}'],
    after: ['', 'export const two = 2;'],
  },
  {
    name: 'python',
    comment: (words) => `# ${words}`,
    head: 'def add(a, b):',
    body: ['    total = a - b', '    audit(total)', '    notify(total)', '    return total'],
    tail: [],
    after: ['', 'two = 2'],
  },
  {
    name: 'go',
    comment: slashes,
    head: 'func add(a int, b int) int {',
    body: ['\tsum := a - b', '\taudit(sum)', '\tnotify(sum)', '\treturn sum'],
    tail: ['}'],
    after: ['', 'var two = 2'],
  },
  {
    name: 'ruby',
    comment: (words) => `# ${words}`,
    head: 'def add(a, b)',
    body: ['  sum = a - b', '  audit sum', '  notify sum', '  sum'],
    tail: ['end'],
    after: ['', 'TWO = 2'],
  },
  {
    name: 'css',
    comment: (words) => `/* ${words} */`,
    head: '.card {',
    body: ['  margin: 1px;', '  padding: 2px;', '  border: 0;', '  color: red;'],
    tail: ['}'],
    after: ['', '.other {', '  margin: 0;', '}'],
  },
  {
    name: 'html',
    comment: (words) => `<!-- ${words} -->`,
    head: '<section id="list">',
    body: ['  <h2>Orders 1</h2>', '  <p>First</p>', '  <p>Second</p>', '  <p>Third</p>'],
    tail: ['</section>'],
    after: ['<footer>', '  <p>End</p>', '</footer>'],
  },
  {
    name: 'lua',
    comment: (words) => `-- ${words}`,
    head: 'local function add(a, b)',
    body: ['  local sum = a - b', '  audit(sum)', '  notify(sum)', '  return sum'],
    tail: ['end'],
    after: ['', 'local two = 2'],
  },
];

/** What models write in place of what they leave out. */
const LEFT_OUT = [
  '... existing code ...',
  'everything else stays the same',
  '[...]',
  'snip',
  'no changes here',
  'Your code here',
  '... 其余代码保持不变 ...',
  '... остальной код',
  'der Rest bleibt, wie er ist',
  'el resto del código no cambia',
  '残りは変更なし',
  'باقي الكود كما هو',
  '(unchanged)',
  '…',
];

/** What vanishes: how many of the lines behind the changed one. */
const VANISH = [2, 3] as const;

/** The first line of the body, changed; no word of a comment is in it. */
const changedLine = (line: string): string => line.replace('a - b', 'a + b').replace('1', '7');

for (const language of LANGUAGES) {
  const { name, comment, head, body, tail, after } = language;
  const file = `${[head, ...body, ...tail, ...after].join('\n')}\n`;
  const indent = /^\s*/.exec(body[0] ?? '')?.[0] ?? '';
  for (const words of LEFT_OUT)
    for (const count of VANISH)
      test(`${name}: "${words}" in place of ${count} lines deletes none of them`, () => {
        const kept = body.slice(1, body.length - count);
        const shown = [head, changedLine(body[0] ?? ''), ...kept, indent + comment(words), ...tail].join('\n');
        for (const answer of [fenced(shown, name), searchReplace([head, ...body, ...tail].join('\n'), shown)]) {
          const { text, refused } = applyTo(answer, file);
          assert.equal(text, file, `${refused}\n${answer}`);
          assert.notEqual(refused, null);
        }
      });
  // Where nothing vanishes, nothing is refused.
  for (const words of [
    'Existing code relies on this returning null',
    'Other functions call this one',
    'the rest of the list is sorted',
    'same as before but faster',
    'code unchanged since 2019',
    'remaining callers pass two numbers',
    'Bestehender Code verlässt sich darauf',
  ])
    test(`${name}: "${words}" is a comment like any other`, () => {
      const shown = [head, indent + comment(words), changedLine(body[0] ?? ''), ...body.slice(1), ...tail];
      const expected = `${[...shown, ...after].join('\n')}\n`;
      const answers = [
        fenced(shown.join('\n'), name),
        searchReplace(`${head}\n${body[0]}`, shown.slice(0, 3).join('\n')),
      ];
      for (const answer of answers) {
        const { text, refused } = applyTo(answer, file);
        assert.deepEqual({ refused, text }, { refused: null, text: expected });
      }
    });
}

test('code left out within a line is not deleted', () => {
  const file =
    'class A {\n  run() {\n    try {\n      go(1);\n    } catch (e) {\n      log(e);\n      fail();\n    }\n  }\n}\n';
  for (const line of ['} catch (e) { ... }', '} catch (e) { … }', '} catch (e) {...}']) {
    const answer = fenced(`run() {\n  try {\n    go(2);\n  ${line}\n}`, 'js');
    assert.equal(applyTo(answer, file).text, file, line);
  }
});

test('spread, rest, ranges, stubs and variadic parameters are code', () => {
  for (const [before, after, language] of [
    ['const a = {\n  x,\n};', 'const a = {\n  ...b,\n};', 'ts'],
    ['const a = [\n  x,\n];', 'const a = [\n  ...new Set([x]),\n  ...await b(),\n];', 'ts'],
    ['function f(x) {\n  return g(x);\n}', 'function f(...x) {\n  return g(...x, { ...x });\n}', 'js'],
    ['def f(x):\n    return x[0]', 'def f(x):\n    return x[..., 0]', 'python'],
    ['def f(x):\n    return 1', 'def f(x: Tuple[int, ...]):\n    return 2', 'python'],
    ['func f(x []int) {\n\tg(x)\n}', 'func f(x []int) {\n\tg(x...)\n}', 'go'],
    ['def f(n)\n  (1..n)\nend', 'def f(n)\n  (1...n)\nend', 'ruby'],
    [
      'void f() {\n  try { g(1); } catch (int x) { h(); }\n}',
      'void f() {\n  try { g(1); } catch (...) { h(); }\n}',
      'cpp',
    ],
  ] as const) {
    const { text, refused } = applyTo(fenced(after, language), `${before}\n\nlast\n`);
    assert.deepEqual({ refused, text }, { refused: null, text: `${after}\n\nlast\n` });
  }
});

test('names in prose alone do not name files', () => {
  for (const name of [
    'audit.write',
    'console.log',
    'user.name',
    'React.memo',
    'process.env',
    'asyncio.run',
    'fs.readFile',
    'numpy.array',
    'v1.2.beta',
    '0.5` to `1.2 m/s',
    'body.velocity = Vector2.zero',
  ])
    for (const line of [`Use \`${name}\` here:`, `### \`${name}\``, `**${name}**`])
      assert.equal(parseAnswer(`${line}\n\n${fenced('const a = 1;')}`).edits[0]?.path, null, line);
  const pathOf = (line: string): unknown => parseAnswer(`${line}\n\n${fenced('const a = 1;')}`).edits[0]?.path;
  assert.equal(pathOf('**Updated Hud.cs:**'), 'Hud.cs');
  assert.equal(pathOf('**Step 4: Once the build is clean, update TODO.md**'), 'TODO.md');
  assert.equal(pathOf('In `src/a.ts`, call `b.c`:'), 'src/a.ts');
});

test('statements and sentences that begin as commands do are written; commands are not', () => {
  for (const [language, before, after] of [
    ['ts', 'const a = 1;', 'export async function run(\n  port: number,\n): Promise<void> {}'],
    ['ts', 'const a = 1;', "export type Kind =\n  | 'one'\n  | 'two';"],
    ['go', 'a()', 'go worker(jobs)\n\tgo s.run()'],
    ['python', 'a = 1', '"""\nmake sure that the size is known,\nsource of each entry included\n"""\na = 1'],
    ['html', '<p>a</p>', '<p>\n  go to the list,\n  then cat and dog\n</p>'],
    ['java', 'int a;', 'node = next\n    .previous();'],
  ] as const) {
    const { text, refused } = applyTo(`${fenced(searchReplace(before, after), language)}`, `${before}\nlast\n`);
    assert.deepEqual({ refused, text }, { refused: null, text: `${after}\nlast\n` }, after);
  }
  for (const command of [
    'npm install left-pad',
    'go build ./...',
    'python main.py',
    'make test',
    '$ yarn',
    'git push',
  ]) {
    const answer = fenced(searchReplace('const a = 1;', `const a = 2;\n${command}`), 'ts');
    assert.equal(applyTo(answer, 'const a = 1;\n').refused, 'marks', command);
  }
});
