import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkContextFile, type ContextDisk } from '../../src/core/privacy/contextFile.ts';
import { isSupportedScheme } from '../../src/core/completion/supportedSchemes.ts';
import type { DocumentView } from '../../src/core/completion/documentContext.ts';
import { at, settle, settingsWith, told, Window } from '../core/completion/support.ts';
import { applyTo, fenced, searchReplace } from '../core/edits/apply.ts';
import { leastCpuMs } from '../support/cpuTime.ts';

/** Inputs from the editor (I): documents, places and typing, as completions and edits meet them. */

/** What the model is told, without the control tokens of its family. */
const parts = (raw: string): readonly string[] => raw.split(/<\|fim_(?:prefix|suffix|middle)\|>/).slice(1, 3);

/** Ids and case, a document with its cursor: the text around the cursor goes to the model as it is. */
const DOCUMENTS: readonly (readonly [string, string, Partial<DocumentView>?])[] = [
  ['I02 a document of one character', 'a█'],
  ['I03 20,000 lines', `${'const a = 1;\n'.repeat(10_000)}const b = █\n${'const c = 1;\n'.repeat(10_000)}`],
  ['I07 CRLF, as the editor gives lines', 'if (a) {\n  b(█)\n}\n'],
  ['I09 no final newline', 'first();\nsecond(█'],
  ['I12 tabs', 'if a {\n\t\tb(█)\n\t}\n'],
  ['I13 mixed indentation', 'if a:\n\tb()\n    c(█\n  \td()\n'],
  ['I15 joined emoji and flags', "const family = '👩‍👩‍👧‍👦🇩🇪🏴󠁧󠁢󠁥󠁮󠁧󠁿'; const b = █\n"],
  ['I16 combining marks', 'const e\u0301te\u0301 = 1; const b = █\n'],
  ['I17 right-to-left text', "const greeting = 'שלום עולם مرحبا'; const b = █\n"],
  ['I18 rare line ends inside of lines', 'a = "x\u2028y\u2029z\u0085w\fv"; b = █\n'],
  ['I20 brackets and quotes that do not pair', '((([[{ "a \'b `c ) ] = █\n}}}\n'],
  ['I23 a language that is not known', 'value := █\n', { language: 'no-such-language' }],
];

for (const [name, marked, view] of DOCUMENTS)
  test(`${name}: the text around the cursor goes to the model unchanged, and its answer is offered`, async () => {
    const window = new Window(settingsWith({ languages: { '*': true } }));
    const completion = await window.answer(marked, 'total', at(marked, view));
    const [before = '', after = ''] = parts(window.gateway.last.raw);
    const [prefix = '', suffix = ''] = marked.split('█');
    // Large documents are cut to whole lines around the cursor; file names may be above.
    const near = prefix.slice(-200);
    assert.ok(before.endsWith(near), JSON.stringify(before.slice(-300)));
    assert.ok(suffix.startsWith(after) || after.startsWith(suffix), JSON.stringify(after.slice(0, 300)));
    for (const text of [before, after]) assert.ok(text.isWellFormed());
    assert.equal(told(completion), 'total');
    assert.ok(window.gateway.last.raw.length < 64 * 1024);
  });

test('I03 I05 a document of 50 MB: only lines near the cursor are read, in no noticeable time', async () => {
  const line = `${'x'.repeat(99)};`;
  let read = 0;
  const view: Partial<DocumentView> = {
    lineCount: 500_000,
    lineAt: () => {
      read++;
      return line;
    },
  };
  const { document } = at('█', view);
  const window = new Window();
  const ask = (): void => void window.ask('█', { document, position: { line: 250_000, character: 100 } });
  assert.ok(leastCpuMs(ask, 16) < 16);
  await settle();
  assert.ok(read < 20_000, `${read} lines are read`);
});

test('I11 a file of another encoding shows its letters as the editor decoded them, and an edit touches no other line', () => {
  const text = 'name = "Müller"\nplace = "Zürich\uFFFD"\ncount = 1\n';
  const { text: after, refused } = applyTo(searchReplace('count = 1', 'count = 2'), text);
  assert.deepEqual([refused, after], [null, text.replace('count = 1', 'count = 2')]);
});

test('I08 I10 I18 I19 mixed line ends, a BOM, rare line ends and NUL survive an edit of another line to the last byte', () => {
  for (const text of [
    'a = 1\r\nb = 2\nc = 3\r\nd = 4\n',
    'a = 1\rb = 2\nc = 3\n',
    '\uFEFFa = 1\nb = 2\nc = 3\n',
    'a = "\u2028\u2029\u0085\f"\nb = 2\nc = 3\n',
    'a = "\0"\nb = 2\nc = 3\n',
    'a = "\uD83D"\nb = 2\nc = 3\n',
  ]) {
    const { text: after, refused } = applyTo(searchReplace('b = 2', 'b = 5'), text);
    assert.deepEqual([refused, after], [null, text.replace('b = 2', 'b = 5')], JSON.stringify(text));
  }
});

test('I07 I13 a new line of an edit takes the line end and the indentation of the lines around it', () => {
  const answer = fenced(searchReplace('    b();', '    b();\n    c();'), 'ts src/a.ts');
  assert.equal(applyTo(answer, 'if (a) {\r\n\tb();\r\n}\r\n').text, 'if (a) {\r\n\tb();\r\n\tc();\r\n}\r\n');
});

test('I14 I15 I16 no place inside a pair or before a combining mark is asked about', async () => {
  for (const marked of ["a = '\uD83D█\uDE00'", 'e█\u0301', "'👩█\u200D👧'"]) {
    const window = new Window();
    const completion = await window.ask(marked, { trigger: 'typing' });
    await window.clock.pass(1_000);
    if (window.gateway.streams.length === 0) assert.match(told(completion), /^none: /);
    else for (const text of parts(window.gateway.last.raw)) assert.ok(text.isWellFormed(), JSON.stringify(text));
  }
});

test('I19 a document with NUL is taken for a binary file and declined', async () => {
  const window = new Window();
  assert.equal(told(await window.ask('a\0 = █')), 'none: binary');
});

/** The written table of places: scheme, whether its file system can be written, whether there are completions. */
const PLACES: readonly (readonly [string, string, boolean | undefined, boolean])[] = [
  ['I27 the right side of a diff editor is the file', 'file', true, true],
  ['I27 the left side of a diff editor is a version of the past', 'git', false, false],
  ['I28 the result of a merge editor is the file', 'file', true, true],
  ['I28 the incoming side of a merge editor is a version of the past', 'git', true, false],
  ['I31 a terminal', 'vscode-terminal', undefined, false],
  ['I34 the settings editor', 'vscode-settings', true, false],
  ['I34 the settings of the user', 'vscode-userdata', true, false],
  ['I35 a file system that cannot be written', 'zip-archive', false, false],
  ['I35 a file system of which nothing is known', 'unknown', undefined, false],
  ['I36 a virtual file system that can be written', 'virtual-disk', true, true],
  ['I39 the file system of the web host', 'vscode-test-web', true, true],
];

for (const [name, scheme, writable, expected] of PLACES)
  test(`${name}: ${expected ? 'completions' : 'declined, and nothing is sent'}`, async () => {
    assert.equal(isSupportedScheme(scheme, writable), expected);
    const window = new Window();
    const marked = 'const a = █\n';
    const asked = window.ask(marked, { ...at(marked, { scheme }), writable });
    await window.clock.pass(1_000);
    assert.equal(window.gateway.streams.length, expected ? 1 : 0);
    if (!expected) assert.equal(told(await asked), 'none: place');
  });

test('I41 I42 a file outside any folder and a window without a folder get completions', async () => {
  for (const view of [
    { path: '/tmp/a.ts', fullPath: '/tmp/a.ts' },
    { path: 'a.ts', fullPath: '/a.ts' },
  ]) {
    const window = new Window();
    assert.equal(told(await window.answer('const a = █\n', '1;', at('const a = █\n', view))), '1;');
  }
});

/** A disk without links, whose answers take `ms`. */
const diskOf = (ms: number): ContextDisk => {
  const later = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, ms, value));
  return {
    separator: '/',
    stat: () => later({ kind: 'file', size: 1 } as const),
    follow: (path) => later({ kind: 'path', path } as const),
  };
};

test('I40 I41 with several folders a file of each may be read, one outside all needs consent', async () => {
  const check = async (path: string) => (await checkContextFile(diskOf(0), ['/one', '/two'], path)).kind;
  assert.equal(await check('/one/a.ts'), 'readable');
  assert.equal(await check('/two/b.ts'), 'readable');
  assert.equal(await check('/three/c.ts'), 'needs-consent');
  assert.equal(await check('/one-more/c.ts'), 'needs-consent');
});

test('I44 a disk that takes two seconds delays its readers, and causes no error', async () => {
  const found = await checkContextFile(diskOf(700), ['/one'], '/one/a.ts');
  assert.equal(found.kind, 'readable');
});

test('I46 a suggestion at a snippet’s placeholder ends where the snippet continues', async () => {
  const window = new Window();
  assert.equal(told(await window.answer('for (const item of █) {\n}\n', 'items) {\n  use(item);\n}')), 'items');
});

test('I51 a megabyte that is pasted costs one request of bounded size', async () => {
  const window = new Window();
  const marked = `${'const pasted = 1;\n'.repeat(60_000)}const b = █\n`;
  await window.answer(marked, '2;');
  assert.equal(window.gateway.streams.length, 1);
  assert.ok(window.gateway.last.raw.length < 64 * 1024);
});

test('I52 a column selection is several cursors: nothing is asked', async () => {
  const window = new Window();
  assert.equal(told(await window.ask('a█\nb\nc\n', { severalCursors: true })), 'none: several-cursors');
  assert.equal(window.gateway.streams.length, 0);
});

test('I53 a block cursor on a letter, as in vim’s normal mode, is inside a word: nothing is asked', async () => {
  const window = new Window();
  assert.equal(told(await window.ask('const to█tal = 1;\n')), 'none: inside-word');
  await window.clock.pass(60_000);
  assert.equal(window.gateway.streams.length, 0);
});

test('I55 I56 text that closing brackets and formatting change in the meantime is answered at its new place', async () => {
  const window = new Window();
  await window.answer('call(█)', 'a, b)');
  assert.equal(told(await window.ask('call(█)')), 'a, b');
  const formatted = await window.answer('call( █ )', 'a, b )');
  assert.ok(!told(formatted).endsWith(')'), told(formatted));
});

test('I58 ten files a second: at most one request is in progress, and no file gets the answer of another', async () => {
  const window = new Window();
  for (let file = 0; file < 50; file++) {
    const controller = new AbortController();
    const marked = `const name${file} = █\n`;
    const view = { uri: `file:///repo/${file}.ts`, path: `${file}.ts`, fullPath: `/repo/${file}.ts` };
    const asked = window.ask(marked, at(marked, view), controller.signal);
    await window.clock.pass(100);
    if (file % 5 === 0 && window.gateway.streams.length > 0 && !window.gateway.last.closed) {
      await window.gateway.last.say(`value${file};`);
      await window.gateway.last.end();
      assert.match(told(await asked), new RegExp(`^(value${file};|none: )`));
    } else {
      controller.abort();
      await window.clock.pass(0);
    }
  }
  assert.ok(window.gateway.mostOpen <= 2, `${window.gateway.mostOpen} at once`);
});
