import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { readDocumentContext } from '../../../src/core/completion/documentContext.ts';
import { fitAnswer, readAnswer } from '../../../src/core/completion/postprocess.ts';
import { tokenize } from '../../servers/text.ts';
import { placesBehindClosers, type Gap, type Program } from './placesBehindClosers.ts';
import { at, CURSOR } from './support.ts';

/**
 * Gaps cut out of small programs, and a model that knows what belongs there but has one of the habits of real models.
 * What is shown of its answer is accepted; then the document has to be the original again.
 */

const FOLDERS = ['gaps', 'moreGaps'].map((name) => path.join(import.meta.dirname, 'corpus', name));
const FILES = FOLDERS.flatMap((folder) => fs.readdirSync(folder).map((name) => path.join(folder, name)));
const languageOf = (file: string): string => path.basename(file, '.txt');

const programs: readonly Program[] = FILES.map((file) => ({
  language: languageOf(file),
  text: fs.readFileSync(file, 'utf8').replace(/[⟦⟧]/g, ''),
}));

const gaps: Gap[] = FILES.flatMap((file) => {
  const marked = fs.readFileSync(file, 'utf8');
  const full = marked.replace(/[⟦⟧]/g, '');
  const found: Gap[] = [];
  let shift = 0;
  for (const { 0: whole, index } of marked.matchAll(/⟦[^⟧]*⟧/g)) {
    const text = whole.slice(1, -1);
    const start = index - shift;
    found.push({
      language: languageOf(file),
      before: full.slice(0, start),
      text,
      after: full.slice(start + text.length),
    });
    shift += 2;
  }
  return found;
});

/** How the model answers; what it says after the gap is what it was shown as suffix, and more. */
const HABITS: Readonly<
  Record<
    string,
    {
      readonly answer: (gap: Gap) => string;
      readonly exact: number;
      readonly harmful: number;
      /** The share of exact ones behind what the editor closed. */
      readonly behindClosers: number;
    }
  >
> = {
  'runs on into the text after the cursor': {
    answer: ({ text, after }) => text + after + '\n\nand so on\n',
    exact: 0.92,
    harmful: 0.01,
    behindClosers: 0.97,
  },
  'stops properly': { answer: ({ text }) => text, exact: 0.97, harmful: 0, behindClosers: 0.97 },
  'says a sentence and puts the code into a fence': {
    answer: ({ language, text }) =>
      `Here is the completed code:\n\n\`\`\`${language}\n${text}\n\`\`\`\n\nThis does what you want.`,
    exact: 0.85,
    harmful: 0.01,
    behindClosers: 0.97,
  },
  'first repeats the line as far as it stands': {
    answer: ({ before, text }) => before.slice(before.lastIndexOf('\n') + 1) + text,
    exact: 0.9,
    harmful: 0.01,
    behindClosers: 0.97,
  },
};

type Verdict = 'exact' | 'short' | 'none' | 'harmful';

/** What comes of an answer that arrives token by token. */
function judge(
  { language, before, text, after, closed = '' }: Gap,
  answer: string,
): { verdict: Verdict; shown: string } {
  // Indentation that is in the gap is there already when a user types: the editor wrote it.
  const indent = /^[ \t]*/.exec(text)?.[0] ?? '';
  const { document, position } = at(`${before}${indent}${CURSOR}${closed}${after}`, { language });
  const docContext = readDocumentContext(document, position);
  const context = { docContext, tokens: ['<|endoftext|>'] };
  let raw = '';
  let read = readAnswer(raw, context, 'streaming');
  for (const token of tokenize(
    answer.startsWith(indent) && !answer.startsWith(before.slice(before.lastIndexOf('\n') + 1) || '\0')
      ? answer.slice(indent.length)
      : answer,
  )) {
    raw += token;
    read = readAnswer(raw, context, 'streaming');
    if (read.complete) break;
  }
  if (!read.complete) read = readAnswer(raw, context, 'ended');
  const fit = fitAnswer(read.text, docContext);
  if ('emptiedBy' in fit) return { verdict: 'none', shown: `(${fit.emptiedBy})` };
  const written = before + indent + fit.text + (closed + after).slice(fit.replaceAfter);
  const plain = (code: string): string => code.replace(/[ \t]+$/gm, '');
  const full = before + text + after;
  const isPart = plain(text).startsWith(plain(indent + fit.text)) && fit.replaceAfter === 0 && closed === '';
  return { verdict: plain(written) === plain(full) ? 'exact' : isPart ? 'short' : 'harmful', shown: fit.text };
}

test('there are at least a hundred gaps in at least eight languages', () => {
  assert.ok(gaps.length >= 100 && new Set(gaps.map(({ language }) => language)).size >= 8, `${gaps.length}`);
});

/** The same gaps once the user has typed the first character of what is missing; the editor indents a new line. */
const begunGaps = gaps.flatMap(({ before, text, ...gap }): Gap[] => {
  const [typed = ''] = /^(?:\n[ \t]*|[ \t]*\S)/.exec(text) ?? [];
  const rest = text.slice(typed.length);
  return rest.trim() ? [{ ...gap, before: before + typed, text: rest }] : [];
});

const behindClosers = placesBehindClosers(programs);

test('there are at least sixty places behind what the editor closed', () => {
  assert.ok(behindClosers.length >= 60, `${behindClosers.length}`);
});

const ROOT = path.join(import.meta.dirname, '../../..');
const EXTENSIONS: Readonly<Record<string, string>> = {
  '.ts': 'typescript',
  '.tsx': 'typescriptreact',
  '.js': 'javascript',
  '.py': 'python',
  '.go': 'go',
  '.php': 'php',
  '.scss': 'scss',
  '.json': 'json',
  '.html': 'html',
};
/** Real files are each so far from the next one of their language in the list of all. */
const MOST_FILES = 30;

/** Files of the project and of its dependencies, evenly over all of a language. */
function realPrograms(): Program[] {
  const files = ['src', 'node_modules'].flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => !/\.min\.|\.d\.m?ts$/.test(file))
      .map((file) => path.join(ROOT, folder, file))
      .sort(),
  );
  return Object.entries(EXTENSIONS).flatMap(([extension, language]) => {
    const all = files.filter((file) => path.extname(file) === extension && fs.statSync(file).size < 60_000);
    const step = Math.max(1, all.length / MOST_FILES);
    return Array.from({ length: Math.min(MOST_FILES, all.length) }, (_, i) => ({
      language,
      text: fs.readFileSync(all[Math.floor(i * step)] ?? '', 'utf8').replace(/\r\n?/g, '\n'),
    }));
  });
}

const behindRealClosers = placesBehindClosers(realPrograms());

for (const habit of ['runs on into the text after the cursor', 'stops properly'])
  test(`behind what the editor closed in real files: a model that ${habit}`, () => {
    assert.ok(behindRealClosers.length >= 500, `${behindRealClosers.length}`);
    const answer = HABITS[habit]?.answer ?? (() => '');
    check(habit, behindRealClosers, answer, 0.99, 0.01);
  });

for (const [habit, { answer, exact, harmful, behindClosers: atClosers }] of Object.entries(HABITS)) {
  test(`a model that ${habit}`, () => check(habit, gaps, answer, exact, harmful));
  test(`the same where the first character has been typed: a model that ${habit}`, () =>
    check(habit, begunGaps, answer, exact, harmful));
  test(`the same behind what the editor closed: a model that ${habit}`, () =>
    check(habit, behindClosers, answer, atClosers, 0.01));
}

function check(
  habit: string,
  places: readonly Gap[],
  answer: (gap: Gap) => string,
  exact: number,
  harmful: number,
): void {
  const verdicts = places.map((gap) => ({ gap, ...judge(gap, answer(gap)) }));
  const share = (wanted: Verdict): number =>
    verdicts.filter(({ verdict }) => verdict === wanted).length / places.length;
  const others = verdicts
    .filter(({ verdict }) => verdict !== 'exact')
    .map(
      ({ gap, verdict, shown }) =>
        `${gap.language} ${verdict}: ${JSON.stringify(shown)} for ${JSON.stringify(gap.text)} after ${JSON.stringify(gap.before.slice(gap.before.lastIndexOf('\n') + 1))}`,
    );
  const report = `exact ${share('exact').toFixed(3)}, harmful ${share('harmful').toFixed(3)} of ${places.length}\n${others.join('\n')}`;
  if (process.env.GAPS) process.stdout.write(`${habit}: ${report}\n`);
  assert.ok(share('exact') >= exact && share('harmful') <= harmful, report);
}
