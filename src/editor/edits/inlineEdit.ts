import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { readLines } from '../../core/edits/lines.ts';
import {
  buildEditMessages,
  placeEdit,
  readEditAnswer,
  taskNow,
  type EditRound,
  type EditTask,
} from '../../core/codeTools/inlineEdit.ts';
import { readEdit, type EditResult } from '../../core/codeTools/editAnswer.ts';
import { InPlaceView } from './inPlaceView.ts';
import type { InPlaceEdits } from './inPlace.ts';
import type { Instruction } from './instructionBox.ts';
import type { EditApplier, StreamedProposal } from './proposals.ts';
import type { Tier } from '../../core/common/types.ts';
import type { OneShot, OneShotReply, OneShotRequest } from '../gateway/oneShot.ts';
import { symbolsAround } from '../platform/symbolsAround.ts';
import { mayLeave } from '../platform/mayLeave.ts';
import { currentEditor, pathOf } from '../platform/activeEditor.ts';
import { plural } from '../../core/common/language.ts';
import { withProgress } from '../platform/messages.ts';

/** Most lines of a symbol that is edited without a selection. */
const MOST_LINES = 150;

const MAX_TOKENS = 8_192;

/** What inline edits need of others. */
export interface InlineEditParts {
  readonly oneShot: OneShot;
  readonly inPlace: InPlaceEdits;
  /** Shows a diff where the user's settings keep an edit from being seen in place. */
  readonly applier: () => Promise<EditApplier>;
  /** Takes the instruction below a line, from 0, or -1 for the top; undefined if the user cancels. */
  readonly ask: (document: vscode.TextDocument, line: number, asked: Instruction) => Promise<string | undefined>;
  /** Asks for a fix of problems that came with an edit. */
  readonly fix: (uri: vscode.Uri, problems: string) => Promise<void>;
}

/** An instruction on some lines of a document; the answer streams into the editor, where it is accepted, left or followed up. */
export class InlineEdit {
  readonly #parts: InlineEditParts;

  constructor(parts: InlineEditParts) {
    this.#parts = parts;
  }

  /** Asks for the instruction, on the selection or what is around the cursor; for another version where an edit waits. */
  async start(uri: vscode.Uri | undefined): Promise<void> {
    const editor = currentEditor(uri);
    if (!editor) throw new Error(t('Open a file and select what should be changed.'));
    const { inPlace, ask } = this.#parts;
    if (inPlace.has(editor.document.uri)) return inPlace.followUp(editor.document.uri);
    const { version } = editor.document;
    const range = await rangeToEdit(editor);
    const count = range.end.line - range.start.line;
    const name = pathOf(editor.document.uri);
    const instruction = await ask(editor.document, lineForBox(editor, range), {
      title: plural(count, t('Edit {0} line in {1}', count, name), t('Edit {0} lines in {1}', count, name)),
      placeHolder: t('For example: handle the empty list; add types; make it async'),
    });
    if (!instruction) return;
    // Where the document has changed while the user typed, the lines are elsewhere: the selection has moved with them.
    const now = editor.document.version === version ? range : await rangeToEdit(editor);
    await this.run(editor.document, now, instruction);
  }

  /** @param range whole lines; its end is the start of the line behind them */
  async run(document: vscode.TextDocument, range: vscode.Range, instruction: string): Promise<void> {
    if (!(await mayLeave(document.uri))) return;
    const task: EditTask = {
      path: pathOf(document.uri),
      language: document.languageId,
      lines: readLines(document.getText()).content,
      start: range.start.line,
      end: range.end.line,
    };
    await this.#round(document, document.getText(), task, [{ instruction }]);
  }

  async #round(
    document: vscode.TextDocument,
    base: string,
    task: EditTask,
    rounds: readonly EditRound[],
    chosen?: Tier,
  ): Promise<void> {
    const { inPlace, applier, fix, ask } = this.#parts;
    const label = rounds.at(-1)?.instruction ?? '';
    const request = { fix, checkpoint: { id: crypto.randomUUID(), kind: 'inlineEdit' as const, label } };
    const proposal = InPlaceView.canShow(document)
      ? inPlace.stream(document, base, task.start, request)
      : await (await applier()).stream(document, base, request);
    const reader: AnswerReader = {
      whole: (answer) => readEdit(task, answer, label),
      partial(answer) {
        const lines = readEditAnswer(answer, false, task);
        return lines ? textOf(placeEdit(task, lines, false)) : undefined;
      },
    };
    /** Another tier writes the lines again, in the place of this edit. */
    const again = async (other: Tier): Promise<void> => {
      await proposal.close();
      const now = taskNow(task, readLines(document.getText()).content);
      await this.#round(document, now ? document.getText() : base, now ?? task, rounds, other);
    };
    let answered: OneShotReply | undefined;
    try {
      answered = await this.#ask(document, task, rounds, proposal, reader, { tier: chosen, again });
    } catch (error) {
      // A diff that no answer comes for any more must not stay.
      await proposal.close();
      throw error;
    }
    const read = answered && reader.whole(answered.text);
    // What was not accepted does not come back.
    if (!answered || !read || 'why' in read) return proposal.close();
    const { lines } = read;
    const result = textOf([...task.lines.slice(0, task.start), ...lines, ...task.lines.slice(task.end)]);
    const { tier, result: call } = answered;
    const by = {
      callId: call.callId,
      tier,
      task: 'edit' as const,
      model: call.modelReturned ?? call.model?.model ?? '',
    };
    const followUp = async (): Promise<void> => {
      const next = await ask(document, task.start - 1, {
        title: t('What should be different?'),
        placeHolder: t('For example: keep the comment; use a Map; shorter'),
      });
      if (!next) return;
      await proposal.close();
      const before = rounds.map((round, i) => (i === rounds.length - 1 ? { ...round, lines } : round));
      // Some of it may have been accepted meanwhile.
      const now = taskNow(task, readLines(document.getText()).content);
      const [text, still] = now ? [document.getText(), now] : [base, task];
      await this.#round(document, text, still, [...before, { instruction: next }]);
    };
    proposal.finish(result, followUp, by);
  }

  /** Asks for the lines; the diff shows them as they come, and closing it ends the call. */
  async #ask(
    document: vscode.TextDocument,
    task: EditTask,
    rounds: readonly EditRound[],
    proposal: StreamedProposal,
    reader: AnswerReader,
    { tier, again }: Pick<OneShotRequest, 'tier' | 'again'>,
  ): Promise<OneShotReply | undefined> {
    return withProgress(
      { location: vscode.ProgressLocation.Window, title: t('Gearshift edits {0}', task.path), cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        proposal.onClosed(() => controller.abort());
        return this.#parts.oneShot.ask(
          {
            task: 'edit',
            action: 'inline-edit',
            intent: rounds.at(-1)?.instruction ?? '',
            messages: buildEditMessages(task, rounds),
            language: document.languageId,
            maxTokens: MAX_TOKENS,
            tier,
            again,
            onChosen: (words) => progress.report({ message: words }),
            accept(text) {
              const read = reader.whole(text);
              return 'why' in read ? read.why : null;
            },
            // An instruction was typed, or chosen from the light bulb.
            gesture: true,
          },
          controller.signal,
          (text) => {
            const partial = reader.partial(text);
            if (partial !== undefined) proposal.show(partial);
          },
        );
      },
    );
  }
}

/** Reads an answer to an edit. */
interface AnswerReader {
  readonly whole: (answer: string) => EditResult;
  /** The text of the file with as much of the answer as has come; undefined while there is nothing to show. */
  readonly partial: (answer: string) => string | undefined;
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** The line that the box is below, -1 for the top: directly above the lines if that can be seen, else the cursor's. */
function lineForBox({ visibleRanges, selection }: vscode.TextEditor, range: vscode.Range): number {
  const above = range.start.line - 1;
  const seen = Math.max(0, above);
  const isSeen = visibleRanges.some(({ start, end }) => start.line <= seen && seen <= end.line);
  return isSeen ? above : selection.active.line;
}

/** The selected lines; without a selection the function around the cursor, or its line alone. */
async function rangeToEdit({ document, selection }: vscode.TextEditor): Promise<vscode.Range> {
  const lines = (from: number, to: number): vscode.Range => new vscode.Range(from, 0, to + 1, 0);
  if (!selection.isEmpty) {
    const last = selection.end.character === 0 ? selection.end.line - 1 : selection.end.line;
    return lines(selection.start.line, Math.max(selection.start.line, last));
  }
  const symbol = (await symbolsAround(document, selection.active)).at(-1)?.range;
  return symbol && symbol.end.line - symbol.start.line < MOST_LINES
    ? lines(symbol.start.line, symbol.end.line)
    : lines(selection.active.line, selection.active.line);
}
