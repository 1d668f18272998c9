/**
 * What applying a long answer costs, measured: `node test/bench/apply.ts`. An answer of 40 hunks to a file of 20,000
 * lines, in each format, as it was and drifted. Every result is compared with the file that must come out.
 */
import assert from 'node:assert/strict';
import { applyHunks } from '../../src/core/edits/hunks.ts';
import { parseAnswer } from '../../src/core/edits/parseAnswer.ts';
import { planEdit } from '../../src/core/edits/plan.ts';

const LINES = 20_000;
const HUNKS = 40;
const RUNS = 15;
/** Bounds in milliseconds of host time. */
const MOST = 150;
const LONGEST_GAP = 50;

/** Functions of ten lines, many of which are alike. */
const file = Array.from({ length: LINES }, (_, i) => {
  const n = Math.floor(i / 10);
  return (
    [
      `export function work${n}(input: number): number {`,
      `  const value = input + ${n % 7};`,
      '  if (value > 0) {',
      `    log('value', ${n}, value);`,
      '    count += 1;',
      '  }',
      '',
      `  return value * ${n % 5};`,
      '}',
      '',
    ][i % 10] ?? ''
  );
});
const changed = new Map(
  Array.from({ length: HUNKS }, (_, k) => {
    const line = Math.floor((k * LINES) / HUNKS / 10) * 10 + 3;
    return [line, [`    log('changed', ${k}, value);`, '    more += 1;']] as const;
  }),
);
const apply = (lines: readonly string[]): string[] => {
  const after: string[] = [];
  for (const [i, line] of file.entries()) after.push(...(changed.get(i) ?? [lines[i] ?? line]));
  return after;
};
const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

const near = (line: number, before: number, after: number): [head: string[], tail: string[]] => [
  file.slice(line - before, line),
  file.slice(line + 1, line + 1 + after),
];
const searchReplace = [...changed].map(([line, added]) => {
  const [head, tail] = near(line, 3, 2);
  return ['<<<<<<< SEARCH', ...head, file[line], ...tail, '=======', ...head, ...added, ...tail, '>>>>>>> REPLACE'];
});
const diff = [...changed].map(([line, added]) => {
  const [head, tail] = near(line, 3, 3);
  return [
    `@@ -${line - 2},7 +${line - 2},8 @@`,
    ...head.map((each) => ` ${each}`),
    `-${file[line]}`,
    ...added.map((each) => `+${each}`),
    ...tail.map((each) => ` ${each}`),
  ];
});
const answers = {
  'search/replace': ['```ts', ...searchReplace.flat(), '```'].join('\n'),
  'unified diff': ['```diff', '--- a/work.ts', '+++ b/work.ts', ...diff.flat(), '```'].join('\n'),
  'whole file': ['```ts', ...apply(file), '```'].join('\n'),
};
type Drift = (lines: readonly string[]) => string[];
const drifts: Readonly<Record<string, Drift>> = {
  'as it was': (lines) => [...lines],
  'tabs for spaces': (lines) =>
    lines.map((line) => line.replace(/^(?: {2})+/, (indent) => '\t'.repeat(indent.length / 2))),
  'context changed': (lines) => lines.map((line) => line.replace('if (value > 0)', 'if (value > 1)')),
};

const results = [];
for (const [format, answer] of Object.entries(answers)) {
  for (const [name, drift] of Object.entries(drifts)) {
    if (format === 'whole file' && name !== 'as it was') continue;
    const before = text(drift(file));
    const after = text(drift(apply(file)));
    const times: number[] = [];
    const steps: number[] = [];
    const walls: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      const t0 = cpuMs();
      const [edit] = parseAnswer(answer).edits;
      assert.ok(edit);
      const t1 = cpuMs();
      const plan = planEdit(edit, { text: before });
      const t2 = cpuMs();
      const result = applyHunks(before, plan.hunks, plan.finalNewline);
      const t3 = cpuMs();
      walls.push(performance.now() - started);
      assert.deepEqual(plan.failures, []);
      assert.ok(result === after, `${format}, ${name}`);
      times.push(t3 - t0);
      steps.push(Math.max(t1 - t0, t2 - t1, t3 - t2));
    }
    results.push({
      format,
      file: name,
      'first run': times[0] as number,
      median: median(times),
      slowest: Math.max(...times),
      'longest step': Math.max(...steps),
      'median by the clock': median(walls),
    });
  }
}
const rounded = (value: string | number): string | number =>
  typeof value === 'number' ? Math.round(value * 10) / 10 : value;
console.log('milliseconds, of processor time if not said otherwise');
console.table(
  results.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, rounded(value)]))),
);
for (const row of results) {
  assert.ok(row.slowest <= MOST, `${row.format}, ${row.file}: ${row.slowest} ms`);
  assert.ok(row['longest step'] <= LONGEST_GAP, `${row.format}, ${row.file}: ${row['longest step']} ms in one step`);
}

/** Processor time of this thread, which other programs on the machine do not lengthen. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
