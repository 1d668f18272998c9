import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { readDocumentContext } from '../../../src/core/completion/documentContext.ts';
import { fitAnswer, readAnswer } from '../../../src/core/completion/postprocess.ts';
import { tokenize } from '../../servers/text.ts';
import { at, CURSOR } from './support.ts';

/**
 * Gaps cut out of small programs, and a model that knows what belongs there but has one of the habits of real models.
 * What is shown of its answer is accepted; then the document has to be the original again.
 */

const FOLDER = path.join(import.meta.dirname, 'corpus/gaps');

interface Gap {
  readonly language: string;
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

const gaps: Gap[] = fs.readdirSync(FOLDER).flatMap((file) => {
  const marked = fs.readFileSync(path.join(FOLDER, file), 'utf8');
  const full = marked.replace(/[⟦⟧]/g, '');
  const found: Gap[] = [];
  let shift = 0;
  for (const { 0: whole, index } of marked.matchAll(/⟦[^⟧]*⟧/g)) {
    const text = whole.slice(1, -1);
    const start = index - shift;
    found.push({
      language: file.replace(/\.txt$/, ''),
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
  Record<string, { readonly answer: (gap: Gap) => string; readonly exact: number; readonly harmful: number }>
> = {
  'runs on into the text after the cursor': {
    answer: ({ text, after }) => text + after + '\n\nand so on\n',
    exact: 0.92,
    harmful: 0.01,
  },
  'stops properly': { answer: ({ text }) => text, exact: 0.97, harmful: 0 },
  'says a sentence and puts the code into a fence': {
    answer: ({ language, text }) =>
      `Here is the completed code:\n\n\`\`\`${language}\n${text}\n\`\`\`\n\nThis does what you want.`,
    exact: 0.85,
    harmful: 0.03,
  },
  'first repeats the line as far as it stands': {
    answer: ({ before, text }) => before.slice(before.lastIndexOf('\n') + 1) + text,
    exact: 0.9,
    harmful: 0.02,
  },
};

type Verdict = 'exact' | 'short' | 'none' | 'harmful';

/** What comes of an answer that arrives token by token. */
function judge({ before, text, after }: Gap, answer: string): { verdict: Verdict; shown: string } {
  // Indentation that stands in the gap is there already when somebody types: the editor wrote it.
  const indent = /^[ \t]*/.exec(text)?.[0] ?? '';
  const { document, position } = at(`${before}${indent}${CURSOR}${after}`);
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
  const written = before + indent + fit.text + after.slice(fit.replaceAfter);
  const plain = (code: string): string => code.replace(/[ \t]+$/gm, '');
  const full = before + text + after;
  const isPart = plain(text).startsWith(plain(indent + fit.text)) && fit.replaceAfter === 0;
  return { verdict: plain(written) === plain(full) ? 'exact' : isPart ? 'short' : 'harmful', shown: fit.text };
}

test('there are at least fifty gaps in at least eight languages', () => {
  assert.ok(gaps.length >= 50 && new Set(gaps.map(({ language }) => language)).size >= 8, `${gaps.length}`);
});

for (const [habit, { answer, exact, harmful }] of Object.entries(HABITS)) {
  test(`a model that ${habit}`, () => {
    const verdicts = gaps.map((gap) => ({ gap, ...judge(gap, answer(gap)) }));
    const share = (wanted: Verdict): number =>
      verdicts.filter(({ verdict }) => verdict === wanted).length / gaps.length;
    const others = verdicts
      .filter(({ verdict }) => verdict !== 'exact')
      .map(
        ({ gap, verdict, shown }) =>
          `${gap.language} ${verdict}: ${JSON.stringify(shown)} for ${JSON.stringify(gap.text)}`,
      );
    const report = `exact ${share('exact').toFixed(3)}, harmful ${share('harmful').toFixed(3)}\n${others.join('\n')}`;
    if (process.env.GAPS) console.log(habit, report);
    assert.ok(share('exact') >= exact && share('harmful') <= harmful, report);
  });
}
