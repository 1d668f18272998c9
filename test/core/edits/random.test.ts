import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyHunks } from '../../../src/core/edits/hunks.ts';
import { diffLines } from '../../../src/core/edits/lineDiff.ts';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { applyTo, fenced } from './apply.ts';
import { cpuMs } from '../../support/cpuTime.ts';

/**
 * Random files, changes and drifts. The file afterward is built beside the answer, so every case either gives exactly
 * that file or is refused with nothing changed; how many may be refused is bounded too.
 */

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Draw = (below: number) => number;

const WORDS = ['total', 'price', 'take', 'pool', 'load', 'write', 'each', 'next', 'value', 'größe', '名前'];
const pick = (draw: Draw, list: readonly string[]): string => list[draw(list.length)] as string;

function line(draw: Draw): string {
  const indent = '  '.repeat(draw(4));
  switch (draw(8)) {
    case 0:
      return '';
    case 1:
      return `${indent}}`;
    case 2:
      return `${indent}return ${pick(draw, WORDS)};`;
    default:
      return `${indent}${pick(draw, WORDS)}(${pick(draw, WORDS)}, ${draw(30)});`;
  }
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/** Changes that leave at least four lines between each other. */
function changesOf(draw: Draw, length: number, count: number, mark: string): Change[] {
  const changes: Change[] = [];
  for (let at = draw(6); changes.length < count && at + 3 < length; at += 10 + draw(20)) {
    const end = at + draw(4);
    const lines = Array.from({ length: draw(4) }, (_, i) => `  ${mark}(${pick(draw, WORDS)}, ${i}, ${draw(1000)});`);
    if (end > at || lines.length > 0) changes.push({ start: at, end, lines });
    at = end;
  }
  return changes;
}

function apply(lines: readonly string[], changes: readonly Change[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const { start, end, lines: added } of changes) {
    out.push(...lines.slice(at, start), ...added);
    at = end;
  }
  return [...out, ...lines.slice(at)];
}

const asSearch = (lines: readonly string[], { start, end, lines: added }: Change, context: number): string => {
  const [from, to] = [Math.max(0, start - context), Math.min(lines.length, end + context)];
  const after = [...lines.slice(from, start), ...added, ...lines.slice(end, to)];
  return ['<<<<<<< SEARCH', ...lines.slice(from, to), '=======', ...after, '>>>>>>> REPLACE'].join('\n');
};

function asDiff(lines: readonly string[], changes: readonly Change[], context: number): string {
  const hunks = changes.map(({ start, end, lines: added }) => {
    const [from, to] = [Math.max(0, start - context), Math.min(lines.length, end + context)];
    return [
      `@@ -${from + 1},${to - from} +${from + 1},${to - from - (end - start) + added.length} @@`,
      ...lines.slice(from, start).map((text) => ` ${text}`),
      ...lines.slice(start, end).map((text) => `-${text}`),
      ...added.map((text) => `+${text}`),
      ...lines.slice(end, to).map((text) => ` ${text}`),
    ].join('\n');
  });
  return fenced(['--- a/x', '+++ b/x', ...hunks].join('\n'), 'diff');
}

for (const format of ['search/replace', 'diff'] as const) {
  for (const mode of ['undrifted', 'drifted, base known', 'drifted, base unknown'] as const) {
    test(`${format}, ${mode}: 300 random answers give exactly the file that they describe, or nothing`, () => {
      let applied = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const draw = random(seed * 7919 + mode.length);
        const lines = Array.from({ length: 20 + draw(120) }, () => line(draw));
        const ours = changesOf(draw, lines.length, 1 + draw(4), 'ours');
        const all = changesOf(draw, lines.length, mode === 'undrifted' ? 0 : 3, 'theirs');
        const theirs = all.filter((a) => ours.every((b) => a.end + 1 < b.start || a.start > b.end + 1));
        const context = 1 + draw(4);
        const answer =
          format === 'diff'
            ? asDiff(lines, ours, context)
            : ours.map((change) => asSearch(lines, change, context)).join('\n\n');
        const eol = draw(3) === 0 ? '\r\n' : '\n';
        const end = draw(3) === 0 ? '' : eol;
        const file = (content: readonly string[]): string => content.join(eol) + end;
        const now = file(apply(lines, theirs));
        const both = [...ours, ...theirs].sort((a, b) => a.start - b.start);
        const result = applyTo(answer, now, mode === 'drifted, base known' ? { base: file(lines) } : {});
        // A last line that is empty cannot be told from a final newline: both spellings are the file.
        const expected = file(apply(lines, both));
        if (result.refused !== null) assert.equal(result.text, now, `seed ${seed}`);
        else {
          applied += 1;
          if (lines.at(-1) !== '') assert.equal(result.text, expected, `seed ${seed}\n${answer}`);
        }
      }
      const least = { undrifted: 210, 'drifted, base known': 180, 'drifted, base unknown': 135 }[mode];
      assert.ok(applied >= least, `only ${applied} of 300 were applied`);
    });
  }
}

test('the line diff of any two texts turns the one into the other', () => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const draw = random(seed);
    const before = Array.from({ length: draw(40) }, () => pick(draw, WORDS));
    const after = draw(2) ? apply(before, changesOf(draw, before.length, 3, 'x')) : before.toReversed();
    const hunks = diffLines(before, after).map(({ start, end, newStart, newEnd }) => ({
      start,
      end,
      lines: after.slice(newStart, newEnd),
      match: 'exact' as const,
    }));
    const text = (lines: readonly string[]): string => lines.map((each) => `${each}\n`).join('');
    assert.equal(applyHunks(text(before), hunks), text(after), `seed ${seed}`);
  }
});

test('no text makes the reader of answers throw, or take long', () => {
  const pieces = [
    '```',
    '~~~',
    '<<<<<<< SEARCH',
    '=======',
    '>>>>>>> REPLACE',
    '--- a/x',
    '+++ b/x',
    '@@ -1,2 +1 @@',
    '+a',
    '-b',
    ' c',
    '',
    'src/a.ts',
    '```ts src/a.ts',
    '`',
    '\\ No newline',
    '````md',
    'x'.repeat(5000),
    '/dev/null',
    'diff --git a/x b/x',
  ];
  const started = cpuMs();
  for (let seed = 1; seed <= 5_000; seed++) {
    const draw = random(seed);
    const text = Array.from({ length: draw(40) }, () => pick(draw, pieces)).join(draw(9) ? '\n' : '\r\n');
    assert.doesNotThrow(() => parseAnswer(text));
    assert.doesNotThrow(() => applyTo(text, 'a\nb\nc\n'));
  }
  assert.ok(cpuMs() - started < 10_000);
});
