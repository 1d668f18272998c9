/** The size and shape of the sources in figures; `figures.mjs` prints them. */
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { countCommentLines, filesBelow, findCycles, lineOf, linesOf, readSource } from './sources.mjs';

/** In lines. A function that is a flat switch or table may be longer. The limit of a file is told, not enforced. */
export const LIMITS = { function: 120, class: 400, file: 500 };

/** A switch or table is flat if it takes this share of its function and none of its entries has more lines. */
const FLAT = { share: 0.8, entryLines: 15 };

/**
 * @typedef {object} Piece a function, class or file
 * @property {string} name
 * @property {string} file from the top folder
 * @property {number} line where it begins, from 1
 * @property {number} lines
 * @property {boolean} flat whether it is a function that is one flat switch or table
 * @property {number} members of a class
 */

/**
 * @typedef {object} Floor a folder of `src`
 * @property {string} name
 * @property {number} files
 * @property {number} lines
 * @property {number} commentLines
 * @property {number} rooms its folders, and each file beside them
 * @property {number} arrows pairs of its rooms of which one imports the other, types included
 * @property {string[][]} circles rooms that import each other in a circle, types included
 * @property {number} testLines of the tests of this floor
 */

/**
 * @typedef {object} Figures
 * @property {Piece[]} functions longest first
 * @property {Piece[]} classes longest first
 * @property {Piece[]} files longest first
 * @property {Floor[]} floors
 * @property {string[][]} runtimeCycles files that import each other in a circle when the code runs, `import()` included
 * @property {string[][]} typeCycles the same with imports of types
 * @property {{ name: string, lines: number }[]} otherTests the folders of `test` that belong to no floor
 */

/**
 * Measures a checkout.
 * @param {string} root its top folder
 * @returns {Figures}
 */
export function measure(root) {
  const sources = filesBelow(root, 'src', /\.tsx?$/).map((file) => readSource(root, file));
  const names = [...new Set(sources.map(({ file }) => floorOf(file)))];
  const pieces = sources.map(findPieces);
  const graph = (/** @type {boolean} */ types) =>
    new Map(
      sources.map(({ file, imports }) => [
        file,
        imports.flatMap((each) => (each.file !== null && (types || !each.typeOnly) ? [each.file] : [])),
      ]),
    );
  return {
    functions: longestFirst(pieces.flatMap(({ functions }) => functions)),
    classes: longestFirst(pieces.flatMap(({ classes }) => classes)),
    files: longestFirst(
      sources.map(({ file, text }) => ({
        name: path.posix.basename(file),
        file,
        line: 1,
        lines: countLines(text),
        flat: false,
        members: 0,
      })),
    ),
    floors: names.map((name) =>
      measureFloor(
        name,
        sources.filter(({ file }) => floorOf(file) === name),
        root,
      ),
    ),
    runtimeCycles: findCycles(graph(false)),
    typeCycles: findCycles(graph(true)),
    otherTests: fs.existsSync(path.join(root, 'test'))
      ? fs
          .readdirSync(path.join(root, 'test'), { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && entry.name !== 'fixtures' && !names.includes(entry.name))
          .map(({ name }) => ({ name, lines: testLines(root, name) }))
          .filter(({ lines }) => lines > 0)
      : [],
  };
}

/**
 * @param {string} name
 * @param {import('./sources.mjs').Source[]} sources its own
 * @param {string} root
 * @returns {Floor}
 */
function measureFloor(name, sources, root) {
  /** @type {Map<string, Set<string>>} */
  const rooms = new Map(sources.map(({ file }) => [roomOf(file), new Set()]));
  for (const { file, imports } of sources)
    for (const { file: to } of imports)
      if (to !== null && floorOf(to) === name && roomOf(to) !== roomOf(file) && rooms.has(roomOf(to)))
        rooms.get(roomOf(file))?.add(roomOf(to));
  return {
    name,
    files: sources.length,
    lines: total(sources.map(({ text }) => countLines(text))),
    commentLines: total(sources.map(countCommentLines)),
    rooms: rooms.size,
    arrows: total([...rooms.values()].map((to) => to.size)),
    circles: findCycles(rooms),
    testLines: testLines(root, name),
  };
}

/**
 * The functions and classes of a file; a function counts all its lines, those of functions inside it too.
 * @param {import('./sources.mjs').Source} source
 * @returns {{ functions: Piece[], classes: Piece[] }}
 */
function findPieces({ file, tree }) {
  /** @type {Piece[]} */
  const functions = [];
  /** @type {Piece[]} */
  const classes = [];
  const visit = (/** @type {ts.Node} */ node) => {
    const piece = () => ({
      name: nameOf(node),
      file,
      line: lineOf(tree, node.getStart(tree)),
      lines: linesOf(node, tree),
    });
    if (ts.isClassLike(node)) classes.push({ ...piece(), flat: false, members: node.members.length });
    else if (ts.isFunctionLike(node) && 'body' in node && node.body)
      functions.push({ ...piece(), flat: isFlat(node, /** @type {ts.Node} */ (node.body), tree), members: 0 });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { functions, classes };
}

/**
 * @param {ts.Node} node a function or class
 * @returns {string} its name, or that of what it is assigned to
 */
function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return `${nameOf(node.parent)} constructor`;
  const named = /** @type {{ name?: ts.Node }} */ (/** @type {unknown} */ (node)).name ?? ownerOf(node);
  const name = named ? named.getText() : 'anonymous';
  return ts.isClassElement(node) && ts.isClassLike(node.parent) ? `${nameOf(node.parent)}.${name}` : name;
}

/**
 * @param {ts.Node} node
 * @returns {ts.Node | undefined} the name of the variable or property that holds it, also through a call around it
 */
function ownerOf({ parent }) {
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent))
    return parent.name;
  return ts.isCallExpression(parent) ? (ownerOf(parent) ?? parent.expression) : undefined;
}

/**
 * Whether a function is little else than one switch or one literal whose entries are short.
 * @param {ts.Node} node
 * @param {ts.Node} body
 * @param {ts.SourceFile} tree
 * @returns {boolean}
 */
function isFlat(node, body, tree) {
  let flat = false;
  const visit = (/** @type {ts.Node} */ each) => {
    const entries = ts.isSwitchStatement(each)
      ? each.caseBlock.clauses
      : ts.isObjectLiteralExpression(each)
        ? each.properties
        : ts.isArrayLiteralExpression(each)
          ? each.elements
          : [];
    if (
      entries.length > 0 &&
      linesOf(each, tree) >= FLAT.share * linesOf(node, tree) &&
      [...entries].every((entry) => linesOf(entry, tree) <= FLAT.entryLines)
    )
      flat = true;
    // What is in a function inside is that function's.
    if (!ts.isFunctionLike(each)) ts.forEachChild(each, visit);
  };
  visit(body);
  return flat;
}

/**
 * @param {Figures} figures
 * @returns {string[]} one sentence for each limit that is broken
 */
export function findProblems({ functions, classes, runtimeCycles }) {
  const at = (/** @type {Piece} */ { name, file, line, lines }) => `${name} (${file}:${line}) has ${lines} lines`;
  return [
    ...functions
      .filter(({ lines, flat }) => lines > LIMITS.function && !flat)
      .map((piece) => `The function ${at(piece)}; at most ${LIMITS.function} are allowed.`),
    ...classes
      .filter(({ lines }) => lines > LIMITS.class)
      .map((piece) => `The class ${at(piece)}; at most ${LIMITS.class} are allowed.`),
    ...runtimeCycles.map((files) => `These files import each other in a circle: ${files.join(', ')}.`),
  ];
}

/** @param {string} file */
const floorOf = (file) => {
  const parts = file.split('/');
  return parts.length > 2 ? (parts[1] ?? '') : '(top)';
};

/** @param {string} file */
const roomOf = (file) => file.split('/')[2] ?? file;

/**
 * @param {string} root
 * @param {string} folder of `test`
 * @returns {number}
 */
const testLines = (root, folder) =>
  total(
    filesBelow(root, `test/${folder}`, /\.tsx?$/).map((file) =>
      countLines(fs.readFileSync(path.join(root, file), 'utf8')),
    ),
  );

/** @param {string} text */
const countLines = (text) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

/** @param {number[]} numbers */
const total = (numbers) => numbers.reduce((sum, each) => sum + each, 0);

/** @param {Piece[]} pieces */
const longestFirst = (pieces) => pieces.sort((a, b) => b.lines - a.lines);
