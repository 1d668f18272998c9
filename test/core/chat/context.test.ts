import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findLines,
  formatFound,
  formatProblems,
  joinFiles,
  rankPaths,
  textOfHtml,
  titleOfHtml,
  trimDiff,
  type Problem,
} from '../../../src/core/chat/context.ts';
import { commandAt, mentionAt } from '../../../src/core/chat/mentions.ts';
import { isSecretFile } from '../../../src/core/privacy/sensitiveFiles.ts';
import { cpuMs } from '../../support/cpuTime.ts';

/** The mention at the mark `|`, as `start-end kind:query`. */
const at = (marked: string): string | undefined => {
  const caret = marked.indexOf('|');
  const found = mentionAt(marked.replace('|', ''), caret);
  return found && `${found.start}-${found.end} ${found.kind}:${found.query}`;
};

test('a mention begins with an @ of its own and ends at the caret', () => {
  assert.equal(at('@|'), '0-1 :');
  assert.equal(at('why @poo|l here'), '4-8 :poo');
  assert.equal(at('(@file:src/po|'), '1-13 file:src/po');
  assert.equal(at('@Search:"two wor|ds"'), '0-16 search:two wor');
  assert.equal(at('@url:https://example.com/a?b=c:d|'), '0-32 url:https://example.com/a?b=c:d');
  assert.equal(at('mail me@example|'), undefined);
  assert.equal(at('@file:a done|'), undefined);
  assert.equal(at('no mention|'), undefined);
});

test('a prompt is named at the start of any word, with dots and letters of any alphabet', () => {
  assert.deepEqual(commandAt('/', 1), { start: 0, name: '' });
  assert.deepEqual(commandAt('/exp this', 4), { start: 0, name: 'exp' });
  assert.deepEqual(commandAt('@leaves.py /speckit.pl', 22), { start: 11, name: 'speckit.pl' });
  assert.deepEqual(commandAt('/übe', 4), { start: 0, name: 'übe' });
  assert.equal(commandAt('/explain this', 13), undefined);
  assert.equal(commandAt('and/or', 6), undefined);
  assert.equal(commandAt('/usr/bin', 8), undefined);
});

test('paths are ranked by how a person would mean them', () => {
  const paths = ['src/pool.ts', 'src/poolParty.ts', 'test/pool.test.ts', 'docs/spoolers.md', 'src/parts/outer/lid.ts'];
  assert.equal(rankPaths(paths, 'pool.ts', 9)[0], 'src/pool.ts');
  assert.deepEqual(rankPaths(paths, 'pool', 9), [
    'src/pool.ts',
    'src/poolParty.ts',
    'test/pool.test.ts',
    'docs/spoolers.md',
  ]);
  assert.deepEqual(rankPaths(paths, 'outerlid', 9), ['src/parts/outer/lid.ts']);
  assert.deepEqual(rankPaths(paths, 'test/po', 9), ['test/pool.test.ts']);
  assert.deepEqual(rankPaths(paths, 'zzz', 9), []);
  assert.deepEqual(rankPaths(paths, '', 2), paths.slice(0, 2));
});

test('20,000 paths are ranked fast enough to type along', () => {
  const paths = Array.from({ length: 20_000 }, (_, i) => `packages/part${i % 97}/src/components/file${i}.tsx`);
  const start = cpuMs();
  assert.equal(rankPaths(paths, 'cmpfile1999', 20).length > 0, true);
  assert.ok(cpuMs() - start < 300);
});

test('a search finds each line once, with its number', () => {
  const file = { path: 'a.ts', text: 'Mutex mutex\n\nnone\n  new MUTEX()\n' };
  assert.equal(formatFound(findLines(file, 'mutex', 10)), 'a.ts:1: Mutex mutex\na.ts:4: new MUTEX()');
  assert.equal(findLines(file, 'mutex', 1).length, 1);
  assert.equal(findLines(file, '', 1).length, 0);
});

test('joined files carry their names, and what does not fit is listed', () => {
  const { text, remarks } = joinFiles(
    [
      { path: 'a.ts', text: 'a' },
      { path: 'long.ts', text: 'x'.repeat(100) },
      { path: 'b.ts', text: 'b' },
    ],
    50,
  );
  assert.match(text, /--- a\.ts ---\na\n\n--- b\.ts ---\nb\n\n--- not included, too long ---\nlong\.ts/);
  assert.deepEqual(remarks, ['Files listed by name only, because their contents would be too long: 1']);
});

test('of problems, errors come first, and the limit is shown', () => {
  const problem = (line: number, severity: Problem['severity']): Problem => ({
    path: 'a.ts',
    line,
    severity,
    message: 'it is\n wrong',
    source: line === 1 ? '' : 'ts 2304',
  });
  const { text, remarks } = formatProblems([problem(1, 'warning'), problem(2, 'error'), problem(3, 'warning')], 2);
  assert.equal(text, 'a.ts:2: error: it is wrong (ts 2304)\na.ts:1: warning: it is wrong');
  assert.deepEqual(remarks, ['2 of 3 problems, errors first.']);
});

const diffOf = (from: string, to: string, body = '@@ -1 +1 @@\n-a\n+b\n'): string =>
  `diff --git a/${from} b/${to}\nindex 1..2 100644\n--- a/${from}\n+++ b/${to}\n${body}`;

test('a diff loses the files that hold secrets, whichever way git names them', () => {
  const canary = '@@ -0,0 +1 @@\n+KEY=canary\n';
  const hidden = [
    diffOf('.env', '.env', canary),
    `diff --git a/conf/.env.local b/conf/.env.local\nnew file mode 100644\n--- /dev/null\n+++ b/conf/.env.local\n${canary}`,
    `diff --git a/id_rsa b/id_rsa\ndeleted file mode 100644\n--- a/id_rsa\n+++ /dev/null\n${canary}`,
    `diff --git a/notes.txt b/server.key\nsimilarity index 90%\nrename from notes.txt\nrename to server.key\n${canary}`,
    `diff --git "a/d\\303\\244/.env" "b/d\\303\\244/.env"\n--- "a/d\\303\\244/.env"\n+++ "b/d\\303\\244/.env"\n${canary}`,
    'diff --git a/a.pem b/a.pem\nindex 1..2\nBinary files a/a.pem and b/a.pem differ\n',
    'diff --git a/my dir/.env b/my dir/.env\nold mode 100644\nnew mode 100755\n',
  ];
  const open = [diffOf('src/a.ts', 'src/a.ts'), diffOf('environment.ts', 'environment.ts')];
  const { text, remarks } = trimDiff([hidden[0], open[0], ...hidden.slice(1), open[1]].join(''), isSecretFile, 1e6);
  assert.equal(text, open.join('').trimEnd());
  assert.deepEqual(remarks, [`Files left out because they may hold secrets: ${hidden.length}`]);
});

const PREFIXES = [
  ['a/', 'b/'],
  ['i/', 'w/'],
  ['c/', 'i/'],
  ['', ''],
  ['old/', 'new/'],
] as const;

test('no setting of the user changes which files a diff loses: prefixes, colors, quotes, merges', () => {
  const names = ['.env', 'größe/.env', 'my dir/id_rsa', 'a "b"/.env', 'x\ty/.env', '名前/.env.local', 'b/.env'];
  const isExcluded = (name: string): boolean => isSecretFile(name);
  const octal = (name: string): string =>
    `"${[...new TextEncoder().encode(name)]
      .map((byte) =>
        byte === 34 || byte === 92
          ? `\\${String.fromCharCode(byte)}`
          : byte === 9
            ? '\\t'
            : byte < 32 || byte > 126
              ? `\\${byte.toString(8).padStart(3, '0')}`
              : String.fromCharCode(byte),
      )
      .join('')}"`;
  const needsQuotes = (name: string): boolean => /[^ !#-[\]-~]/.test(name);
  for (const [from, to] of PREFIXES)
    for (const name of names)
      for (const colored of [false, true])
        for (const kind of ['change', 'new', 'mode', 'merge'] as const) {
          const [a, b] = [from + name, to + name].map((each) => (needsQuotes(each) ? octal(each) : each));
          const head = kind === 'merge' ? `diff --cc ${b}` : `diff --git ${a} ${b}`;
          const lines = {
            change: [head, 'index 1..2 100644', `--- ${a}`, `+++ ${b}`, '@@ -1 +1 @@', '-x', '+canary'],
            new: [head, 'new file mode 100644', '--- /dev/null', `+++ ${b}`, '@@ -0,0 +1 @@', '+canary'],
            mode: [head, 'old mode 100644', 'new mode 100755'],
            merge: [head, 'index 1,2..3', `--- ${a}`, `+++ ${b}`, '@@@ -1,1 -1,1 +1,2 @@@', '++canary'],
          }[kind];
          const shown = [
            'diff --git a/src/a.ts b/src/a.ts',
            '--- a/src/a.ts',
            '+++ b/src/a.ts',
            '@@ -1 +1 @@',
            '-a',
            '+b',
          ];
          const print = (line: string): string => (colored ? `\u001b[1m${line}\u001b[m\n` : `${line}\n`);
          const { text, remarks } = trimDiff([...lines, ...shown].map(print).join(''), isExcluded, 1e6);
          assert.equal(text, shown.join('\n'), [...lines].join('\n'));
          assert.deepEqual(remarks, ['Files left out because they may hold secrets: 1'], lines.join('\n'));
        }
});

test('the output of a program that the user has git call is left out completely, with a remark', () => {
  const { text, remarks } = trimDiff('.env --- 1/1\n1 TOKEN=canary\n\nsrc/a.ts --- 1/1\n1 b\n', isSecretFile, 1e6);
  assert.equal(text, '');
  assert.deepEqual(remarks, ['Files left out because they may hold secrets: 1']);
});

test('a long diff is cut at whole files', () => {
  const small = diffOf('a.ts', 'a.ts');
  const { text, remarks } = trimDiff(small + diffOf('b.ts', 'b.ts', `+${'x'.repeat(500)}\n`), () => false, 300);
  assert.equal(text, small.trimEnd());
  assert.match(remarks.join(), /were omitted because the diff would be too long: 1/);
});

test('a web page becomes its words', () => {
  const html =
    '<!doctype html><head><title>A &amp; B\n</title><style>p{}</style></head><body><script>evil("<p>")</script>' +
    '<h1>Title</h1><p>One &lt;two&gt; &#x41;&#66;</p><ul><li>x</li><li>y</li></ul><!-- <p>no</p> --><pre>a  b</pre>';
  assert.equal(textOfHtml(html), 'Title\nOne <two> AB\n- x\n- y\n\na b');
  assert.equal(titleOfHtml(html), 'A & B');
  assert.equal(textOfHtml('<script>never closed'), '');
});

test('a hostile page takes no more than a moment', () => {
  const start = cpuMs();
  textOfHtml('<'.repeat(300_000));
  textOfHtml('<script '.repeat(20_000));
  textOfHtml('&#'.repeat(300_000));
  assert.ok(cpuMs() - start < 1500, `${cpuMs() - start} ms`);
});
