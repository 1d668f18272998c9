import { eventLoop } from '../common/eventLoop.ts';
import { isSecretFile } from '../privacy/sensitiveFiles.ts';
import { definitionsOf, importsOf, pathsOf, topNamesOf } from './importedDefinitions.ts';
import type { DocumentContext, DocumentView } from './documentContext.ts';
import type { Snippet } from './fim.ts';
import { bestPassage, PassageIndex, wordsOf } from './similarSnippets.ts';

/** A file that is open, or was edited lately. */
export interface Neighbor {
  readonly uri: string;
  readonly path: string;
  readonly fullPath: string;
  readonly language: string;
  readonly version: number;
  readonly lines: () => readonly string[];
}

export interface FileText {
  readonly fullPath: string;
  readonly text: string;
}

export interface ContextSources {
  /** Those edited last come first. */
  readonly neighbors: () => readonly Neighbor[];
  /** Whether an open file may be read as context: a link can lead to a file with secrets. Never rejects. */
  readonly mayRead: (uri: string) => Promise<boolean>;
  /** The text of a file of the workspace, by its path there; undefined when there is none. Never rejects. */
  readonly read: (path: string, beside: string, signal: AbortSignal) => Promise<FileText | undefined>;
  /** What a language server says is wrong at the cursor. */
  readonly problems: (uri: string, line: number) => readonly string[];
}

/** Tokens that other files may take of a prompt, those of definitions among them, and of one file. */
export const CONTEXT_BUDGET = { tokens: 600, definitions: 250, perFile: 280, ms: 30 } as const;
const CHARACTERS_PER_TOKEN = 3;
/** Passages that share less than this are about something else. */
const LEAST_SCORE = 0.12;
const MOST_NEIGHBORS = 20;
/** Lines around the cursor that say what it is about. */
const QUERY_LINES = 30;
/** So far the cursor may go, in lines, before another context may help more; and so long it is kept, in ms. */
const NEAR_LINES = 40;
const KEEP_MS = 60_000;
const READ_MS = 2_000;
const MOST_PROBLEMS = 5;

interface Chosen {
  readonly uri: string;
  readonly line: number;
  readonly at: number;
  readonly imports: string;
  readonly snippets: readonly Snippet[];
}

/**
 * Text of other files that helps to fill a gap: the definitions behind the imports, and passages of open files that are
 * like the text around the cursor. It is at the head of the prompt, so it is kept while one types: a head that
 * changes costs the server everything behind it.
 */
export class ContextGatherer {
  readonly #sources: ContextSources;
  readonly #now: () => number;
  readonly #index = new PassageIndex();
  /** By file and the text of its imports. */
  readonly #definitions = new Map<string, readonly Snippet[]>();
  #chosen: Chosen | null = null;
  /** The document for which a choice is under way. */
  #choosing: string | null = null;

  /** @param now ms since any fixed time */
  constructor(sources: ContextSources, now: () => number) {
    this.#sources = sources;
    this.#now = now;
  }

  /**
   * What was chosen for this place. Choosing goes on in the background, in slices: a key has no time for it. So a file's
   * first question may go without.
   */
  gather(document: DocumentView, line: number, docContext: DocumentContext): readonly Snippet[] {
    const chosen = this.#chosen?.uri === document.uri ? this.#chosen : null;
    const isNear = chosen && Math.abs(chosen.line - line) <= NEAR_LINES && this.#now() - chosen.at < KEEP_MS;
    if (!(isNear && chosen.imports === importKey(document)) && this.#choosing !== document.uri) {
      this.#choosing = document.uri;
      void this.#choose(document, line, docContext).finally(() => (this.#choosing = null));
    }
    return chosen?.snippets ?? [];
  }

  /** What a language server says is wrong on a line, for a question that was asked by key. */
  problemsAt(document: DocumentView, line: number): readonly Snippet[] {
    const problems = this.#sources.problems(document.uri, line).slice(0, MOST_PROBLEMS);
    return problems.length ? [{ path: `problems in ${document.path}`, text: problems.join('\n') }] : [];
  }

  async #choose(document: DocumentView, line: number, docContext: DocumentContext): Promise<void> {
    const imports = importKey(document);
    const definitions = await this.#definitionsOf(document, imports);
    const fresh = [...definitions, ...(await this.#similar(document, docContext, definitions))];
    const last = this.#chosen?.uri === document.uri ? this.#chosen.snippets : null;
    // Another passage of the same files is not worth another head, and neither is one less.
    const isSame =
      last && last.length >= fresh.length && fresh.every(({ path }) => last.some((each) => each.path === path));
    this.#chosen = { uri: document.uri, line, at: this.#now(), imports, snippets: isSame ? last : fresh };
  }

  /** The definitions behind a document's imports, read once. Never rejects. */
  async #definitionsOf(document: DocumentView, key: string): Promise<readonly Snippet[]> {
    const known = this.#definitions.get(key);
    if (known) return known;
    const signal = AbortSignal.timeout(READ_MS);
    const found: Snippet[] = [];
    let left: number = CONTEXT_BUDGET.definitions * CHARACTERS_PER_TOKEN;
    for (const each of importsOf(document.language, headOf(document))) {
      if (signal.aborted || left <= 0) break;
      for (const path of pathsOf(each, document.language, document.path)) {
        if (isSecretFile(path)) continue;
        const file = await this.#sources.read(path, document.uri, signal);
        if (!file || isSecretFile(file.fullPath)) continue;
        const names = each.names.length ? each.names : topNamesOf(file.text);
        const text = clip(definitionsOf(file.text, names), left);
        if (text) found.push({ path, text });
        left -= text.length;
        break;
      }
    }
    found.sort(byPath);
    this.#definitions.set(key, found);
    const oldest = this.#definitions.keys().next().value;
    if (this.#definitions.size > MOST_NEIGHBORS && oldest !== undefined) this.#definitions.delete(oldest);
    return found;
  }

  /** Passages of other files, looked at one file at a time until the budget is spent. */
  async #similar(document: DocumentView, docContext: DocumentContext, taken: readonly Snippet[]): Promise<Snippet[]> {
    const above = docContext.before.split('\n').slice(-QUERY_LINES);
    const below = docContext.after.split('\n').slice(0, QUERY_LINES / 3);
    const query = wordsOf([...above, ...below].join('\n'));
    const ranked: { path: string; text: string; score: number }[] = [];
    let spent = 0;
    for (const file of this.#sources.neighbors().slice(0, MOST_NEIGHBORS)) {
      if (spent > CONTEXT_BUDGET.ms) break;
      if (file.uri === document.uri || isSecretFile(file.fullPath) || taken.some(({ path }) => path === file.path))
        continue;
      if (!(await this.#sources.mayRead(file.uri))) continue;
      const started = this.#now();
      const best = bestPassage(this.#index.passages(file.uri, file.version, file.lines), query);
      spent += this.#now() - started;
      // A file of another language says less.
      const score = (best?.score ?? 0) * (file.language === document.language ? 1 : 0.6);
      if (best && score >= LEAST_SCORE) ranked.push({ path: file.path, text: best.text, score });
      await eventLoop.yieldIfBusy();
    }
    let left: number = (CONTEXT_BUDGET.tokens - CONTEXT_BUDGET.definitions) * CHARACTERS_PER_TOKEN;
    const chosen: Snippet[] = [];
    for (const { path, text } of ranked.sort((a, b) => b.score - a.score)) {
      const clipped = clip(text, Math.min(left, CONTEXT_BUDGET.perFile * CHARACTERS_PER_TOKEN));
      if (!clipped) break;
      chosen.push({ path, text: clipped });
      left -= clipped.length;
    }
    return chosen.sort(byPath);
  }
}

const HEAD = 60;
const headOf = ({ lineCount, lineAt }: DocumentView): string =>
  Array.from({ length: Math.min(HEAD, lineCount) }, (_, i) => lineAt(i)).join('\n');

/** A file with the imports that it has right now. */
function importKey(document: DocumentView): string {
  const imports = importsOf(document.language, headOf(document));
  return `${document.uri}\n${imports.map(({ module, names }) => `${module} ${names.join()}`).join('\n')}`;
}

const byPath = (a: Snippet, b: Snippet): number => (a.path < b.path ? -1 : 1);

/** Whole lines of a text up to a length; nothing when not even a few fit. */
function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.lastIndexOf('\n', most);
  return end > 40 ? text.slice(0, end) : '';
}
