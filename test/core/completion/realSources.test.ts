import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import {
  readDocumentContext,
  type DocumentContext,
  type DocumentView,
} from '../../../src/core/completion/documentContext.ts';
import { ALL_TOKENS } from '../../../src/core/completion/fim.ts';
import { fitAnswer, readAnswer, type Answer } from '../../../src/core/completion/postprocess.ts';

/**
 * Real source files, the project's own, those of its dependencies and the small ones of the corpus: at random places a
 * piece is cut out, and the answer is that piece. Accepting it has to give the file again, or a right beginning of the
 * piece.
 *
 *   SOURCES_SEED=1     another sample
 *   SOURCES_PLACES=200 places per language and mode
 *   SOURCES_SHOW=1     prints the figures, and what came out wrong
 */
const SEED = Number(process.env['SOURCES_SEED'] ?? 11);
const PLACES = Number(process.env['SOURCES_PLACES'] ?? 200);
const SHOW = Boolean(process.env['SOURCES_SHOW']);
/** Share of places at which the answer has to come out right. */
const FLOOR = 0.995;

const ROOT = path.join(import.meta.dirname, '../../..');
const GAPS = path.join(import.meta.dirname, 'corpus/gaps');
const LANGUAGES: Readonly<Record<string, string>> = {
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.tsx': 'typescriptreact',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.css': 'css',
  '.scss': 'scss',
  '.json': 'json',
  '.md': 'markdown',
  '.yml': 'yaml',
  '.yaml': 'yaml',
  '.html': 'html',
  '.xml': 'xml',
  '.sh': 'shellscript',
  '.ps1': 'powershell',
  '.py': 'python',
  '.go': 'go',
  '.php': 'php',
};

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

interface Source {
  readonly lines: readonly string[];
}

/** Files by language: the first ones of a shuffled list that are fit to be read. */
function readSources(): Map<string, Source[]> {
  const found = new Map<string, string[]>();
  for (const folder of ['src', 'test', 'docs', 'node_modules']) {
    const all = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const file of all.sort()) {
      const language = LANGUAGES[path.extname(file)];
      if (!language || /\.min\.|\.d\.m?ts$/.test(file)) continue;
      found.set(language, [...(found.get(language) ?? []), path.join(ROOT, folder, file)]);
    }
  }
  const next = random(SEED);
  const sources = new Map<string, Source[]>();
  const add = (language: string, text: string): void => {
    const lines = text.replace(/\r\n?/g, '\n').split('\n');
    if (text.length > 50 && lines.every(({ length }) => length < 2_000))
      sources.set(language, [...(sources.get(language) ?? []), { lines }]);
  };
  for (const [language, files] of found)
    for (let i = 0; i < 60 && (sources.get(language)?.length ?? 0) < 40; i++) {
      const file = files[next(files.length)] ?? '';
      if (fs.statSync(file).size < 200_000) add(language, fs.readFileSync(file, 'utf8'));
    }
  for (const file of fs.readdirSync(GAPS))
    add(path.basename(file, '.txt'), fs.readFileSync(path.join(GAPS, file), 'utf8').replace(/[⟦⟧]/g, ''));
  return sources;
}

interface Place {
  readonly line: number;
  readonly from: number;
  /** The piece ends here, on its own line or on a later one. */
  readonly lastLine: number;
  readonly to: number;
}

/** Where a piece is cut out; undefined where this mode has no place. */
type Mode = (lines: readonly string[], at: number, next: (below: number) => number) => Place | undefined;

const indentOf = (line: string): number => /^\s*/.exec(line)?.[0].length ?? 0;

const MODES: Readonly<Record<string, Mode>> = {
  'before closers': (lines, at, next) => {
    const line = lines[at] ?? '';
    const closers = /[\s)\]}>'"`;,]+$/.exec(line);
    if (!closers?.[0].trim()) return undefined;
    const to = closers.index + next(closers[0].length);
    return { line: at, from: next(to), lastLine: at, to };
  },
  'in the middle of a line': (lines, at, next) => {
    const { length } = lines[at] ?? '';
    const from = next(length);
    return { line: at, from, lastLine: at, to: from + 1 + next(length - from) };
  },
  'to the end of a line': (lines, at, next) => {
    const { length } = lines[at] ?? '';
    return { line: at, from: next(length), lastLine: at, to: length };
  },
  'over several lines': (lines, at, next) => {
    const lastLine = Math.min(lines.length - 1, at + 1 + next(4));
    return { line: at, from: next((lines[at] ?? '').length), lastLine, to: (lines[lastLine] ?? '').length };
  },
  'on a deeper line': (lines, at) => {
    const indent = indentOf(lines[at - 1] ?? '');
    const line = lines[at] ?? '';
    const isDeeper = (lines[at - 1] ?? '').trim() !== '' && indentOf(line) > indent && indent > 0;
    if (!isDeeper || line.slice(0, indent) !== (lines[at - 1] ?? '').slice(0, indent)) return undefined;
    return { line: at, from: indent, lastLine: at, to: line.length };
  },
};

type Verdict = 'exact' | 'beginning' | 'nothing' | 'wrong';

const plain = (text: string): string => text.replace(/[ \t]+$/gm, '').trimEnd();

/** Reads an answer as it streams; one that runs on is cut at the limit of tokens. */
function readStream(raw: string, docContext: DocumentContext, runsOn: boolean): Answer {
  const context = { docContext, tokens: ALL_TOKENS };
  for (let length = 20; length < raw.length; length += 20) {
    const read = readAnswer(raw.slice(0, length), context, 'streaming');
    if (read.complete) return read;
  }
  return readAnswer(raw, context, runsOn ? 'cut' : 'ended');
}

/** What comes of the true answer at a place; undefined where no completion would be asked for. */
function judge(
  language: string,
  { lines }: Source,
  place: Place,
  isDeeper: boolean,
  runsOn: boolean,
): { verdict: Verdict; shown: string } | undefined {
  const { line, from, lastLine, to } = place;
  const prefix = (lines[line] ?? '').slice(0, from);
  const suffix = (lines[lastLine] ?? '').slice(to);
  const cut = lines.slice(line, lastLine + 1);
  const gap =
    line === lastLine ? (cut[0] ?? '').slice(from, to) : [(cut[0] ?? '').slice(from), ...cut.slice(1)].join('\n');
  const word = /[\p{L}\p{N}\p{M}\p{Pc}$]/u;
  if (!gap.trim() || word.test(suffix.charAt(0))) return undefined;
  // The editor puts the cursor behind the indentation.
  if (!isDeeper && !prefix.trim() && /^\s/.test(gap) && !gap.startsWith('\n')) return undefined;
  // No user's cursor is inside a mark of several characters.
  const edge = prefix.slice(-1) + gap.charAt(0);
  const end = gap.slice(-1) + suffix.charAt(0);
  const isMark = (pair: string): boolean =>
    /^(\*\/|->|!-|@["'])$/.test(pair) || (/^[^\s\w()[\]{}]{2}$/.test(pair) && pair[0] === pair[1]);
  if (isMark(edge) || isMark(end)) return undefined;
  const document = [...lines.slice(0, line), prefix + suffix, ...lines.slice(lastLine + 1)];
  const view: DocumentView = {
    uri: 'file:///a',
    scheme: 'file',
    path: 'a',
    fullPath: '/a',
    language,
    version: 1,
    lineCount: document.length,
    lineAt: (at) => document[at] ?? '',
  };
  const docContext = readDocumentContext(view, { line, character: from });
  const raw = runsOn ? `${gap}${suffix}\n${lines.slice(lastLine + 1, lastLine + 8).join('\n')}\n` : gap;
  const read = readStream(raw, docContext, runsOn);
  const fit = read.text ? fitAnswer(read.text, docContext) : { emptiedBy: read.emptiedBy };
  const about = (shown: unknown): string => JSON.stringify({ prefix, gap, suffix, shown });
  if (!('text' in fit)) return { verdict: 'nothing', shown: about(fit) };
  const got = prefix + fit.text + suffix.slice(fit.replaceAfter);
  if (plain(got) === plain(prefix + gap + suffix)) return { verdict: 'exact', shown: '' };
  const isBeginning = plain(gap).startsWith(plain(fit.text)) && fit.replaceAfter === 0 && suffix.trim() === '';
  return { verdict: isBeginning ? 'beginning' : 'wrong', shown: about(fit) };
}

const sources = readSources();

test('there are sources in at least fifteen languages', () =>
  assert.ok(sources.size >= 15, [...sources.keys()].join(' ')));

for (const [mode, placeIn] of Object.entries(MODES))
  for (const runsOn of [false, true])
    test(`the true text ${mode}${runsOn ? ', and what follows,' : ''} gives the true document, seed ${SEED}`, (t) =>
      check(t, mode, placeIn, runsOn));

function check(t: TestContext, mode: string, placeIn: Mode, runsOn: boolean): void {
  const total: Record<Verdict, number> = { exact: 0, beginning: 0, nothing: 0, wrong: 0 };
  const figures: string[] = [];
  const others: string[] = [];
  for (const [language, files] of sources) {
    const next = random(SEED);
    const count: Record<Verdict, number> = { exact: 0, beginning: 0, nothing: 0, wrong: 0 };
    for (let tries = 0, places = 0; tries < PLACES * 20 && places < PLACES; tries++) {
      const source = files[next(files.length)];
      const at = next(source?.lines.length ?? 0);
      const line = source?.lines[at] ?? '';
      if (!source || line.trim().length < 4 || line.length > 300) continue;
      const place = placeIn(source.lines, at, next);
      const judged = place && judge(language, source, place, mode === 'on a deeper line', runsOn);
      if (!judged) continue;
      places++;
      count[judged.verdict]++;
      total[judged.verdict]++;
      if (judged.verdict === 'wrong' || judged.verdict === 'nothing')
        others.push(`${language} ${judged.verdict} ${judged.shown}`);
    }
    figures.push(`${language} ${count.exact}+${count.beginning}, nothing ${count.nothing}, wrong ${count.wrong}`);
  }
  const all = total.exact + total.beginning + total.nothing + total.wrong;
  const right = (total.exact + total.beginning) / all;
  const share = `${(100 * right).toFixed(2)}% of ${all} right (seed ${SEED})`;
  const report = `${share}\n${figures.join('\n')}\n${others.join('\n')}`;
  t.diagnostic(`${share}; ${figures.join('; ')}`);
  if (SHOW) process.stdout.write(`${mode}${runsOn ? ', running on' : ''}: ${report}\n`);
  assert.ok(right >= FLOOR, report);
}
