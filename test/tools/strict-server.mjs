/**
 * A copy of the VS Code server that refuses proposed API to extensions that do not declare it, as VS Code on the desktop
 * does: code-server answers every such question with yes. Specs that pass on it use stable API alone.
 */
import fs from 'node:fs';
import path from 'node:path';

/** The programs that ask whether an extension may use a proposal, below `lib/vscode/out`. */
const ASKING = ['vs/code/browser/workbench/workbench.js', 'vs/workbench/api/node/extensionHostProcess.js'];

/** The function that answers, right before the one that throws where the answer is no. */
const ANSWER =
  /(function ([\w$]+)\(([\w$]+),([\w$]+)\)\{)return!0(\}function [\w$]+\([\w$]+,[\w$]+\)\{if\(!\2\([\w$]+,[\w$]+\)\)throw new Error\(`Extension '\$\{[\w$]+\.identifier\.value\}' CANNOT use API proposal)/;

/**
 * Makes the copy. Its files are those of the original, but for the two that are changed.
 * @param {string} from folder of an installed server
 * @param {string} to folder that does not exist yet
 */
export function makeStrict(from, to) {
  linkAll(from, to);
  for (const name of ASKING) {
    const file = path.join(to, 'node_modules/code-server/lib/vscode/out', name);
    const code = fs.readFileSync(file, 'utf8');
    const strict = withStrictAnswer(code);
    if (strict === undefined) throw new Error(`${name} does not ask for proposals in the known way.`);
    fs.rmSync(file);
    fs.writeFileSync(file, strict);
  }
}

/**
 * The code with the answer that VS Code gives on the desktop: what the extension's manifest declares.
 * @param {string} code
 * @returns {string | undefined} undefined where the function is not found
 */
export function withStrictAnswer(code) {
  if (!ANSWER.test(code)) return undefined;
  return code.replace(
    ANSWER,
    (_, head, _name, extension, proposal, rest) =>
      `${head}return(${extension}.enabledApiProposals||[]).some(p=>p.split("@")[0]===${proposal})${rest}`,
  );
}

/**
 * @param {string} from
 * @param {string} to
 */
function linkAll(from, to) {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkAll(source, target);
    else if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(source), target);
    else fs.linkSync(source, target);
  }
}
