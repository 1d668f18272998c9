import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { tierName } from '../../core/insights/figures.ts';
import { CHAT_STAGE, INLINE_STAGE } from '../../core/languageModels/hostRequest.ts';
import { BUILD_STAGE } from '../../core/languageModels/plan.ts';
import { describeAgentCost, type AgentCost, type StartedAgents } from '../../core/languageModels/startedAgents.ts';
import { sliceBetweenSecrets } from '../../core/privacy/maskSecrets.ts';
import type { VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import { currentEditor } from '../platform/activeEditor.ts';
import { mayLeave } from '../platform/mayLeave.ts';
import type { CostAtLine } from './costAtLine.ts';
import { builtInExtension, openChat, VENDOR } from './vsCodeChat.ts';
import { showWarningMessage } from '../platform/messages.ts';

/** *Escalate in Agent Mode* and *Build This*: from the user's place to VS Code's agents. The user sends what is prepared. */

/** Longer selections are attached as files alone, in characters. */
const MOST_QUOTED = 4_000;
/** Longer answers are cut, in characters. */
const MOST_OF_ANSWER = 30_000;

/** No one closes the inline chat sooner after it opened, in ms. */
const CLOSED_MS = 200;

const INLINE_CHAT = 'inlineChat.start';

/** What the user wants of an agent: a stronger model with all tools, or the agent that builds. */
export type AgentUse = 'escalate' | 'build';

const AGENTS = {
  escalate: { model: 'frontier', mode: 'agent', stage: CHAT_STAGE },
  build: { model: 'mid', mode: BUILD_STAGE, stage: BUILD_STAGE },
} as const;

export interface AgentStartParts {
  /** Sets VS Code's chat up, after the user agreed. */
  readonly use: () => Promise<void>;
  readonly state: () => Promise<Pick<VsCodeChatFacts, 'builtIn' | 'group'>>;
  readonly started: StartedAgents;
  readonly costs: CostAtLine;
}

/** A place in a file, whose line shows the cost. */
interface Place {
  readonly document: vscode.TextDocument;
  readonly line: number;
}

export class AgentStart {
  readonly #parts: AgentStartParts;

  constructor(parts: AgentStartParts) {
    this.#parts = parts;
  }

  /** Opens an agent with what the cursor is at: a selection, which may be a plan, or a line. */
  async fromEditor(use: AgentUse): Promise<void> {
    if (!(await this.#isReady())) return;
    const editor = currentEditor();
    if (!editor) return this.#open(use, '', [], undefined);
    const { document, selection } = editor;
    if (!(await mayLeave(document.uri))) return;
    const text = document.getText();
    const selected = sliceBetweenSecrets(text, document.offsetAt(selection.start), document.offsetAt(selection.end));
    const quoted = selection.isEmpty || selected.length > MOST_QUOTED ? '' : `\n\n${selected}`;
    const place = placeWords(document, selection);
    const query =
      (use === 'build' ? t('Implement this, at {0}: ', place) : t('Look at {0} and solve this: ', place)) + quoted;
    return this.#open(use, query, [document], { document, line: selection.end.line });
  }

  /** Opens an agent with problems that VS Code reports. */
  async fromProblem(
    use: AgentUse,
    document: vscode.TextDocument,
    at: vscode.Position,
    problems: string,
  ): Promise<void> {
    if (!(await this.#isReady()) || !(await mayLeave(document.uri))) return;
    const place = placeWords(document, new vscode.Selection(at, at));
    const query = [t('Fix these problems, at {0}:', place), problems].join('\n');
    return this.#open(use, query, [document], { document, line: at.line });
  }

  /**
   * Opens an agent with an answer of our chat.
   *
   * @param tell is told what the agent cost, after each of its requests
   */
  async fromAnswer(
    use: AgentUse,
    { question, answer }: { readonly question: string; readonly answer: string },
    tell: (words: string) => void,
  ): Promise<void> {
    if (!(await this.#isReady())) return;
    const text = sliceBetweenSecrets(answer, 0, MOST_OF_ANSWER);
    const query =
      use === 'build'
        ? [t('Implement this:'), '', text]
        : [sliceBetweenSecrets(question, 0, MOST_OF_ANSWER), '', t('An earlier answer, which may be wrong:'), '', text];
    return this.#open(use, query.join('\n'), [], undefined, tell);
  }

  /** Opens VS Code's inline chat on mid or frontier: it shows the edit as a diff with *Keep* and *Undo*. */
  async inline(): Promise<void> {
    if (!(await this.#isReady())) return;
    const editor = currentEditor();
    if (!editor || !(await vscode.commands.getCommands(false)).includes(INLINE_CHAT))
      return void showWarningMessage(
        editor ? t('This version of VS Code has no inline chat.') : t('Open a file to edit it.'),
      );
    const choices = (['mid', 'frontier'] as const).map((tier) => ({ label: tierName(tier), tier }));
    const choice = await vscode.window.showQuickPick(choices, { placeHolder: t('The tier that edits') });
    if (!choice) return;
    const { document, selection } = editor;
    this.#watch(INLINE_STAGE, t('Inline edit'), { document, line: selection.end.line });
    // The command ends when the inline chat is closed. Where VS Code does not open it, the command does nothing and ends.
    const began = Date.now();
    await vscode.commands.executeCommand(INLINE_CHAT, { modelSelector: { vendor: VENDOR, id: choice.tier } });
    if (Date.now() - began < CLOSED_MS)
      void showWarningMessage(
        t(
          'VS Code did not open its inline chat here. In a file with changes of the chat, keep or undo them first; then try again.',
        ),
      );
  }

  async #open(
    use: AgentUse,
    query: string,
    documents: readonly vscode.TextDocument[],
    place: Place | undefined,
    tell?: (words: string) => void,
  ): Promise<void> {
    const { stage, ...how } = AGENTS[use];
    const files = documents.filter(({ isUntitled }) => !isUntitled).map(({ uri }) => uri);
    this.#watch(stage, stage === CHAT_STAGE ? t('Agent on frontier') : stage, place, tell);
    await openChat({ ...how, ...(query ? { query } : {}), files });
  }

  #watch(stage: string, name: string, place: Place | undefined, tell?: (words: string) => void): void {
    this.#parts.started.expect(stage, (cost: AgentCost) => {
      const words = describeAgentCost(name, cost);
      tell?.(words);
      if (place && !place.document.isClosed) this.#parts.costs.show(place, words);
    });
  }

  /** Without the built-in extension and a group of Gearshift there are no agents: the user is asked first what that means. */
  async #isReady(): Promise<boolean> {
    const isThere = async (): Promise<boolean> => {
      const { builtIn, group } = await this.#parts.state();
      if (builtIn === 'off' || group === false) return false;
      await builtInExtension()?.activate();
      return true;
    };
    if (await isThere()) return true;
    await this.#parts.use();
    return isThere();
  }
}

function placeWords(document: vscode.TextDocument, selection: vscode.Selection): string {
  const lines = selection.isEmpty
    ? String(selection.active.line + 1)
    : `${selection.start.line + 1}-${selection.end.line + 1}`;
  return `${vscode.workspace.asRelativePath(document.uri)}:${lines}`;
}
