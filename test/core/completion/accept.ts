import { readDocumentContext } from '../../../src/core/completion/documentContext.ts';
import { ALL_TOKENS } from '../../../src/core/completion/fim.ts';
import { fitAnswer, readAnswer, type AnswerState } from '../../../src/core/completion/postprocess.ts';
import { at, CURSOR } from './support.ts';

/** The document after the user accepted an answer at the cursor by one Tab, as the editor would have it. */
export function accept(language: string, marked: string, answer: string, state: AnswerState = 'ended'): string {
  const { document, position } = at(marked, { language });
  const docContext = readDocumentContext(document, position);
  const read = readAnswer(answer, { docContext, tokens: ALL_TOKENS }, state);
  const fit = fitAnswer(read.text, docContext);
  const [before = '', after = ''] = marked.split(CURSOR);
  return 'emptiedBy' in fit ? `${before}${after}` : before + fit.text + after.slice(fit.replaceAfter);
}
