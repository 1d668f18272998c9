/**
 * `npm run figures`: the size and shape of the sources in figures.
 *
 *   node test/tools/figures.mjs [--check] [folder]
 *
 * `--check` fails where a limit is broken (LIMITS in measure.mjs). `folder` is another checkout, to compare with.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, start } from './bootstrap.mjs';

/** @typedef {import('./measure.mjs').Piece} Piece */

/** How many functions and classes are listed. */
const LISTED = 10;

/**
 * Prints rows below a headline, in columns; the first is aligned to the left, the others to the right.
 * @param {string} headline
 * @param {string[][]} rows
 */
function print(headline, rows) {
  console.log(`\n${headline}`);
  if (rows.length === 0) console.log('  none');
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}

/** @param {Piece} piece */
const place = ({ name, file, line }) => `${name}  ${file}:${line}`;

/**
 * @param {number} part
 * @param {number} whole
 */
const share = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)}%` : '-');

/**
 * @param {number} part
 * @param {number} whole
 */
const ratio = (part, whole) => (whole ? (part / whole).toFixed(2) : '-');

await start(async () => {
  const { findProblems, LIMITS, measure } = await import('./measure.mjs');
  const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
  const figures = measure(positionals[0] ? path.resolve(positionals[0]) : ROOT);
  const { functions, classes, files, floors, otherTests } = figures;
  const add = (/** @type {(floor: import('./measure.mjs').Floor) => number} */ figure) =>
    floors.reduce((sum, floor) => sum + figure(floor), 0);
  const lines = add((floor) => floor.lines);

  print(
    `Longest functions (at most ${LIMITS.function} lines, unless flat), of ${functions.length}`,
    functions.slice(0, LISTED).map((piece) => [place(piece), `${piece.lines}`, piece.flat ? 'flat' : '']),
  );
  const overLong = functions.filter((piece) => piece.lines > LIMITS.function && !piece.flat);
  console.log(`  ${overLong.length} are too long`);
  print(
    `Largest classes (at most ${LIMITS.class} lines), of ${classes.length}`,
    classes.slice(0, LISTED).map((piece) => [place(piece), `${piece.lines}`, `${piece.members} members`]),
  );
  print(
    `Files over ${LIMITS.file} lines, of ${files.length}`,
    files.filter((piece) => piece.lines > LIMITS.file).map(({ file, lines: each }) => [file, `${each}`]),
  );
  print('Floors', [
    ['', 'files', 'lines', 'comments', 'rooms', 'arrows', 'circles', 'test lines', 'per source line'],
    ...floors.map((floor) => [
      floor.name,
      `${floor.files}`,
      `${floor.lines}`,
      share(floor.commentLines, floor.lines),
      `${floor.rooms}`,
      `${floor.arrows}`,
      `${floor.circles.length}`,
      `${floor.testLines}`,
      ratio(floor.testLines, floor.lines),
    ]),
    [
      'all',
      `${files.length}`,
      `${lines}`,
      share(
        add((floor) => floor.commentLines),
        lines,
      ),
      `${add((floor) => floor.rooms)}`,
      `${add((floor) => floor.arrows)}`,
      `${add((floor) => floor.circles.length)}`,
      `${add((floor) => floor.testLines)}`,
      ratio(
        add((floor) => floor.testLines),
        lines,
      ),
    ],
  ]);
  print(
    'Circles of rooms',
    floors.flatMap(({ name, circles }) => circles.map((rooms) => [`${name}: ${rooms.join(', ')}`])),
  );
  print(
    'Tests of no single floor (lines)',
    otherTests.map(({ name, lines: each }) => [name, `${each}`]),
  );
  print(
    'Import cycles when the code runs',
    figures.runtimeCycles.map((each) => [each.join(', ')]),
  );
  print(
    'Import cycles with types',
    figures.typeCycles.map((each) => [each.join(', ')]),
  );

  const problems = values.check ? findProblems(figures) : [];
  if (problems.length) throw new Error(problems.join('\n'));
});
