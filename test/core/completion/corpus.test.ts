import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { readDocumentContext } from '../../../src/core/completion/documentContext.ts';
import { ALL_TOKENS } from '../../../src/core/completion/fim.ts';
import { fitAnswer, readAnswer } from '../../../src/core/completion/postprocess.ts';
import { tokenize } from '../../servers/text.ts';
import { at } from './support.ts';

/**
 * Answers and what is shown of them. A case in `corpus/cases`:
 *
 *     ### sentence | language [cut]
 *     document with a cursor
 *     --- answer
 *     what the model says
 *     --- shown [replacing n]      or: --- nothing[: filter]
 *     what is inserted
 */
const FOLDER = path.join(import.meta.dirname, 'corpus/cases');

interface Case {
  readonly name: string;
  readonly language: string;
  readonly cut: boolean;
  readonly document: string;
  readonly answer: string;
  readonly shown: string | null;
  readonly replaces: number;
  readonly filter: string | undefined;
}

const plain = (text: string): string =>
  text
    .replace(/\\u\{([0-9A-F]+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/\\r\n/g, '\r\n')
    .replaceAll('\\\\', '\\');

function parseCase(block: string): Case {
  const [head = '', ...lines] = block.split('\n');
  const [name = '', about = ''] = head.split(' | ');
  const [language = '', cut] = about.split(' ');
  const body = lines.join('\n');
  const match = /^(.*?)\n--- answer\n(?:(.*?)\n)?--- (shown|nothing)(?:: (\S+)| replacing (\d+))?(?:\n(.*))?$/s.exec(
    body,
  );
  assert.ok(match, `the case "${name}" has its parts`);
  const [, document = '', answer = '', kind, filter, replaces, shown = ''] = match;
  return {
    name,
    language,
    cut: cut === 'cut',
    document: plain(document),
    answer: plain(answer),
    shown: kind === 'shown' ? plain(shown) : null,
    replaces: Number(replaces ?? 0),
    filter,
  };
}

const files = fs.readdirSync(FOLDER).map((file) => ({ file, text: fs.readFileSync(path.join(FOLDER, file), 'utf8') }));
const cases = files.flatMap(({ file, text }) =>
  text
    .split(/^### /m)
    .slice(1)
    .map((block) => ({ file, ...parseCase(block.replace(/\n+$/, '')) })),
);

for (const { file, name, language, document: marked, answer, cut, shown, replaces, filter } of cases) {
  test(`${file.replace('.txt', '')}: ${name}`, () => {
    const { document, position } = at(marked, { language });
    const docContext = readDocumentContext(document, position);
    const context = { docContext, tokens: ALL_TOKENS };
    // As it streams, whatever the pieces.
    let raw = '';
    let read = readAnswer(raw, context, 'streaming');
    for (const token of tokenize(answer)) {
      raw += token;
      read = readAnswer(raw, context, 'streaming');
      if (read.complete) break;
    }
    if (!read.complete) read = readAnswer(raw, context, cut ? 'cut' : 'ended');
    const fit = read.text ? fitAnswer(read.text, docContext) : { emptiedBy: read.emptiedBy ?? 'blank' };
    if (shown === null) {
      assert.ok('emptiedBy' in fit, JSON.stringify(fit));
      if (filter) assert.equal(fit.emptiedBy, filter);
    } else {
      assert.deepEqual(fit, { text: shown, replaceAfter: replaces });
    }
  });
}

test('the corpus has cases in at least eight languages', () => {
  assert.ok(new Set(cases.map(({ language }) => language)).size >= 8);
});
