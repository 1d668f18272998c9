import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyTo, fenced, searchReplace } from './apply.ts';

/**
 * One change in every format, on files of every kind: line ends, tabs, no final newline, a byte order mark, text of
 * other scripts, and a file that drifted since the answer was made. What must come out is made by the same change of
 * the texts before and after, never by the code under test.
 */

interface Scene {
  readonly before: string;
  readonly after: string;
  /** The answers, by format. */
  readonly answers: Readonly<Record<string, string>>;
}

const PYTHON: Scene = {
  before: `import os
from typing import List


def total(prices: List[float]) -> float:
    result = 0
    for price in prices:
        result = result - price
    return result


def mean(prices: List[float]) -> float:
    return total(prices) / len(prices)
`,
  after: `import os
from typing import List


def total(prices: List[float]) -> float:
    result = 0
    for price in prices:
        if price is not None:
            result = result + price
    return result


def mean(prices: List[float]) -> float:
    return total(prices) / len(prices)
`,
  answers: {
    'search/replace': searchReplace(
      '    for price in prices:\n        result = result - price\n    return result',
      '    for price in prices:\n        if price is not None:\n            result = result + price\n    return result',
    ),
    'search/replace in a fence': fenced(
      searchReplace(
        '        result = result - price',
        '        if price is not None:\n            result = result + price',
      ),
      'python src/prices.py',
    ),
    'unified diff': fenced(
      `--- a/src/prices.py
+++ b/src/prices.py
@@ -5,5 +5,6 @@
 def total(prices: List[float]) -> float:
     result = 0
     for price in prices:
-        result = result - price
+        if price is not None:
+            result = result + price
     return result`,
      'diff',
    ),
    'diff with wrong numbers': fenced(
      `@@ -40,9 +41,2 @@ def total
     for price in prices:
-        result = result - price
+        if price is not None:
+            result = result + price
     return result`,
      'diff',
    ),
    piece: fenced(
      `def total(prices: List[float]) -> float:
    result = 0
    for price in prices:
        if price is not None:
            result = result + price
    return result`,
      'python',
    ),
    'whole file': '', // the text after, filled in below
  },
};

const scenes: Readonly<Record<string, Scene>> = {
  plain: PYTHON,
  'other scripts': mapScene(PYTHON, (text) =>
    text.replaceAll('price is', 'preis_ß is').replaceAll('import os', 'import os  # 価格 👩‍👧 שלום é'),
  ),
};

function mapScene({ before, after, answers }: Scene, change: (text: string) => string): Scene {
  return {
    before: change(before),
    after: change(after),
    answers: Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, change(answer)])),
  };
}

/** Kinds of files: the same change of what is before and after. */
const KINDS: Readonly<Record<string, (text: string) => string>> = {
  LF: (text) => text,
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  CR: (text) => text.replaceAll('\n', '\r'),
  tabs: (text) => text.replaceAll('    ', '\t'),
  'tabs and CRLF': (text) => text.replaceAll('    ', '\t').replaceAll('\n', '\r\n'),
  'two spaces': (text) => text.replaceAll('    ', '  '),
  'no final newline': (text) => text.replace(/\n$/, ''),
  'byte order mark': (text) => `\uFEFF${text}`,
};

/** What else happened to the file since: the same on both sides, away from the change. */
const DRIFTS: Readonly<Record<string, (text: string) => string>> = {
  'as it was': (text) => text,
  'lines above': (text) => text.replace('import os', 'import re\nimport sys\nimport os'),
  'lines below': (text) => `${text.replace(/\n$/, '')}\n\n\ndef last() -> None:\n    pass\n`,
  'a line in the same function': (text) => text.replace('    result = 0', '    result = 0\n    log("total")'),
  'white space at the ends of lines': (text) => text.replaceAll(/^(def .*|.*result = 0|import.*)$/gm, '$1 '),
};

/** Whole files cannot know of a drift without the text that they were made for, which is then given. */
const NEEDS_BASE = new Set(['whole file', 'piece']);

for (const [sceneName, scene] of Object.entries(scenes)) {
  for (const format of Object.keys(scene.answers)) {
    for (const [kindName, kind] of Object.entries(KINDS)) {
      for (const [driftName, drift] of Object.entries(DRIFTS)) {
        test(`${sceneName}, ${format}, ${kindName}, ${driftName}: applied to the last byte`, () => {
          const answer = scene.answers[format] || fenced(scene.after.trimEnd(), 'python src/prices.py');
          const before = kind(drift(scene.before));
          const base = NEEDS_BASE.has(format) ? kind(scene.before) : undefined;
          const { text, refused } = applyTo(answer, before, { base });
          assert.deepEqual({ refused, text }, { refused: null, text: kind(drift(scene.after)) });
        });
      }
    }
  }
}

const SPOILED: Readonly<Record<string, { change: (text: string) => string; base?: boolean; reason: RegExp }>> = {
  'the line to be replaced is another one': {
    change: (text) => text.replace('result = result - price', 'result = result * price'),
    reason: /^(?:not-found)$/,
  },
  'the line to be replaced is gone': {
    change: (text) => text.replace(/ *\t*result = result - price\r?\n/, ''),
    reason: /^(?:not-found)$/,
  },
  'the user changed that line meanwhile': {
    change: (text) => text.replace('result = result - price', 'result = result - price  # mine'),
    base: true,
    reason: /^changed$/,
  },
  'the function is there twice': {
    change: (text) => {
      const start = text.indexOf('def total');
      return text + text.slice(start, text.indexOf('def mean'));
    },
    reason: /^ambiguous$/,
  },
};

for (const format of Object.keys(PYTHON.answers)) {
  for (const [kindName, kind] of Object.entries(KINDS)) {
    for (const [name, { change, base, reason }] of Object.entries(SPOILED)) {
      // A file or function that comes whole says nothing of the lines that it replaces, except with its base.
      if (!base && NEEDS_BASE.has(format) && name !== 'the function is there twice') continue;
      if (format === 'whole file' && name === 'the function is there twice') continue;
      // Its line number is right, and so it does say which of the two is meant.
      if (format === 'unified diff' && name === 'the function is there twice') continue;
      test(`${format}, ${kindName}, ${name}: refused, and nothing changed`, () => {
        const answer = PYTHON.answers[format] || fenced(PYTHON.after.trimEnd(), 'python src/prices.py');
        const text = kind(change(PYTHON.before));
        const result = applyTo(answer, text, base ? { base: kind(PYTHON.before) } : {});
        assert.equal(result.text, text);
        assert.match(result.refused ?? 'applied', reason);
      });
    }
  }
}

test('what the user already did is not done twice', () => {
  const { text, refused, plan } = applyTo(PYTHON.answers['search/replace'] ?? '', PYTHON.after, {
    base: PYTHON.before,
  });
  assert.deepEqual({ refused, text }, { refused: null, text: PYTHON.after });
  assert.equal(plan.hunks.length, 0);
  assert.equal(plan.alreadyThere, 1);
});

test('a refusal says where it nearly matched', () => {
  const spoiled = PYTHON.before.replace('result = result - price', 'result = result * price');
  const { plan } = applyTo(PYTHON.answers['search/replace'] ?? '', spoiled);
  assert.deepEqual(plan.failures[0]?.near, {
    line: 8,
    expected: '        result = result - price',
    found: '        result = result * price',
  });
});

test('what the question was about decides between two equal places', () => {
  const twice = 'a\nx = 1\nb\nx = 1\nc\n';
  const answer = searchReplace('x = 1', 'x = 2');
  assert.equal(applyTo(answer, twice).refused, 'ambiguous');
  assert.equal(applyTo(answer, twice, { about: { start: 3, end: 5 } }).text, 'a\nx = 1\nb\nx = 2\nc\n');
});
