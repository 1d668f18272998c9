import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'node:test';
import { lineNow, linesAfter, readReview } from '../../../src/core/codeTools/reviewFindings.ts';

/** A finding finds its line: by the file under any of its names, by the text that it quotes, and by its number. */

const PREFIXES = [
  ['a/', 'b/'],
  ['i/', 'w/'],
  ['c/', 'i/'],
  ['', ''],
  ['old/', 'new/'],
] as const;
const NAMES = ['src/pool.ts', 'größe.ts', 'my dir/a b.ts', 'a "b"/x.ts', '名前/メモ.py', 'b/y.ts', 'top.ts'];

/** A name as git prints it with `core.quotePath`. */
function quoted(name: string): string {
  const bytes = [...new TextEncoder().encode(name)];
  if (!bytes.some((byte) => byte < 32 || byte > 126 || byte === 34 || byte === 92)) return name;
  const print = (byte: number): string =>
    byte === 34 || byte === 92
      ? `\\${String.fromCharCode(byte)}`
      : byte < 32 || byte > 126
        ? `\\${byte.toString(8).padStart(3, '0')}`
        : String.fromCharCode(byte);
  return `"${bytes.map(print).join('')}"`;
}

const LINES = ['const a = 1;', 'return take(a);', '}', 'if (a > 1) {', 'log(a);', '', '  items.push(a);', '3 < a'];

/** A diff of one file whose new text is made of `lines`, with a removed line before each third one. */
function diffOf(
  name: string,
  [before, after]: readonly [string, string],
  kind: string,
  lines: readonly string[],
): string {
  const [one, other] = [quoted(before + name), quoted(after + name)];
  const body = lines.flatMap((line, i) => [...(i % 3 === 0 ? [`-gone ${i}`] : []), `${i % 2 ? ' ' : '+'}${line}`]);
  const removed = body.filter((line) => !line.startsWith('+')).length;
  const heads: Readonly<Record<string, readonly string[]>> = {
    changed: [`--- ${one}`, `+++ ${other}`],
    new: ['new file mode 100644', '--- /dev/null', `+++ ${other}`],
    renamed: [
      'similarity index 60%',
      `rename from ${quoted('was/old.ts')}`,
      `rename to ${quoted(name)}`,
      `--- ${quoted(`${before}was/old.ts`)}`,
      `+++ ${other}`,
    ],
  };
  const from = kind === 'renamed' ? quoted(`${before}was/old.ts`) : one;
  return [
    `diff --git ${from} ${other}`,
    ...(heads[kind] ?? []),
    `@@ -10,${removed} +10,${lines.length} @@ class Pool`,
    ...body,
    '',
  ].join('\n');
}

const change = fc.record({
  name: fc.constantFrom(...NAMES),
  prefixes: fc.constantFrom(...PREFIXES),
  kind: fc.constantFrom('changed', 'new', 'renamed'),
  lines: fc.array(fc.constantFrom(...LINES), { minLength: 1, maxLength: 30 }),
});

test('the lines of a file are found under its name, whatever prefixes, quotes and renames the diff has', () => {
  fc.assert(
    fc.property(change, ({ name, prefixes, kind, lines }) => {
      const diff = diffOf(name, prefixes, kind, lines);
      const after = linesAfter(`${diff}${diffOf('other.ts', prefixes, 'changed', ['x'])}`);
      assert.deepEqual([...after.keys()], name === 'other.ts' ? [name] : [name, 'other.ts'], diff);
      assert.deepEqual(
        after.get(name)?.map(({ line, text }) => [line, text]),
        lines.map((line, i) => [10 + i, line]),
      );
    }),
  );
});

test('a finding with a quote lands on the nearest line that reads so, under any spelling of the name', () => {
  fc.assert(
    fc.property(change, fc.nat(), fc.integer({ min: -1, max: 1 }), fc.nat(5), (given, nth, off, spelling) => {
      const { name, prefixes, kind, lines } = given;
      const at = nth % lines.length;
      const quote = lines[at] ?? '';
      const spellings = [
        name,
        prefixes[1] + name,
        quoted(prefixes[1] + name),
        `./${name}`,
        kind === 'renamed' ? 'was/old.ts' : name,
        name.replaceAll('/', '\\'),
      ];
      const finding = { path: spellings[spelling], line: 10 + at + off, title: 'Wrong', quote };
      const review = readReview(JSON.stringify({ findings: [finding] }), diffOf(name, prefixes, kind, lines));
      const found = review?.findings[0];
      assert.equal(found?.path, name);
      const line = (found?.line ?? 0) - 10;
      if (quote === '') assert.ok(Math.abs(line - at) <= 2);
      else {
        assert.equal(lines[line], quote);
        const distance = (i: number): number => Math.abs(i - (at + off));
        const best = Math.min(...lines.flatMap((each, i) => (each === quote ? [distance(i)] : [])));
        assert.equal(distance(line), best, 'no like line is nearer');
      }
    }),
  );
});

test('a quote finds its line with other spaces, in backticks, in part, or with parts left out', () => {
  const lines = ['i++;', 'const sum = add(first, second, third);', 'i++;', 'call({ all: true });', 'j--;'];
  const diff = diffOf('src/pool.ts', ['a/', 'b/'], 'changed', lines);
  const at = (line: number, quote: string) =>
    readReview(JSON.stringify({ findings: [{ path: 'src/pool.ts', title: 'Wrong', line, quote }] }), diff)?.findings[0]
      ?.line;
  assert.equal(at(12, 'i++'), 12);
  assert.equal(at(10, 'i++'), 10);
  assert.equal(at(200, 'i++'), undefined, 'a short part far from its line');
  assert.equal(at(14, '`const sum = add(first, second, third);`'), 11);
  assert.equal(at(14, 'const sum=add( first,second,third );'), 11);
  assert.equal(at(14, 'const sum = add(first, …, third)'), 11);
  assert.equal(at(10, 'call({all: true})'), 13);
});

test('a removed line that is quoted is shown where it was; what the diff does not have is dropped', () => {
  const diff = diffOf('src/pool.ts', ['a/', 'b/'], 'changed', ['one();', 'two();', 'three();', 'four();', 'five();']);
  const at = (over: object) =>
    readReview(JSON.stringify({ findings: [{ path: 'src/pool.ts', title: 'Wrong', ...over }] }), diff)?.findings[0]
      ?.line;
  assert.equal(at({ line: 11, quote: '-gone 3' }), 13);
  assert.equal(at({ line: 11, quote: 'nothing like it' }), undefined);
  assert.equal(at({ line: 200 }), undefined);
  assert.equal(at({ line: 12, quote: '   12 +two();' }), 11);
  assert.equal(at({ line: 12, quote: 'two();\nthree();' }), 11);
  assert.equal(at({ path: '../../etc/passwd', line: 11 }), undefined);
});

test('findings are read in the forms that models give them; words are no findings', () => {
  const diff = diffOf('src/pool.ts', ['a/', 'b/'], 'changed', ['one();', 'two();']);
  const finding = { path: 'src/pool.ts', line: 11, title: 'Wrong', quote: 'two();' };
  for (const answer of [
    JSON.stringify([finding]),
    JSON.stringify({ issues: [{ file: 'src/pool.ts', line_number: '11', message: 'Wrong' }] }),
    `I looked at {pool} and found:\n\n\`\`\`json\n${JSON.stringify({ findings: [finding] }, null, 2)}\n\`\`\`\nDone.`,
    `{"findings":[${JSON.stringify(finding)},]}`,
    `<think>{"findings": [{}]}</think>${JSON.stringify({ findings: [{ ...finding, line: 'L11-12' }] })}`,
    `Here: ${JSON.stringify({ findings: [{ ...finding, severity: 'CRITICAL', kind: 7 }] })} and that is all.`,
  ]) {
    const review = readReview(answer, diff);
    assert.deepEqual(
      review?.findings.map(({ line, title, severity }) => [line, title, severity]),
      [[11, 'Wrong', 'warning']],
      answer,
    );
  }
  for (const answer of ['Looks good to me.', '{"findings":"none"}', '{"findings":[1,2]}', '[]x', '{"ok":true}'])
    assert.equal(readReview(answer, diff), undefined, answer);
  assert.deepEqual(readReview('{"findings":[]}', diff), { findings: [], dropped: 0 });
});

test('a line of a staged change is found where it is now', () => {
  const lines = ['// new', 'one();', 'two();', 'one();', ''];
  assert.equal(lineNow(lines, 1, 'one();'), 2);
  assert.equal(lineNow(lines, 5, '  one();\r'), 4);
  assert.equal(lineNow(lines, 3, 'gone();'), 3, 'the number where the text is gone');
  assert.equal(lineNow(lines, 9, 'gone();'), undefined);
  assert.equal(lineNow(lines, 5, ''), 5, 'an empty line says nothing');
});

test('findings by file, one by one, in rows, with a place of their own or a line in the path are read', () => {
  const diff = diffOf('src/pool.ts', ['a/', 'b/'], 'changed', ['one();', 'two();', 'three();', 'four();', 'five();']);
  const two = { title: 'Wrong', line: 11, quote: 'two();' };
  const four = { title: 'Leak', line: 13, quote: 'four();' };
  const path = 'src/pool.ts';
  const rows = (...each: readonly object[]): string => each.map((one) => JSON.stringify(one)).join('\n');
  const linesOf = (answer: string) => readReview(answer, diff)?.findings.map(({ line }) => line);
  assert.deepEqual(linesOf(JSON.stringify({ files: [{ path, issues: [two, four] }] })), [11, 13]);
  assert.deepEqual(
    linesOf(
      JSON.stringify([
        { file: path, comments: [two] },
        { path, ...four },
      ]),
    ),
    [11, 13],
  );
  assert.deepEqual(linesOf(rows({ path, ...two }, { path, ...four })), [11, 13]);
  assert.deepEqual(linesOf(rows({ path, ...two })), [11]);
  assert.deepEqual(linesOf(JSON.stringify([{ title: 'Wrong', location: { file: path, line: 12 } }])), [12]);
  assert.deepEqual(linesOf(JSON.stringify([{ title: 'Wrong', path: `${path}:13-14` }])), [13]);
  assert.deepEqual(linesOf(JSON.stringify([{ title: 'Wrong', path }])), [], 'no line and no quote');
});
