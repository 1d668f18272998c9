import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bareCode, commentText } from '../../../src/core/edits/codeShape.ts';
import { standsAlone } from '../../../src/core/edits/standIns.ts';
import { applyTo, fenced, searchReplace } from './apply.ts';
import { REAL_FILES } from './realFiles.ts';

/** Lines that are no comment in their language but stand for what a model left out, and code that looks like them. */

interface Language {
  readonly name: string;
  readonly path: string;
  readonly lines: readonly string[];
}
const LANGUAGES: readonly Language[] = [
  {
    name: 'html',
    path: 'index.html',
    lines: ['<main>', '  <h1>Orders 1</h1>', '  <p>First</p>', '  <p>Second</p>', '  <p>Third</p>', '</main>'],
  },
  {
    name: 'vue',
    path: 'App.vue',
    lines: ['<template>', '  <h1>Orders 1</h1>', '  <Row :a="x" />', '  <Row :a="y" />', '  <p>End</p>', '</template>'],
  },
  {
    name: 'svelte',
    path: 'App.svelte',
    lines: ['<section>', '  <h1>Orders 1</h1>', '  <Row {x} />', '  <Row {y} />', '  <p>{total}</p>', '</section>'],
  },
  {
    name: 'php',
    path: 'index.php',
    lines: ['function add($a) {', '  $sum = $a - 1;', '  audit($sum);', '  notify($sum);', '  return $sum;', '}'],
  },
  {
    name: 'tsx',
    path: 'App.tsx',
    lines: ['const App = () => (', '  <h1>Orders 1</h1>', '  <Row a={x} />', '  <Row a={y} />', '  <p>End</p>', ');'],
  },
  {
    name: 'bash',
    path: 'run.sh',
    lines: ['build() {', '  make -j1', '  cp out/a dist/', '  cp out/b dist/', '  tar -czf dist.tgz dist', '}'],
  },
  {
    name: 'typescript',
    path: 'a.ts',
    lines: ['function add(a) {', '  const sum = a - 1;', '  audit(sum);', '  notify(sum);', '  return sum;', '}'],
  },
  {
    name: 'go',
    path: 'a.go',
    lines: ['func add(a int) int {', '\tsum := a - 1', '\taudit(sum)', '\tnotify(sum)', '\treturn sum', '}'],
  },
  {
    name: 'clojure',
    path: 'a.clj',
    lines: [
      '(defn add [a]',
      '  (let [sum (- a 1)]',
      '    (audit sum)',
      '    (notify sum)',
      '    (save sum)',
      '    sum))',
    ],
  },
  {
    name: 'css',
    path: 'a.css',
    lines: ['.card {', '  margin: 1px;', '  padding: 2px;', '  border: 0;', '  color: red;', '}'],
  },
];
const STAND_INS = [
  '<rest of file>',
  '<existing code>',
  '<code unchanged>',
  '<remaining sections here>',
  '(rest unchanged)',
  '(remaining lines as before)',
  '[rest of the code]',
  '[...]',
  '{ ... }',
  '(...)',
  '...',
  '…',
  '. . .',
  '{{ rest }}',
  '{{ existing content }}',
  '{rest of the body}',
  '**rest of the file**',
  '=== rest unchanged ===',
  '<<rest of code>>',
  '<#existing code#>',
  '«остальной код»',
  '<restlicher Code>',
  '[その他 変更なし]',
];

for (const { name, path, lines } of LANGUAGES)
  for (const words of STAND_INS)
    test(`${name}: ${words} in place of lines deletes none of them and is not written`, () => {
      const file = `${lines.join('\n')}\n`;
      const indent = /^\s*/.exec(lines[1] ?? '')?.[0] ?? '';
      const changed = (lines[1] ?? '').replace('1', '7');
      for (const from of [2, 3]) {
        const shown = [lines[0], changed, ...lines.slice(2, from), indent + words, ...lines.slice(5)].join('\n');
        const cut = [lines[0], changed, ...lines.slice(2, from), words].join('\n');
        for (const answer of [
          fenced(shown, name),
          fenced(cut, name),
          searchReplace(lines.join('\n'), shown),
          searchReplace(lines.join('\n'), cut),
        ]) {
          const { text, refused } = applyTo(answer, file, { path });
          assert.ok(!text?.includes(words), `${refused}\n${answer}`);
          for (const line of lines.slice(2)) assert.ok(text?.includes(line), `${line} is gone\n${answer}`);
        }
      }
    });

/** `[path, file, two or more lines that go, the code that comes]`. */
const REAL_CODE: readonly (readonly [path: string, file: string, goes: string, comes: string])[] = [
  [
    'a.tsx',
    'const A = () => (\n  <div>\n    <B/>\n    <C/>\n    <D/>\n  </div>\n);\n',
    '    <B/>\n    <C/>\n    <D/>',
    '    <hr>',
  ],
  [
    'a.tsx',
    'const A = ({ children }) => (\n  <div>\n    <B/>\n    <C/>\n    <D/>\n  </div>\n);\n',
    '    <B/>\n    <C/>\n    <D/>',
    '    {children}',
  ],
  ['a.html', '<body>\n  <p>a</p>\n  <p>b</p>\n  <p>c</p>\n</body>\n', '  <p>a</p>\n  <p>b</p>\n  <p>c</p>', '  <slot>'],
  [
    'a.html',
    '<body>\n  <p>a</p>\n  <p>b</p>\n  <p>c</p>\n</body>\n',
    '  <p>a</p>\n  <p>b</p>\n  <p>c</p>',
    '  <details open>\n  </details>',
  ],
  [
    'a.vue',
    '<script>\nconst total = 1\n</script>\n<p>\n  one\n  two\n  three\n</p>\n',
    '  one\n  two\n  three',
    '  {{ total }}',
  ],
  [
    'run.sh',
    '#!/bin/sh\ncd build\nmake all\ncd ..\necho done\n',
    'cd build\nmake all\ncd ..',
    '(cd build && make all)',
  ],
  [
    'run.sh',
    '#!/bin/sh\nstep one\nstep two\nstep three\necho done\n',
    'step one\nstep two\nstep three',
    '(make install)',
  ],
  [
    'a.clj',
    '(ns a)\n(defn f [items]\n  (one items)\n  (two items)\n  (three items))\n',
    '  (one items)\n  (two items)\n',
    '  (rest items)\n',
  ],
  [
    'a.py',
    'import os\ndef f(a, b):\n    x = a\n    y = b\n    z = x\n    return z\n',
    '    x = a\n    y = b\n    z = x\n    return z',
    '    return a or b',
  ],
  [
    'a.go',
    'package a\nfunc f() error {\n\tone()\n\ttwo()\n\tthree()\n}\n',
    '\tone()\n\ttwo()\n\tthree()',
    '\treturn nil',
  ],
  ['a.cs', 'class A {\n  [One]\n  [Two]\n  [Three]\n  void M() {}\n}\n', '  [One]\n  [Two]\n  [Three]', '  [Fact]'],
  ['a.toml', '[a]\nx = 1\ny = 2\nz = 3\n[b]\n', 'x = 1\ny = 2\nz = 3', '[tool.x]'],
  ['a.rb', 'class A\n  one\n  two\n  three\nend\n', '  one\n  two\n  three', '  include Comparable'],
  ['a.sql', 'SELECT a,\n b,\n c,\n d\nFROM t;\n', 'SELECT a,\n b,\n c,\n d', 'SELECT DISTINCT a'],
];
for (const [path, file, goes, comes] of REAL_CODE)
  test(`${path}: ${comes.trim().split('\n')[0]} is code, also in place of several lines`, () => {
    const { text, refused } = applyTo(searchReplace(goes.replace(/\n$/, ''), comes.replace(/\n$/, '')), file, { path });
    assert.deepEqual({ refused, text }, { refused: null, text: file.replace(goes, comes) });
  });

test('a comment behind the last line that is shown replaces the code after it', () => {
  for (const [path, comment] of [
    ['a.kt', '// rest as before'],
    ['a.py', '# und so weiter'],
    ['a.lua', '-- igual'],
    ['a.css', '/* 其余不变 */'],
  ] as const) {
    const file = 'outer {\n  value = one - 1\n  log(value)\n  send(value)\n  keep(value)\n}\n';
    const answer = `outer {\n  value = one - 2 ${comment}\n}`;
    for (const each of [fenced(answer, ''), searchReplace(file.trimEnd(), answer)])
      assert.equal(applyTo(each, file, { path }).text, file, each);
    const whole = file.replace('- 1', `- 2 ${comment}`);
    assert.equal(applyTo(fenced(whole.trimEnd(), ''), file, { path }).text, whole);
  }
  // Lines that became one, with a comment.
  const merged = applyTo(
    searchReplace('  a = 1\n  b = 2\n  c = 3', '  setAll(1, 2, 3) // default'),
    'x {\n  a = 1\n  b = 2\n  c = 3\n}\n',
    { path: 'a.kt' },
  );
  assert.equal(merged.refused, null);
});

test('a part of a section of markup never leaves a tag without its other half', () => {
  const vue =
    '<template>\n  <p>{{ x }}</p>\n</template>\n\n<script setup>\nconst x = 1\nconst y = 2\n</script>\n\n<style>\np { color: red; }\n</style>\n';
  for (const shown of [
    '<script setup>\nconst x = 7\n</script>',
    'const x = 7\n</script>',
    '<template>\n  <b>{{ x }}</b>',
  ]) {
    const { text } = applyTo(fenced(shown, 'vue'), vue, { path: 'A.vue' });
    for (const tag of ['template', 'script', 'style'])
      for (const mark of [`<${tag}`, `</${tag}>`]) assert.equal(text?.split(mark).length, 2, `${shown}\n→\n${text}`);
    assert.ok(text?.includes('const y = 2'), text ?? '');
  }
  const added = applyTo(
    searchReplace('  <p>{{ x }}</p>', '  <p>{{ x }}</p>\n  <ul>\n    <li>a\n  </ul>\n  <br>'),
    vue,
    { path: 'A.vue' },
  );
  assert.equal(added.refused, null);
});

test('the comma behind a piece stays where the answer shows the piece without it', () => {
  const file = '{\n  "scripts": {\n    "build": "x",\n    "test": "y"\n  },\n  "deps": {\n    "a": "1"\n  }\n}\n';
  const answer = fenced('"scripts": {\n  "build": "z",\n  "test": "y"\n}', 'json');
  assert.equal(applyTo(answer, file, { path: 'package.json' }).text, file.replace('"x"', '"z"'));
});

test('no line of code of a real file is taken for a stand-in', () => {
  const file = fc.constantFrom(...REAL_FILES);
  fc.assert(
    fc.property(file, fc.infiniteStream(fc.nat()), ({ name, text }, at) => {
      const lines = text.split('\n');
      const bare = bareCode(lines);
      const code = lines.filter((line, i) => line.trim() && commentText(line) === null && bare[i] === line);
      const known = new Set(bare.flatMap((line) => line.match(/[\p{L}_$][\p{L}\p{M}\d_$-]*/gu) ?? []));
      const around = {
        language: /\.(\w+)$/.exec(name)?.[1] ?? '',
        isKnown: (word: string) => known.has(word),
        isClosed: (tag: string) => text.includes(`</${tag}`),
      };
      for (let n = 0; n < 40; n++) {
        const line = code[at.next().value % code.length] ?? '';
        assert.equal(line.trim() !== '...' && standsAlone(line, around), false, `${name}: ${line}`);
      }
    }),
  );
});
