/** What a file imports, where that may be, and the definitions that it leads to: read from the text, without a language server. */

export interface Import {
  /** As the file writes it: `./shop`, `.models`, `crate::cart`. */
  readonly module: string;
  /** Imported names; empty for the module as a whole. */
  readonly names: readonly string[];
}

const SCRIPT = /^(typescript|javascript)(react)?$|^(vue|svelte)$/;
/** Imports are at the beginning of a file. */
const HEAD_LINES = 200;
const MOST_IMPORTS = 30;

/** The imports of a file that may lead to files of the same workspace. */
export function importsOf(language: string, text: string): Import[] {
  const head = text.split('\n', HEAD_LINES).join('\n');
  const found: Import[] = [];
  const add = (module: string | undefined, names: string | undefined): void => {
    if (module) found.push({ module, names: namesIn(names ?? '') });
  };
  if (SCRIPT.test(language)) {
    for (const [, names, module] of head.matchAll(
      /\bimport\s+(?:type\s+)?([^'"();]*?)\s*\bfrom\s*['"](\.[^'"\n]+)['"]/g,
    ))
      add(module, names);
    for (const [, names, module] of head.matchAll(
      /\b(?:const|let|var)\s+([^=\n]+?)\s*=\s*require\(['"](\.[^'"\n]+)['"]\)/g,
    ))
      add(module, names);
  } else if (language === 'python') {
    for (const [, module, inside, plain] of head.matchAll(
      /^[ \t]*from\s+(\.*[\w.]*)\s+import\s+(?:\(([^)]*)\)|([^\n#]+))/gm,
    ))
      add(module, inside ?? plain);
  } else if (language === 'rust') {
    for (const [, module, inside, plain] of head.matchAll(
      /^\s*(?:pub\s+)?use\s+((?:crate|super|self)(?:::\w+)*?)::(?:\{([^}]*)\}|(\w+))\s*;/gm,
    ))
      add(module, inside ?? plain);
  } else if (language === 'java' || language === 'kotlin' || language === 'scala') {
    for (const [, module, name] of head.matchAll(/^\s*import\s+(?!static)([\w.]+)\.(\w+)\s*;?/gm))
      add(`${module}.${name}`, name);
  } else if (language === 'c' || language === 'cpp' || language === 'objective-c') {
    for (const [, module] of head.matchAll(/^\s*#\s*include\s*"([^"\n]+)"/gm)) add(module, '');
  } else if (language === 'ruby' || language === 'php' || language === 'lua') {
    for (const [, module] of head.matchAll(/\brequire(?:_relative|_once)?\s*\(?\s*['"]([\w./-]+)['"]/g))
      add(module, '');
  }
  return found.slice(0, MOST_IMPORTS);
}

const namesIn = (list: string): string[] =>
  [...list.matchAll(/[A-Za-z_$][\w$]*(?:\s+as\s+[A-Za-z_$][\w$]*)?/g)]
    .map(([name]) => name.split(/\s/)[0] ?? '')
    .filter((name) => name && !['type', 'as', 'self', 'mut'].includes(name));

/** Paths, relative to the workspace, at which a module may be; most likely first. */
export function pathsOf({ module, names }: Import, language: string, from: string): string[] {
  const folder = from.slice(0, from.lastIndexOf('/') + 1);
  if (SCRIPT.test(language)) {
    const base = resolve(folder, module);
    if (/\.(vue|svelte|json|css)$/.test(base)) return [base];
    const stem = base.replace(/\.[cm]?[jt]sx?$/, '');
    const ends =
      /script(react)?$/.test(language) && !language.startsWith('java')
        ? ['.ts', '.tsx', '.js']
        : ['.js', '.jsx', '.ts'];
    return [...ends.map((end) => stem + end), `${stem}/index${ends[0]}`];
  }
  if (language === 'python') {
    const dots = /^\.*/.exec(module)?.[0].length ?? 0;
    const up = dots ? resolve(folder, '../'.repeat(dots - 1) || '.') : '';
    const name = module.slice(dots).replaceAll('.', '/');
    const stem = [up, name].filter(Boolean).join('/');
    const inside = dots && !name ? names.map((each) => `${[up, each].filter(Boolean).join('/')}.py`) : [];
    const roots = dots ? [stem] : [stem, `src/${stem}`];
    return [...inside, ...roots.flatMap((each) => (each ? [`${each}.py`, `${each}/__init__.py`] : []))];
  }
  if (language === 'rust') {
    const root = /^(.*?\bsrc\/)/.exec(from)?.[1] ?? 'src/';
    const own =
      from.endsWith('/mod.rs') || /(^|\/)(lib|main)\.rs$/.test(from) ? folder : `${from.replace(/\.rs$/, '')}/`;
    const [head = '', ...rest] = module.split('::');
    const base = head === 'crate' ? root : head === 'super' ? resolve(own, '..') + '/' : own;
    const stem = `${base}${rest.join('/')}`.replace(/\/$/, '');
    return rest.length ? [`${stem}.rs`, `${stem}/mod.rs`] : [`${stem}/lib.rs`, `${stem}/mod.rs`, `${stem}.rs`];
  }
  if (language === 'java' || language === 'kotlin' || language === 'scala') {
    const end = { java: '.java', kotlin: '.kt', scala: '.scala' }[language];
    const root = /^(.*?\bsrc\/(?:main|test)\/\w+\/)/.exec(from)?.[1] ?? /^(.*?\bsrc\/)/.exec(from)?.[1] ?? '';
    return [`${root}${module.replaceAll('.', '/')}${end}`];
  }
  const end = { ruby: '.rb', php: '.php', lua: '.lua' }[language] ?? '';
  const plain = module.endsWith(end) ? module : module + end;
  return [resolve(folder, plain), `include/${plain}`, `src/${plain}`, `lib/${plain}`];
}

/** `a/b/` and `../c` → `a/c`; what leads out of the workspace leads nowhere. */
function resolve(folder: string, path: string): string {
  const parts: string[] = folder.split('/').filter(Boolean);
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

const DEFINES =
  '(?:export\\s+|default\\s+|public\\s+|private\\s+|protected\\s+|internal\\s+|static\\s+|abstract\\s+|final\\s+|async\\s+|pub(?:\\([^)]*\\))?\\s+|unsafe\\s+|declare\\s+|open\\s+|data\\s+|sealed\\s+)*';
const KINDS =
  '(?:class|interface|type|enum|struct|trait|union|record|object|module|def|func|fn|fun|function\\*?|const|let|var|val|typedef|namespace)';
/** Lines of a type that are shown at most. */
const MOST_MEMBERS = 24;

/**
 * The definitions of some names in a text, shortened to what a caller has to know: a function's signature, a type's
 * header and the signatures of its members.
 */
export function definitionsOf(text: string, names: readonly string[]): string {
  const lines = text.split('\n');
  const parts: string[] = [];
  for (const name of new Set(names)) {
    const escaped = name.replace(/\$/g, '\\$&');
    const define = new RegExp(`^\\s*${DEFINES}${KINDS}\\s+(?:\\([^)]*\\)\\s*)?${escaped}\\b`);
    const at = lines.findIndex((line) => define.test(line));
    if (at >= 0) parts.push(excerpt(lines, at));
  }
  return parts.join('\n');
}

/** Names that a text defines at its left margin, for files whose importers name none. */
export function topNamesOf(text: string): string[] {
  const define = new RegExp(`^${DEFINES}${KINDS}\\s+(?:\\([^)]*\\)\\s*)?([A-Za-z_$][\\w$]*)`, 'gm');
  return [...text.matchAll(define)].map(([, name]) => name ?? '');
}

function excerpt(lines: readonly string[], at: number): string {
  const head = signatureAt(lines, at);
  const first = lines[at] ?? '';
  const isType = /\b(class|interface|type|enum|struct|trait|union|record|object|module|namespace)\b/.test(first);
  if (!isType) return head.text;
  const indent = indentOf(first);
  const members: string[] = [];
  let level = -1;
  for (let i = head.end; i < lines.length && members.length < MOST_MEMBERS; i++) {
    const line = lines[i] ?? '';
    if (!line.trim()) continue;
    if (indentOf(line) <= indent) {
      if (/^\s*[}\])]|^\s*end\b/.test(line)) members.push(line);
      break;
    }
    if (level < 0) level = indentOf(line);
    // Other files do not need the bodies of methods.
    if (indentOf(line) !== level || /^\s*(\/\/|#|\/?\*|"""|'''|[)}\]])/.test(line)) continue;
    const member = signatureAt(lines, i);
    members.push(member.text);
    i = member.end - 1;
  }
  return [head.text, ...members].join('\n');
}

/** A definition up to the end of its parameter list; `end` is the line after it. */
function signatureAt(lines: readonly string[], at: number): { text: string; end: number } {
  let depth = 0;
  for (let i = at; i < Math.min(lines.length, at + 12); i++) {
    for (const char of lines[i] ?? '') depth += '(['.includes(char) ? 1 : ')]'.includes(char) ? -1 : 0;
    if (depth <= 0) return { text: lines.slice(at, i + 1).join('\n'), end: i + 1 };
  }
  return { text: lines[at] ?? '', end: at + 1 };
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
