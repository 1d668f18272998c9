import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { AnsweredBy } from '../../core/ledger/outcomes.ts';
import type { FollowCode } from './codeBlockActions.ts';
import type { Estimator, Gateway } from '../../core/gateway/call.ts';
import { answerForFrontier } from '../../core/chat/branches.ts';
import type { Answer, AnswerRoute, Attachment, Question } from '../../core/chat/conversation.ts';
import { missingConsent } from '../../core/chat/approval.ts';
import { actionName, questionFor, type Escalation, type Part } from '../../core/chat/escalation.ts';
import { previewRule } from '../../core/chat/routingReplay.ts';
import type { ChooseRival } from '../../core/chat/blindRival.ts';
import type { ChatStore } from '../../core/chat/threadStore.ts';
import { describeRule } from '../../core/routing/describeRule.ts';
import { ChatSession } from '../../core/chat/session.ts';
import type { NextStep } from '../../core/gateway/describeFailure.ts';
import { lineLog, type Logger } from '../../core/common/logger.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { contextTokensOf } from '../../core/money/pricing.ts';
import { formatModelRef, type Tier, type TierChoice } from '../../core/common/types.ts';
import type { Checkpoints } from '../edits/checkpoints.ts';
import type { EditApplier } from '../edits/proposals.ts';
import { attachFile, attachRange, escalationQuestion } from './attach.ts';
import { currentEditor, pathOf } from '../platform/activeEditor.ts';
import { openThreads } from '../platform/chatThreads.ts';
import type { SharedPartTypes } from '../platform/sharedParts.ts';
import { ChatView } from './chatView.ts';
import { ContextPicker, takeTerminal } from './contextPicker.ts';
import type { Codebase } from '../codebase/codebase.ts';
import { ChoiceLog } from '../platform/choiceLog.ts';
import { EditorGestures } from './editorGestures.ts';
import { Instructions } from './instructions.ts';
import { LocalWindows } from '../routing/localWindows.ts';
import type { AskParts } from '../platform/askProvider.ts';
import { tellGaps } from '../gateway/setupMessage.ts';
import { Router, type RouterParts } from '../routing/autoRouter.ts';
import { readPastQuestions } from '../platform/pastQuestions.ts';
import { originOf } from '../platform/attachmentOrigins.ts';
import { PromptLibrary } from './promptLibrary.ts';
import { showInformationMessage, showWarningMessage } from '../platform/messages.ts';

/** Key of the one small thing that the workspace remembers: which thread was open. */
const OPEN_THREAD = 'chat.openThread';

export interface ChatControllerParts extends RouterParts {
  readonly keys: AskParts['keys'];
  readonly context: vscode.ExtensionContext;
  readonly gateway: Gateway & Estimator;
  readonly fetch: typeof globalThis.fetch;
  readonly trusted: () => boolean;
  /** The problem with settings or ledger, for the line above the composer. */
  readonly notices: () => readonly string[];
  readonly recipes: () => Promise<SharedPartTypes['recipes']>;
  /** Told of code of an answer that was copied or placed in a document. */
  readonly followCode?: ((by: Omit<AnsweredBy, 'language'>, code: Parameters<FollowCode>[0]) => void) | undefined;
  readonly edits: () => Promise<EditApplier>;
  readonly checkpoints: () => Promise<Checkpoints>;
  readonly codebase: () => Promise<Codebase>;
  /** What the index says of itself; nothing is loaded for it. */
  readonly codebaseStatus: () => string;
  readonly rival: ChooseRival;
  readonly voted: ConstructorParameters<typeof ChatView>[0]['voted'];
  readonly takeStep: (next: NextStep, provider: string | undefined) => void | Promise<void>;
  readonly keepTask: ConstructorParameters<typeof ChatView>[0]['keepTask'];
  readonly compareTier: ConstructorParameters<typeof ChatView>[0]['compareTier'];
  /** Opens an agent of VS Code's chat with an answer. */
  readonly toAgent: ConstructorParameters<typeof ChatView>[0]['toAgent'];
  readonly log: Logger;
}

/** The answer that code comes from, as outcomes know it. */
const answeredBy = ({ callId, id, tier, escalated, model }: Answer): Omit<AnsweredBy, 'language'> => ({
  callId: callId ?? id,
  tier,
  task: escalated ? 'escalate' : 'chat',
  model,
});

/** The chat: its session and its view. Opened when the view is first shown, or something is first escalated. */
export class ChatController implements vscode.Disposable {
  /** What menus of the editor, of tabs and of the explorer do. */
  readonly gestures: EditorGestures;
  readonly #session: ChatSession;
  readonly #view: ChatView;
  readonly #restored: Promise<void>;
  readonly #parts: ChatControllerParts;
  readonly #router: Router;
  readonly #chats: ChatStore;
  readonly #watch: { dispose(): void };
  #checkpoints: Checkpoints | undefined;

  constructor(parts: ChatControllerParts) {
    this.#parts = parts;
    const { context, config, prices, trusted, log } = parts;
    const warn = lineLog(log);
    this.#chats = openThreads(context, warn);
    const windows = new LocalWindows(parts);
    const choices = new ChoiceLog(context.globalState, log);
    const router = (this.#router = new Router({ ...parts, windows, choices }));
    const prompts = new PromptLibrary(context.extensionUri, trusted);
    const instructions = new Instructions(trusted);
    this.#session = new ChatSession({
      rules: (paths) => instructions.rules(paths),
      gateway: parts.gateway,
      store: this.#chats,
      chain: (tier) => router.chain(tier),
      route: (request, signal) => router.route(request, signal),
      rival: parts.rival,
      room: (tier) => router.room(tier),
      gaps: (tier, auto) => router.gaps(tier, auto),
      missingConsent: (chain, tier) => missingConsent(chain, config.settings, trusted(), tier),
      grantConsent: (origins, tier) => config.agree(origins, tier),
      window: async (model) => {
        const provider = config.settings.providers.get(model.provider);
        if (!provider) return undefined;
        await windows.ask(provider, model.model);
        return contextTokensOf(prices, provider, model.model);
      },
      price: async (model) => {
        const provider = config.settings.providers.get(model.provider);
        return provider && (await prices.find(provider, model.model))?.price;
      },
      confirmAbove: () => config.settings.confirmAbove * 1e9,
      now: Date.now,
      defaultTier: () => config.settings.chatTier,
      log: warn,
    });
    this.#watch = this.#session.onEvent(({ kind }) => {
      if (kind !== 'state') return;
      context.workspaceState.update(OPEN_THREAD, this.#session.thread.id).then(undefined, (error: unknown) => {
        log.error('the open thread', error);
      });
    });
    this.#restored = this.#session.restore(context.workspaceState.get<string>(OPEN_THREAD));
    const contextPicker = new ContextPicker({
      urls: () => config.settings.contextUrls,
      trusted,
      fetch: parts.fetch,
      codebase: {
        status: () => parts.codebaseStatus(),
        start: () => void parts.codebase().then((codebase) => codebase.start()),
      },
    });
    this.#view = new ChatView({
      extensionUri: context.extensionUri,
      session: this.#session,
      settings: () => config.settings,
      prices,
      context: contextPicker,
      chooseOtherChat: async () => (await import('./otherChats.ts')).chooseOtherChat(context, this.#chats, warn),
      chooseModel: async () => (await import('./otherModel.ts')).chooseOtherModel(parts),
      offersContext: () => config.settings.editorContext,
      prompts,
      recipes: parts.recipes,
      codebase: parts.codebase,
      tierState: (tier) => parts.tierState(tier),
      describeRemembered: (route, tier) => router.describeRemembered(route, tier),
      overrode: (route, tier) => router.overrode(route, tier),
      remember: (route, tier) => this.#remember(route, tier),
      notice: () =>
        trusted()
          ? { text: parts.notices().join(' '), next: 'none' }
          : { text: t('This workspace is not trusted: the cloud tiers are off.'), next: 'trust' },
      followCode: (answer, code) => this.#parts.followCode?.(answeredBy(answer), code),
      applyAnswer: (answer, question, block) => this.#apply(answer, question, block),
      canRestore: (answerId) => this.#checkpoints?.has(this.#answersFrom(answerId)) ?? false,
      restoreBefore: (answerId) => this.#restoreBefore(answerId),
      voted: parts.voted,
      keepTask: parts.keepTask,
      compareTier: parts.compareTier,
      toAgent: parts.toAgent,
      takeStep: parts.takeStep,
      log,
    });
    this.gestures = new EditorGestures({
      session: this.#session,
      view: this.#view,
      context: contextPicker,
      prompts,
      restored: this.#restored,
    });
    parts.checkpoints().then(
      (checkpoints) => {
        this.#checkpoints = checkpoints;
        checkpoints.onChange(() => this.#view.refresh());
        this.#view.refresh();
      },
      (error: unknown) => log.error('checkpoints', error),
    );
  }

  /** Fills VS Code's view with the chat. */
  resolve(view: vscode.WebviewView): void {
    this.#view.resolve(view);
  }

  openPanel(): void {
    this.#view.openPanel();
  }

  /** Fills an editor tab that VS Code kept over a reload. */
  adopt(panel: vscode.WebviewPanel): void {
    this.#view.adopt(panel);
  }

  refresh(): void {
    this.#view.refresh();
  }

  /**
   * Asks frontier the last question that *Auto* sent elsewhere; says so where there is none. Another extension may have
   * run the command, so the user sees the price first.
   */
  async askFrontier(): Promise<void> {
    await this.#restored;
    const answer = answerForFrontier(this.#session.thread);
    const offer = answer?.route?.offers.find(({ tier }) => tier === 'frontier');
    if (!answer || !offer) void showInformationMessage(t('There is no Auto answer that frontier could replace.'));
    else if (await agreeToPrice(offer)) {
      if (answer.route) this.#router.overrode(answer.route, 'frontier');
      await this.#session.reroute(answer.id, 'frontier');
    }
  }

  /** Adds the rule that equal overrides suggest, after the user has seen what it does to the last questions. */
  async #remember({ likeness }: AnswerRoute, tier: Tier): Promise<void> {
    const rule = this.#router.rule(likeness, tier);
    const past = await readPastQuestions(this.#chats, MOST_PREVIEWED);
    const { settings } = this.#parts.config;
    const { matches, changes } = previewRule(rule, past, {
      rules: settings.routing.rules,
      entries: settings.routing.entries,
      threshold: settings.routing.threshold,
      private: settings.private,
      windowTokens: {},
    });
    const add = t('Add Rule');
    const detail = [
      describeRule(rule),
      t('Of your last questions ({0}), it matches {1}; {2} would go to another tier.', past.length, matches, changes),
    ].join('\n\n');
    const words = t('Always do this for similar questions?');
    const choice = await showInformationMessage(words, { modal: true, detail }, add);
    if (choice === add) await this.#router.addRule(rule);
  }

  async showHistory(): Promise<void> {
    await this.#restored;
    await this.#view.showHistory();
  }

  async startThread(): Promise<void> {
    await this.#restored;
    // VS Code moves the focus through its frames and loses keys meanwhile: the new chat appears after that.
    await this.#view.focus();
    await this.#session.start();
  }

  /** Escalates what is in the editor of the given document, or in the active one. */
  async escalate(action: Escalation | undefined, uri?: vscode.Uri): Promise<void> {
    const editor = currentEditor(uri);
    if (!editor) throw new Error(t('Open a file and select what the frontier model should look at.'));
    const { gatherParts } = await import('./escalationContext.ts');
    await this.#escalateParts(askedBy(action), () => gatherParts(editor));
  }

  /** Escalates problems of a document, with the code that they are in. */
  async escalateProblems(document: vscode.TextDocument, at: vscode.Position, problems: string): Promise<void> {
    const { gatherParts } = await import('./escalationContext.ts');
    const question = [questionFor('debug'), t('It is about this:'), problems].join('\n');
    await this.#escalateParts({ question, did: actionName('debug') }, () =>
      gatherParts({ document, selection: new vscode.Selection(at, at) }),
    );
  }

  /** Escalates what is selected in the terminal, with a question of the user's. */
  async escalateTerminal(): Promise<void> {
    const selected = await takeTerminal();
    if (!selected) return;
    const { gatherOutput } = await import('./escalationContext.ts');
    const question = questionFor('output');
    const asked = { question, askIn: t('Ask about this output. Enter alone asks: {0}', question) };
    await this.#escalateParts(asked, () => gatherOutput(selected));
  }

  /** @param argument what VS Code's test messages hand over */
  async escalateTestFailure(argument: unknown): Promise<void> {
    const { gatherTestFailure } = await import('./escalationContext.ts');
    // Any extension can hand over such a message: the user sees it before it is sent.
    const asked = { question: questionFor('failure'), did: actionName('failure') };
    await this.#escalateParts(asked, () => gatherTestFailure(argument), true);
  }

  /**
   * Shows the content to send, then asks the frontier model. Without a question it follows from the code; `did` is what the
   * user did to ask it, which the chat shows in its place; `askIn` lets the user type another question.
   */
  async #escalateParts(
    { question: asked, did, askIn }: AskedBy,
    gather: () => Promise<readonly Part[] | undefined>,
    alwaysPreview = false,
  ): Promise<void> {
    const gaps = await this.#router.gaps('frontier', false);
    if (gaps.length > 0) return tellGaps(gaps);
    const { previewParts } = await import('./escalationPreview.ts');
    const parts = await gather();
    const [main] = parts ?? [];
    if (!parts || !main) return;
    await this.#restored;
    const chosen = await previewParts({
      parts,
      question: asked ?? escalationQuestion(main.attachment),
      askIn,
      estimate: (attachments, text) => this.#session.estimateEscalation(attachments, text),
      askAbove: alwaysPreview ? 0 : this.#parts.config.settings.previewAbove * 1e9,
    });
    const [first, ...more] = chosen?.attachments ?? [];
    if (!chosen || !first) return;
    await this.#view.focus();
    await this.#session.escalate(first, chosen.question, more, chosen.atMost, did);
  }

  async #apply(answer: Answer, question: Question | undefined, block?: number): Promise<void> {
    if (answer.state === 'waiting' || answer.state === 'streaming') {
      void showInformationMessage(t('The answer is still being written.'));
      return;
    }
    const [{ editsOfBlock, parseAnswer }, { cleanEditQuestion }] = await Promise.all([
      import('../../core/edits/parseAnswer.ts'),
      import('../../core/edits/editFormats.ts'),
    ]);
    const origins = (question?.attachments ?? []).map(originOf).filter((origin) => origin !== undefined);
    const [first] = origins;
    const about = { origin: first && pathOf(first.uri) };
    const edits = block === undefined ? parseAnswer(answer.text, about) : editsOfBlock(answer.text, block, about);
    if (!edits) return;
    await (
      await this.#parts.edits()
    ).propose({
      answer: edits,
      origins,
      question: question?.text,
      askAgain: (uri, trouble) =>
        this.#ask(uri, cleanEditQuestion(trouble, this.#parts.config.settings.tiers.mid[0]?.model ?? '')),
      fix: (uri, problems) => this.askToFix(uri, problems),
      by: answeredBy(answer),
      checkpoint: { id: answer.id, kind: 'answer', label: questionLabel(question) },
      onApplied: (edit) => this.#view.showApplied(answer.id, edit),
    });
  }

  /** This answer and all that came after it, in the order in which they were given. */
  #answersFrom(answerId: string): string[] {
    const { turns } = this.#session.thread;
    const at = turns.findIndex(({ id }) => id === answerId);
    return at < 0 ? [] : turns.slice(at).flatMap(({ id, role }) => (role === 'assistant' ? [id] : []));
  }

  async #restoreBefore(answerId: string): Promise<void> {
    const { turns } = this.#session.thread;
    const answer = turns.find((turn): turn is Answer => turn.id === answerId && turn.role === 'assistant');
    const question = turns.find((turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user');
    const label = t('Restore to before: {0}', questionLabel(question));
    await (await this.#parts.checkpoints()).restore(this.#answersFrom(answerId), label, { ask: true });
  }

  /** Asks about problems that a change brought. */
  askToFix(uri: vscode.Uri, problems: string): Promise<void> {
    return this.#ask(uri, fixQuestion(problems));
  }

  /** Asks about some lines of a document; the rules choose the tier. */
  async askAbout(document: vscode.TextDocument, range: vscode.Range, question: string): Promise<void> {
    const attachment = await attachRange(document, range);
    if (!attachment) return;
    await this.#restored;
    await this.#view.focus();
    await this.#askWith(attachment, question, 'auto');
  }

  /** Asks the mid tier about a whole file, in the conversation, where it is seen and counted. */
  async #ask(uri: vscode.Uri, question: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    const attachment = await attachFile(document);
    if (!attachment) return;
    await this.#view.focus();
    await this.#askWith(attachment, question, 'mid');
  }

  /** Asks with an attachment, which stays in the composer when the question is not taken. */
  async #askWith(attachment: Attachment, question: string, tier: TierChoice): Promise<void> {
    this.#session.attach(attachment);
    const result = await this.#session.ask(question, tier);
    if (result === 'busy')
      void showWarningMessage(
        t('An answer is in progress, so your question was not sent. Ask again when it has ended.'),
      );
    if (result === 'gone') void showWarningMessage(t('This chat was deleted, so your question was not sent.'));
  }

  dispose(): void {
    this.#watch.dispose();
    this.#view.dispose();
    this.#session.dispose().catch((error: unknown) => this.#parts.log.error('chat', error));
  }
}

/** Shows what a question would cost at a model, in nano-USD (null: unknown), and asks; what is free is not asked about. */
async function agreeToPrice({ model, nanoUsd }: AnswerRoute['offers'][number]): Promise<boolean> {
  if (nanoUsd === 0) return true;
  const send = t('Send');
  const detail =
    nanoUsd === null
      ? t("Its price is unknown, so the cost can't be estimated.")
      : t('It will likely cost {0}.', displayMoney(nanoUsd));
  const choice = await showInformationMessage(
    t('Ask {0} the last question instead?', formatModelRef(model)),
    { modal: true, detail },
    send,
  );
  return choice === send;
}

/** So many of the last questions show what a rule would do. */
const MOST_PREVIEWED = 30;

/** Most characters of a question in the list of checkpoints. */
const MOST_LABEL = 80;

/** A question as one short line. */
const questionLabel = (question: Question | undefined): string => {
  const line = question?.text.trim().split('\n')[0] ?? '';
  return line.length > MOST_LABEL ? `${line.slice(0, MOST_LABEL)}…` : line;
};

interface AskedBy {
  readonly question: string | undefined;
  readonly did?: string | undefined;
  readonly askIn?: string | undefined;
}

/** What an escalation asks: its own question, the user's for *Ask…*, or without an action what follows from the code. */
function askedBy(action: Escalation | undefined): AskedBy {
  if (action === undefined) return { question: undefined, did: t('Escalate') };
  if (action !== 'ask') return { question: questionFor(action), did: actionName(action) };
  return { question: '', askIn: t('Ask about this code. Enter sends the question with the checked items.') };
}

const fixQuestion = (problems: string): string =>
  [t('After your change the editor reports new problems:'), problems, t('Fix them, and show the corrected code.')].join(
    '\n',
  );
