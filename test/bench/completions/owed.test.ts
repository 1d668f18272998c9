import assert from 'node:assert/strict';
import test from 'node:test';
import { judgeShown, type Verdict } from './figures.ts';
import { findOwed } from './owed.ts';
import { loadFixtures } from './trace.ts';

test('what VS Code closed is found where the program says it', () => {
  const cases: [text: string, owed: string, at: number][] = [
    ['a);', ')', 1],
    ['a, b("c)"), d);', ')', 13],
    ['f(")")', '', -1],
    ['it\\"s")', '")', 5],
    ['a ${b("`")} c`;', '`', 13],
    ['b} c`;', '}`', 1],
    ['\n  return 1;\n});', '})', 13],
    ['never closed', ')', -1],
  ];
  for (const [text, owed, at] of cases) assert.equal(findOwed(text, owed), at, text);
});

test('ghost text is judged with what VS Code closed behind the cursor', () => {
  const spot = { before: '  call(a, ', rest: ')', missing: 'b);\nnext();' };
  const judge = (text: string, whole: string): Verdict => judgeShown({ text, whole }, spot);
  assert.equal(judge('', ''), 'none');
  assert.equal(judge('b', '  call(a, b)'), 'right');
  assert.equal(judge('b;', '  call(a, b);'), 'right');
  assert.equal(judge('b;\nnext();', '  call(a, b);\nnext();'), 'right');
  assert.equal(judge('b);', '  call(a, b);)'), 'wrong');
  assert.equal(judge('c', '  call(a, c)'), 'wrong');
  assert.equal(judge('b;\nnext();\nmore', '  call(a, b);\nnext();\nmore'), 'over');
});

test('each place behind an opening bracket of the programs has its closing one in what is typed', () => {
  const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '"': '"' };
  for (const { name, holes } of loadFixtures())
    for (const { text } of holes) {
      let inQuote = false;
      for (const [at, char] of [...text].entries()) {
        if (char === '"') inQuote = !inQuote;
        const owed = char === '"' && !inQuote ? undefined : closers[char];
        if (!owed || (char !== '"' && inQuote)) continue;
        assert.ok(findOwed(text.slice(at + 1), owed) >= 0, `${name}: ${text.slice(at, at + 30)}`);
      }
    }
});
