/** Names of files in what surrounds a code block: the info string of a fence, a heading, a comment in the first line. */

const KNOWN_NAMES =
  /^(makefile|dockerfile|jenkinsfile|rakefile|gemfile|procfile|license|readme|codeowners|justfile|vagrantfile)$/i;
const SHAPE = /^[^\s`*"'<>|?{}]+$/;

/** Whether a word could be the name of a file: it has a folder or an ending, and is no number, call or address. */
export function looksLikePath(word: string): boolean {
  if (word.length > 400 || /^[a-z][a-z0-9+.-]*:\/\//i.test(word)) return false;
  const name = word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1);
  if (KNOWN_NAMES.test(name)) return true;
  if (/[()=;,]$/.test(word) || /^[\d.]+$/.test(name)) return false;
  return (
    /^\.?[^.].*\.[A-Za-z][\w+-]{0,14}$|^\.[A-Za-z][\w.-]+$/.test(name) ||
    (/[\\/]/.test(word) && /^[\w.@$[\]()-]+$/.test(name))
  );
}

/** `src/a.ts:10-20` and `src/a.ts#L10` name `src/a.ts`; so do `a/src/a.ts` in quotes. */
function trimPath(word: string): string {
  return word.replace(/(?:#L\d+(?:-L?\d+)?|:\d+(?:[-:]\d+)?)$/, '').replace(/[:,.]$/, '');
}

/** The path that a line before a code block names, or null: `### src/a.ts`, `**File: a.ts**`, ``Change `a.ts`:``. */
export function pathInHeading(line: string): string | null {
  if (line.length > 500) return null;
  const quoted = [...line.matchAll(/`([^`]+)`|\*\*([^*`]+)\*\*/g)]
    .map((match) => trimPath((match[1] ?? match[2] ?? '').trim().replace(/^(?:file|path|filename)\s*:\s*/i, '')))
    .filter(looksLikePath);
  if (quoted.length === 1) return quoted[0] ?? null;
  if (quoted.length > 1) return null;
  const bare = line
    .trim()
    .replace(/^(?:[#>*+-]+|\d+[.)])\s+/, '')
    .replace(/^[*_"']+|[*_"']+$/g, '')
    .replace(/^(?:(?:new |modified |updated )?(?:file|path|filename|update|create|edit|modify|in)\b)\s*:?\s*/i, '')
    .replace(/\s*\((?:new|modified|updated|new file)\)\s*:?$/i, '')
    .replace(/[*_"']*:?$/, '');
  const path = trimPath(bare);
  return SHAPE.test(path) && looksLikePath(path) ? path : null;
}

export interface FenceInfo {
  readonly language: string;
  readonly path: string | null;
}

/** Reads the info string of a fence: ```` ```ts src/a.ts ````, `ts:src/a.ts`, `ts title="a.ts"`, `src/a.ts`, `12:20:src/a.ts`. */
export function readFenceInfo(info: string): FenceInfo {
  const text = info.trim();
  const named = /(?:^|[\s{])(?:title|path|file|filename|name)\s*[=:]\s*(?:"([^"]+)"|'([^']+)'|([^\s}]+))/i.exec(text);
  const [first = '', ...rest] = text.split(/\s+/);
  const language = /^[\w+#.-]*/.exec(first)?.[0] ?? '';
  const value = named?.[1] ?? named?.[2] ?? named?.[3];
  if (value !== undefined) return { language: named?.index === 0 ? '' : language, path: trimPath(value) };
  const ranged = /^\d+:\d+:(.+)$/.exec(first);
  if (ranged) return { language: '', path: ranged[1] ?? null };
  const joined = /^([\w+#-]+):(.+)$/.exec(first);
  if (joined && looksLikePath(trimPath(joined[2] ?? '')))
    return { language: joined[1] ?? '', path: trimPath(joined[2] ?? '') };
  const later = rest.map(trimPath).find((word) => SHAPE.test(word) && looksLikePath(word));
  if (later !== undefined) return { language, path: later };
  const alone = trimPath(first);
  if (SHAPE.test(alone) && looksLikePath(alone) && /[./\\]/.test(alone) && !/^asp\.net$/i.test(alone))
    return { language: '', path: alone };
  return { language, path: null };
}

/** The path in a first line such as `// src/a.ts`, `# a.py`, `<!-- a.html -->`, or null. */
export function pathInComment(line: string): string | null {
  const match =
    /^\s*(?:\/\/|#|--|;|%|\/\*+|<!--)\s*(?:(?:file|path|filename)\s*:\s*)?([^\s`*"'<>|]+)\s*(?:\*+\/|-->)?\s*$/i.exec(
      line,
    );
  const path = match?.[1];
  return path !== undefined && !path.startsWith('!') && looksLikePath(path) ? path : null;
}
