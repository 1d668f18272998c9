/** Reads source files with TypeScript's parser: which exist, what they import, where their comments are. */
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/**
 * @typedef {object} Import
 * @property {string} what the specifier as written
 * @property {string | null} file the file that it names, from the top folder; null for packages and modules of Node
 * @property {boolean} typeOnly whether it is gone when the code runs
 */

/**
 * @typedef {object} Source
 * @property {string} file from the top folder, with `/`
 * @property {string} text
 * @property {ts.SourceFile} tree
 * @property {Import[]} imports static ones, re-exports and `import()`
 */

/**
 * The files below a folder, sorted; none where there is no such folder.
 * @param {string} root the top folder
 * @param {string} folder from the top folder
 * @param {RegExp} [name] what their names match
 * @returns {string[]} from the top folder, with `/`
 */
export function filesBelow(root, folder, name = /./) {
  const top = path.join(root, folder);
  if (!fs.existsSync(top)) return [];
  return fs
    .readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

/**
 * @param {string} root the top folder
 * @param {string} file from the top folder
 * @returns {Source}
 */
export function readSource(root, file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return { file, text, tree, imports: findImports(root, file, tree) };
}

/**
 * @param {string} root
 * @param {string} file
 * @param {ts.SourceFile} tree
 * @returns {Import[]}
 */
function findImports(root, file, tree) {
  /** @type {Import[]} */
  const found = [];
  const add = (/** @type {ts.Node | undefined} */ specifier, /** @type {boolean} */ typeOnly) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const what = specifier.text;
    const name = what.startsWith('.') ? path.posix.join(path.posix.dirname(file), what) : null;
    found.push({ what, file: name !== null && isFile(path.join(root, name)) ? name : null, typeOnly });
  };
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/**
 * @param {string} name an absolute path
 * @returns {boolean}
 */
export const isFile = (name) => fs.statSync(name, { throwIfNoEntry: false })?.isFile() === true;

/**
 * How many lines a comment begins, ends or continues in.
 * @param {Source} source
 * @returns {number}
 */
export function countCommentLines({ text, tree }) {
  /** @type {Set<number>} */
  const lines = new Set();
  const note = (/** @type {readonly ts.CommentRange[] | undefined} */ ranges) => {
    for (const { pos, end } of ranges ?? []) {
      const last = lineOf(tree, end - 1);
      for (let line = lineOf(tree, pos); line <= last; line++) lines.add(line);
    }
  };
  const visit = (/** @type {ts.Node} */ node) => {
    if (node.kind === ts.SyntaxKind.JsxText || ts.isJSDoc(node)) return; // `//` in text is no comment
    note(ts.getLeadingCommentRanges(text, node.pos));
    note(ts.getTrailingCommentRanges(text, node.end));
    for (const child of node.getChildren(tree)) visit(child);
  };
  visit(tree);
  return lines.size;
}

/**
 * @param {ts.SourceFile} tree
 * @param {number} position
 * @returns {number} from 1
 */
export const lineOf = (tree, position) => tree.getLineAndCharacterOfPosition(position).line + 1;

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} tree
 * @returns {number} the lines from the first to the last of a node, without the comments before it
 */
export const linesOf = (node, tree) => lineOf(tree, node.end) - lineOf(tree, node.getStart(tree)) + 1;

/**
 * The groups of nodes that reach each other in a directed graph (Tarjan), without single nodes.
 * @param {ReadonlyMap<string, Iterable<string>>} graph
 * @returns {string[][]} sorted
 */
export function findCycles(graph) {
  /** @type {Map<string, number>} */
  const index = new Map();
  /** @type {Map<string, number>} */
  const low = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const groups = [];
  const visit = (/** @type {string} */ node) => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) groups.push(group.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return groups.sort((a, b) => a.join().localeCompare(b.join()));
}
