import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyTo, fenced } from './apply.ts';

/** A whole file that leaves out imports: those that nothing uses may go, the others were only not shown. */

interface Case {
  readonly language: string;
  readonly head: readonly string[];
  /** An import that the code uses no longer. */
  readonly unused: string;
  readonly code: readonly string[];
}

const CASES: readonly Case[] = [
  {
    language: 'ts',
    head: [
      "import { read } from './read.ts';",
      "import * as path from 'node:path';",
      "import type { Job } from './job.ts';",
    ],
    unused: "import { old } from './old.ts';",
    code: ['const LIMIT = 1;', 'export const job = (at: string): Job => read(path.join(at, LIMIT));', 'job();'],
  },
  {
    language: 'python',
    head: ['import os.path', 'from json import dumps as to_text', 'import numpy as np'],
    unused: 'import re',
    code: ['LIMIT = 1', 'def job(at):', '    return to_text(np.array(os.path.join(at, LIMIT)))'],
  },
  {
    language: 'java',
    head: ['import java.util.List;', 'import shop.cart.Item;'],
    unused: 'import java.util.Map;',
    code: ['class Cart {', '  int limit = 1;', '  List<Item> items;', '}'],
  },
  {
    language: 'rust',
    head: ['use std::collections::HashMap;', 'use crate::cart::{Cart, Item};'],
    unused: 'use std::fs;',
    code: ['static LIMIT: u8 = 1;', 'pub fn job(cart: Cart) -> HashMap<u8, Item> {', '    cart.items(LIMIT)', '}'],
  },
  {
    language: 'php',
    head: ['use App\\Models\\User;', 'use App\\Jobs\\Send as Mail;'],
    unused: 'use App\\Models\\Old;',
    code: ['$limit = 1;', 'function job(User $user) {', '    return new Mail($user);', '}'],
  },
];

const file = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

for (const { language, head, unused, code } of CASES) {
  const changed = code.map((line) => line.replace('1', '2'));
  const before = file([...head, unused, '', ...code]);
  test(`${language}: an answer without any of the imports deletes none`, () => {
    const { text } = applyTo(fenced(changed.join('\n'), language), before);
    assert.ok(text === before || text === file([...head, unused, '', ...changed]), String(text));
  });
  for (const [i, left] of head.entries())
    test(`${language}: an answer without "${left}", which the code uses, asks before that goes`, () => {
      const answer = fenced([...head.toSpliced(i, 1), unused, '', ...changed].join('\n'), language);
      const { text, refused, plan } = applyTo(answer, before);
      assert.deepEqual({ text, refused }, { text: before, refused: 'drops' });
      assert.notEqual(plan.failures[0]?.names?.length, 0);
    });
  test(`${language}: an import that nothing uses may go`, () => {
    const { text, refused } = applyTo(fenced([...head, '', ...changed].join('\n'), language), before);
    assert.deepEqual({ text, refused }, { text: file([...head, '', ...changed]), refused: null });
  });
}

test('an import that comes from elsewhere now, or is declared in the file, is not lost', () => {
  const log = "import { log } from './log.ts';";
  const code = ['a(b(1));', 'a(b(2));', 'log(a(b(3)));', 'a(b(4));'];
  const before = file([log, "import { a } from './a.ts';", "import { b } from './b.ts';", '', ...code]);
  for (const after of [
    [log, "import { a, b } from './both.ts';", '', ...code],
    [log, "import { a } from './a.ts';", '', 'const b = (n: number): number => n;', ...code],
  ])
    assert.equal(applyTo(fenced(after.join('\n')), before).text, file(after));
});

test('an import that the question names may go', () => {
  const before = file(["import { a } from './a.ts';", "import { b } from './b.ts';", '', 'a(b(1));']);
  const after = ["import { a } from './a.ts';", '', 'a(b(1));'];
  assert.equal(applyTo(fenced(after.join('\n')), before).refused, 'drops');
  assert.equal(applyTo(fenced(after.join('\n')), before, { question: 'Make b global' }).text, file(after));
});
