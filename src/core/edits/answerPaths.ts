import type { NamedBy } from './proposal.ts';

/** Names of files in what surrounds a code block: the info string of a fence, a heading, a comment in the first line. */

const KNOWN_NAMES =
  /^(makefile|dockerfile|jenkinsfile|rakefile|gemfile|procfile|license|readme|codeowners|justfile|vagrantfile)$/i;
const SHAPE = /^[^\s`*"'<>|?{}]+$/;

/** Whether a word could be the name of a file: it has a folder or an ending, and is no number, call or address. */
export function looksLikePath(word: string): boolean {
  if (word.length > 400 || /^(?:[a-z][a-z0-9+.-]*:\/\/|www\.)/i.test(word)) return false;
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

/**
 * Extensions of files that people write. A name in prose that ends otherwise (`audit.write`, `user.name`) is code, unless such a
 * file exists.
 */
const KNOWN_EXTENSION = new RegExp(
  `\\.(?:${[
    'ts tsx mts cts js jsx mjs cjs vue svelte astro html htm xhtml css scss sass less styl pcss json json5 jsonc jsonl',
    'py pyi pyx ipynb rb erb rake gemspec php phtml blade java kt kts scala sc groovy gradle clj cljs cljc edn',
    'c h cc cpp cxx hh hpp hxx inl m mm swift cs csx fs fsx fsi vb go mod sum rs zig nim d v odin jl r rmd lua pl pm t',
    'hs lhs elm purs ml mli re ex exs eex heex leex erl hrl dart pas pp dpr lpr adb ads f f90 f95 for cob cbl asm s S',
    'sh bash zsh fish nu ps1 psm1 psd1 bat cmd awk sed tcl',
    'sql prisma graphql gql proto thrift avsc tf tfvars hcl bicep nix dhall cue rego',
    'yml yaml toml ini cfg conf properties editorconfig service desktop plist xml xsd xsl xslt svg csproj fsproj vbproj sln props targets resx xaml axaml razor cshtml',
    'md mdx markdown rst adoc asciidoc txt tex bib org typ csv tsv lock patch diff cmake mk mak bzl bazel am in',
    'sol vy cairo move wgsl glsl hlsl vert frag geom comp metal cu cuh cl gd tscn tres shader unity uss uxml',
    'tpl tmpl j2 jinja jinja2 ejs hbs handlebars mustache pug jade haml slim liquid njk twig',
    'snap http rest feature robot ino pde scad kicad_sch vhd vhdl sv svh',
  ]
    .join(' ')
    .split(' ')
    .join('|')})$`,
);
const DOT_FILE =
  /^\.(?:[a-z][\w-]*(?:ignore|rc|attributes|modules|config|env|version|profile)|env(?:\.[\w-]+)*|npmrc|nvmrc|babelrc|editorconfig)(?:\.[\w.]+)?$/i;

const nameOf = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** Whether a word is the name of a file by its extension, and not only by its shape. */
function isFileName(word: string): boolean {
  const name = nameOf(word);
  if (!looksLikePath(word) || !SHAPE.test(word)) return false;
  return KNOWN_NAMES.test(name) || DOT_FILE.test(name) || KNOWN_EXTENSION.test(name);
}

/** What a line above a code block says about its file. */
export interface HeadingPath {
  /** Null where the name could as well be code. */
  readonly path: string | null;
  readonly namedBy: NamedBy;
  /** Names a file only if that exists: a name with spaces, or with an unknown extension. */
  readonly perhaps?: string;
  /** The line says that the file is new. */
  readonly saysNew?: boolean;
}

/** Words for a new file. Other languages than these lose only the words: a path with a folder is new without them. */
const NEW =
  /\b(?:new(?:ly)?|creat(?:e[sd]?|ing)|add(?:s|ed|ing)?\b.*\bfile|neue?[rsn]?|erstell\w*|nouveau|nouvelle|cr[ée]{1,2}\w*|nuev[oa]|crea[rn]?|nov[oa]|criar?|nuov[oa])\b|新|创建|新規|作成|нов|созда|생성|추가/iu;

const MAY_NAME = /[\w)\]][.\\/]|[.\\/][\w([]|file|license|readme|codeowners/i;

/**
 * The file that a line before a code block names, or null: `### src/a.ts`, `**File: a.ts**`, ``Change `a.ts`:``. A name with
 * an unknown extension is none by itself: `perhaps` holds it.
 */
export function pathInHeading(line: string): HeadingPath | null {
  // Most lines of an answer contain no file name; this check finds them quickly.
  if (line.length > 500 || !MAY_NAME.test(line)) return null;
  const says = NEW.test(line) ? { saysNew: true } : {};
  // The tag in which calls of tools name a file.
  const tagged = /^\s*<(path|file[_-]?path|file[_-]?name)>([^<>]+)<\/\1>\s*$/i.exec(line)?.[2]?.trim();
  if (tagged !== undefined && looksLikePath(tagged)) return { path: tagged, namedBy: 'format' };
  const bare = bareText(line);
  const quoted = [...line.matchAll(/`([^`]+)`|\*\*([^*`]+)\*\*/g)].map((match) =>
    readQuoted(match[1] ?? match[2] ?? ''),
  );
  const all = [...new Set(quoted.flatMap(({ path }) => path ?? []))];
  const inFolders = all.filter((each) => /[\\/]/.test(each));
  // `b.c` beside `src/a.ts` is code.
  const files = all.length > 1 && inFolders.length === 1 ? inFolders : all;
  if (files.length > 1) return null;
  const [file] = files;
  if (file !== undefined) {
    const { perhaps } = quoted.find(({ path }) => path === file) ?? {};
    // Text beside the name makes it a sentence.
    const namedBy = bare.split(/\s+/).length <= 2 ? 'label' : 'mention';
    return { path: file, namedBy, ...says, ...(perhaps === undefined ? {} : { perhaps }) };
  }
  const unsure = quoted.flatMap(({ perhaps }) => perhaps ?? []);
  if (unsure.length === 1 && unsure[0] !== undefined)
    return { path: null, namedBy: 'mention', perhaps: unsure[0], ...says };
  if (quoted.length > 0) return null;
  const path = trimPunctuation(bare);
  if (SHAPE.test(path) && looksLikePath(path)) {
    const isPath = isFileName(path) || (/[\\/]/.test(path) && /\.[A-Za-z]\w*$/.test(nameOf(path)));
    return isPath ? { path, namedBy: 'label', ...says } : { path: null, namedBy: 'label', perhaps: path, ...says };
  }
  // Without quotes a name among words needs its folder, and is none in a whole sentence.
  if (/[.!?。]\s*$/.test(line)) return null;
  const words = [...new Set(bare.split(/[\s：]+/).map(trimPunctuation))].filter(
    (word) => /[\\/]/.test(word) && isFileName(word),
  );
  const [word] = words;
  if (words.length !== 1 || word === undefined) return null;
  return { path: word, namedBy: bare.split(/\s+/).length <= 2 ? 'label' : 'mention', ...says };
}

/** A word without quotes, brackets, dashes and underscores around it; brackets that are part of a path stay. */
const trimPunctuation = (word: string): string => {
  const bare = word.replace(/^["'“”‘’«»(<{_—–,;]+|["'“”‘’«»)>}_—–,;:]+$/g, '');
  return trimPath(/^\[[^[\]]*\]$/.test(bare) ? bare.slice(1, -1) : bare);
};

/** The line without the marks of a heading or list, and without the words that are around a path on its own. */
function bareText(line: string): string {
  return line
    .trim()
    .replace(/\[([^\]]+)\]\([^()]*\)|<\/?\w+>/g, '$1')
    .replace(/^(?:(?:[#>*+-]+|\d+[.)]|\[[ xX]\])\s+)+/, '')
    .replace(/[`*]+/g, '')
    .replace(/^["']+|["']+$/g, '')
    .replace(/^(?:(?:new |modified |updated )?(?:file|path|filename|update|create|edit|modify|in)\b)\s*:?\s*/i, '')
    .replace(/\s*\((?:new|modified|updated|new file)\)\s*:?$/i, '')
    .replace(/["']*:?$/, '');
}

/** A text in backticks or bold: the name of a file, or words of which the last one is. */
function readQuoted(text: string): { readonly path?: string; readonly perhaps?: string } {
  const whole = trimPath(text.trim().replace(/^(?:file[ _-]?path|file|path|file[ _-]?name)\s*:\s*/i, ''));
  if (!/\s/.test(whole)) return isFileName(whole) ? { path: whole } : looksLikePath(whole) ? { perhaps: whole } : {};
  const last = trimPath(whole.split(/\s+/).at(-1) ?? '');
  if (!isFileName(last) || /[=;{}<>|]/.test(whole)) return {};
  return { path: last, ...(/^[^\s,:]+(?: [^\s,:]+){1,3}$/.test(whole) ? { perhaps: whole } : {}) };
}

/** Extensions of what one language is written in; a language that is in no row says nothing. */
const KINDS = [
  'ts tsx mts cts js jsx mjs cjs typescript javascript typescriptreact javascriptreact vue svelte astro',
  'json jsonc json5',
  'yml yaml',
  'toml ini cfg conf properties',
  'py pyi ipynb python python3',
  'css scss sass less',
  'go golang',
  'rs rust',
  'java kt kotlin',
  'c h cc cpp hpp cxx',
  'cs csharp',
  'rb ruby',
  'sql',
].map((row) => row.split(' '));

const kindOf = (word: string): number => KINDS.findIndex((row) => row.includes(word.toLowerCase()));

/** Whether a fence is in another language than a file of this name: a sentence above it names the file for another reason. */
export function contradicts(language: string, path: string): boolean {
  const [ours, theirs] = [kindOf(language), kindOf(/\.(\w+)$/.exec(nameOf(path))?.[1] ?? '')];
  return ours >= 0 && theirs >= 0 && ours !== theirs;
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
  if (value !== undefined && looksLikePath(trimPath(value)))
    return { language: named?.index === 0 ? '' : language, path: trimPath(value) };
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
    /^\s*(?:\/\/|#|--|;|%|\/\*+|<!--)\s*(?:(?:file[ _-]?path|file|path|file[ _-]?name)\s*:\s*)?([^\s`*"'<>|]+)\s*(?:\*+\/|-->)?\s*$/i.exec(
      line,
    );
  const path = match?.[1];
  return path !== undefined && !path.startsWith('!') && looksLikePath(path) ? path : null;
}
