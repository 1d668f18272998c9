import { load } from 'js-yaml';

/** Reads the text of configuration files: YAML with anchors and merges, JSON with comments, and `.env` files. */

/**
 * A YAML or JSON file as data. Of two members with one name the later one counts, as with the readers of LiteLLM (PyYAML)
 * and of JSON. JSON may hold comments and commas before a closing bracket, as VS Code and Continue write
 * it. Throws with the parser's reason, which quotes no line of the file.
 *
 * @param isJson whether the name of the file says that it is JSON
 */
export function parseConfig(text: string, isJson: boolean): unknown {
  const plain = text.replace(/^\uFEFF/, '');
  if (!plain.trim()) return undefined;
  try {
    const data = isJson ? withoutComments(plain) : plain;
    if (!data.replace(ONLY_COMMENT, '').trim()) return undefined;
    return mergeKeys(load(data, { json: true }), new Map());
  } catch (error) {
    // The parser's message quotes the line, which may hold a key.
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Error(reason.slice(0, 120), { cause: error });
  }
}

/** Lines of YAML that hold no data. */
const ONLY_COMMENT = /^[ \t]*(?:#.*|---[ \t]*)?$/gm;

/**
 * What is found in JSON beside data: a text, or a comment. One that does not end goes to the end of its line or of the file,
 * so that no part of the file is read twice.
 */
const TEXT_OR_COMMENT = /("(?:[^"\\\n]|\\.)*"?)|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g;
const TEXT_OR_LAST_COMMA = /("(?:[^"\\\n]|\\.)*"?)|,(?=\s*[}\]])/g;

/** JSON without line comments, block comments and trailing commas; texts in quotes stay as they are. Takes linear time. */
const withoutComments = (text: string): string =>
  text
    .replace(TEXT_OR_COMMENT, (_all, quoted?: string) => quoted ?? ' ')
    .replace(TEXT_OR_LAST_COMMA, (_all, quoted?: string) => quoted ?? '');

/**
 * Replaces merge keys (`<<: *defaults`, yaml.org/type/merge.html) by the members that they stand for: a mapping's own
 * members win, then those of the first source. The parser keeps aliases as one object, so each is merged once.
 */
function mergeKeys(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (done.has(value)) return done.get(value);
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    done.set(value, list);
    for (const each of value) list.push(mergeKeys(each, done));
    return list;
  }
  const merged: Record<string, unknown> = {};
  done.set(value, merged);
  const { '<<': sources, ...own } = value as Record<string, unknown>;
  for (const source of [sources].flat().reverse()) Object.assign(merged, mergeKeys(source, done));
  for (const [name, each] of Object.entries(own)) {
    Object.defineProperty(merged, name, {
      value: mergeKeys(each, done),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return merged;
}

/** Longest value of a variable that is read; keys are far shorter. */
const MOST_VALUE = 2000;

/**
 * The variables of a `.env` file: `NAME=value` per line, with `export` before it or not, in quotes or not. Later lines
 * win, as with the tools that read such files. Lines of any other form are passed over.
 */
export function parseDotEnv(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [head, name] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/.exec(line) ?? [];
    const value = line.slice(head?.length).trim();
    if (name === undefined || value.length > MOST_VALUE) continue;
    variables[name] = /^(["'])(.*?)\1/.exec(value)?.[2] ?? value.replace(/\s+#.*$/, '');
  }
  return variables;
}
