import { indentOf, looseKey } from './lines.ts';

/** Lines that declare something, in any language that says so with a keyword or writes methods as C does. */

const KEYWORD =
  /^(?:(?:export|default|declare|pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|sealed|partial|async|unsafe|inline|extern|virtual|override|open|data|suspend|const(?=\s+(?:fn|enum|unsafe)))\s+)*(function\*?|class|interface|type|enum|const|let|var|val|def|fn|func|fun|struct|impl|trait|module|mod|namespace|record|object|sub|procedure|local function)\s+(?:\([^)]*\)\s*)?([\w$.:]+)/;
const METHOD =
  /^(?:(?:public|private|protected|internal|static|final|abstract|async|override|readonly|virtual|get|set|inline|const|unsigned|\*)\s*)*(?:[\w$.]+(?:<[^()]*>)?(?:\[\])?[\s*&]+)?([#\w$~:]+)\s*(?:<[^()]*>)?\(.*(?:[{:]|=>|\))\s*$/;
const NO_NAME =
  /^(?:if|for|while|switch|catch|return|with|foreach|elif|else|match|super|await|new|throw|assert|print)$/;

/** `function add`, `class Pool`, `method take`: what a line declares; null when it declares nothing. */
export function declarationOf(line: string): string | null {
  const text = looseKey(line);
  const keyword = KEYWORD.exec(text);
  // The colon of a type is no part of the name.
  if (keyword) return `${keyword[1]} ${keyword[2]?.replace(/:+$/, '')}`;
  const method = METHOD.exec(text);
  return method?.[1] && !NO_NAME.test(method[1]) ? `method ${method[1]}` : null;
}

const VALUE = /^(?:const|let|var|val) /;
const IS_FUNCTION = /=\s*(?:async\s*)?(?:function\b|(?:\([^()]*\)|[\w$]+)[^=(]*=>|\([^)]*$)/;

/** The name of the function or type that a line declares, where it is worth a word when it vanishes. */
export function nameWorthKeeping(line: string): string | null {
  const declared = declarationOf(line);
  if (declared === null) return null;
  // A line like `load(x)` can be a call; with a body behind it, it is none.
  if (declared.startsWith('method ') && !/(?:[{:]|=>)\s*$/.test(line)) return null;
  if (VALUE.test(declared) && indentOf(line) !== '' && !IS_FUNCTION.test(line)) return null;
  return declared.slice(declared.lastIndexOf(' ') + 1);
}
