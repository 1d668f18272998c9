/** Finds code that runs other code than what a reader of the file sees: T25, "no dynamic code". */
import ts from 'typescript';

/** Modules of Node whose purpose is to run text or stored machine code, or to change how modules are found. */
const MODULES = new Set(['vm', 'module', 'repl', 'inspector', 'v8'].flatMap((name) => [name, `node:${name}`]));

/** Functions that take code as text. */
const FUNCTIONS = new Set(['eval', 'Function', 'AsyncFunction', 'GeneratorFunction', 'importScripts']);

/** Options and functions of V8's code cache. */
const CODE_CACHE = new Set(['cachedData', 'createCachedData', 'enableCompileCache', 'setFlagsFromString']);

/**
 * Looks through JavaScript or TypeScript by its syntax, so that neither comments nor strings count.
 * @param {string} file its name; the ending tells the language
 * @param {string} text
 * @returns {string[]} a sentence per place: `file:line runs "eval"`
 */
export function findDynamicCode(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false);
  /** @type {string[]} */
  const found = [];
  const note = (/** @type {ts.Node} */ node, /** @type {string} */ what) =>
    found.push(`${file}:${source.getLineAndCharacterOfPosition(node.pos).line + 1} ${what}`);
  /** @param {ts.Node} node */
  const visit = (node) => {
    const module = moduleOf(node);
    if (module && MODULES.has(module)) note(node, `loads "${module}"`);
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const called = nameOf(node.expression);
      if (called && FUNCTIONS.has(called)) note(node, `runs "${called}"`);
      // A timer that is given text runs it.
      const [first] = node.arguments ?? [];
      if (called && /^set(Timeout|Interval|Immediate)$/.test(called) && first && ts.isStringLiteralLike(first))
        note(node, `runs text by "${called}"`);
    }
    const name = ts.isIdentifier(node) || ts.isStringLiteral(node) ? node.text : undefined;
    if (name && CODE_CACHE.has(name)) note(node, `uses "${name}"`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * @param {ts.Node} node
 * @returns {string | undefined} the module that an import, export, `import()` or `require()` names
 */
function moduleOf(node) {
  const named = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : undefined;
  const isLoad =
    ts.isCallExpression(node) &&
    (node.expression.kind === ts.SyntaxKind.ImportKeyword ||
      /^(require|getBuiltinModule)$/.test(nameOf(node.expression) ?? ''));
  const given = named ?? (isLoad ? node.arguments[0] : undefined);
  return given && ts.isStringLiteralLike(given) ? given.text : undefined;
}

/**
 * @param {ts.Expression} expression
 * @returns {string | undefined} what is called: `eval`, `globalThis.eval`, `window['eval']`, `(0, eval)`
 */
function nameOf(expression) {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isParenthesizedExpression(expression)) return nameOf(expression.expression);
  if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.CommaToken)
    return nameOf(expression.right);
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  if (ts.isElementAccessExpression(expression) && ts.isStringLiteralLike(expression.argumentExpression))
    return expression.argumentExpression.text;
  return undefined;
}
