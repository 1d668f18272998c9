import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { threadPath } from '../../core/chat/branches.ts';
import type { SessionEvent } from '../../core/chat/answerRun.ts';
import type { Answer } from '../../core/chat/conversation.ts';
import { answerChain } from '../../core/chat/modelCapabilities.ts';
import { formatModelRef, TIERS, type Tier } from '../../core/common/types.ts';
import {
  ChatFromPage,
  type ChatState,
  type ChatToPage,
  type ContextMeterView,
  type TierView,
} from '../../protocol/chat.ts';
import type { AppliedEdit } from '../edits/proposal.ts';
import { CHAT_PANEL, CHAT_VIEW } from '../platform/contributions.ts';
import { connectPage, type PageHost } from '../platform/webviewHost.ts';
import { autoView, changedTurns, consentView, tierView } from './chatState.ts';
import { registerCompare } from './codeBlockActions.ts';
import { registerMessagePreview } from './messagePreview.ts';
import { NamedFiles } from './fileLinks.ts';
import { answerHandlers } from './handlers/answerHandlers.ts';
import {
  answerOf,
  Attaching,
  type AllHandlers,
  type ChatViewParts,
  type NextModel,
  type Page,
} from './handlers/chatPage.ts';
import { composerHandlers } from './handlers/composerHandlers.ts';
import { contextHandlers } from './handlers/contextHandlers.ts';
import { AnswerEdits, editHandlers } from './handlers/editHandlers.ts';
import { OfferedContext } from './offeredContext.ts';
import { threadHandlers } from './handlers/threadHandlers.ts';
import {
  answerView,
  appliedView,
  draftChip,
  contextMeterView,
  threadView,
  turnViews,
  type TurnParts,
} from './viewModel.ts';
import { showErrorMessage } from '../platform/messages.ts';

/** The chat in a side bar or in an editor tab, or in both: hands on what the pages say, and turns the session's state into views. */
export class ChatView implements vscode.Disposable {
  readonly #parts: ChatViewParts;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #pages = new Set<Page>();
  #refresh: NodeJS.Timeout | undefined;
  #refreshed = 0;
  #focusWhenReady = false;
  #historyWhenReady = false;
  readonly #named = new NamedFiles();
  readonly #agentCosts = new Map<string, string>();
  readonly #applied = new AnswerEdits((answerId) => {
    const answer = answerOf(this.#parts.session, answerId);
    if (answer) for (const page of this.#pages) this.#sendTurn(page, answer);
  });
  readonly #offered: OfferedContext;
  readonly #next: NextModel = { chosen: undefined };
  readonly #handlers: AllHandlers;

  constructor(parts: ChatViewParts) {
    this.#parts = parts;
    this.#offered = new OfferedContext({
      enabled: parts.offersContext,
      files: () => parts.context.files(),
      thread: () => parts.session.thread,
      attached: () => parts.session.attachments,
      visible: () => [...this.#pages].some(({ place }) => place.visible),
      changed: () => this.refresh(),
    });
    this.#handlers = this.#createHandlers();
    this.#disposables.push(
      this.#offered,
      parts.session.onEvent((event) => this.#onSession(event)),
      registerCompare(),
      registerMessagePreview(),
    );
  }

  /** Fills VS Code's view with the page. */
  resolve(view: vscode.WebviewView): void {
    view.onDidChangeVisibility(() => this.#onVisibility());
    this.#connect(view);
  }

  /** Shows the chat in an editor tab, of which there is at most one. */
  openPanel(): void {
    const open = [...this.#pages].find(isPanel);
    if (open) return open.place.reveal();
    this.#focusWhenReady = true;
    this.adopt(vscode.window.createWebviewPanel(CHAT_PANEL, t('Gearshift Chat'), vscode.ViewColumn.Active));
  }

  /** Fills an editor tab with the page: a new one, or one that VS Code kept over a reload. */
  adopt(panel: vscode.WebviewPanel): void {
    const icon = (name: string): vscode.Uri => vscode.Uri.joinPath(this.#parts.extensionUri, 'media', name);
    panel.iconPath = { light: icon('gearshift.svg'), dark: icon('gearshift-dark.svg') };
    panel.onDidChangeViewState(() => this.#onVisibility());
    this.#connect(panel);
  }

  /** The icon of a view that is hidden says that a question waits there; on show, the view says so itself. */
  #updateBadges(): void {
    for (const { place } of this.#pages) {
      if (!('badge' in place)) continue;
      const waits = this.#parts.session.consent !== null && !place.visible;
      if (waits !== (place.badge !== undefined))
        place.badge = waits ? { value: 1, tooltip: t('The chat waits for your answer') } : undefined;
    }
  }

  #onVisibility(): void {
    this.#updateBadges();
    this.#offered.update();
    this.refresh();
  }

  #connect(place: vscode.WebviewView | vscode.WebviewPanel): void {
    const host: PageHost<ChatToPage, ChatFromPage> = {
      schema: ChatFromPage,
      onMessage: (message) => void this.#onPage(page, message),
    };
    const facts = { name: 'chat', title: t('Gearshift chat') };
    const { post, disposable } = connectPage(place.webview, this.#parts.extensionUri, facts, Promise.resolve(host));
    const page: Page = { place, post, turns: new Map(), files: 0, draft: '', searching: undefined };
    this.#pages.add(page);
    place.onDidDispose(() => {
      disposable.dispose();
      this.#pages.delete(page);
    });
  }

  /** Shows the chat, in the tab if it is in one, and puts the cursor into its composer. */
  async focus(): Promise<void> {
    const pages = [...this.#pages];
    const page = pages.find(isPanel) ?? pages[0];
    // A page that is only being made is told once it is ready; telling it later would take the focus from elsewhere.
    this.#focusWhenReady = !page?.place.visible;
    if (page && isPanel(page)) page.place.reveal();
    else await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    if (!this.#focusWhenReady) page?.post({ kind: 'focus' });
  }

  /** Shows the chat with its history. */
  async showHistory(): Promise<void> {
    this.#historyWhenReady = true;
    await this.focus();
    const pages = [...this.#pages];
    const page = pages.find(isPanel) ?? pages[0];
    if (!page || this.#focusWhenReady) return;
    this.#historyWhenReady = false;
    page.post({ kind: 'history' });
  }

  /** Shows the chat, in the tab if it is in one. The focus stays where it is. */
  async reveal(): Promise<void> {
    const pages = [...this.#pages];
    if (pages.some(({ place }) => place.visible)) return;
    const panel = pages.find(isPanel);
    if (panel) panel.place.reveal(undefined, true);
    else await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`, { preserveFocus: true });
  }

  /** Sends the whole state soon; many changes at once are one message. */
  refresh(): void {
    if (![...this.#pages].some(({ place }) => place.visible)) return;
    this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined;
      this.#sendStates().catch((error: unknown) => this.#parts.log.error('chat view', error));
    }, 30);
  }

  dispose(): void {
    clearTimeout(this.#refresh);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #onSession(event: SessionEvent): void {
    switch (event.kind) {
      case 'state':
        this.#updateBadges();
        this.refresh();
        break;
      case 'turn':
        for (const page of this.#pages) this.#sendTurn(page, event.turn);
        break;
      case 'delta':
        for (const page of this.#pages) page.post(event);
        break;
    }
  }

  async #sendStates(): Promise<void> {
    const round = ++this.#refreshed;
    const tiers = await Promise.all(TIERS.map((tier) => tierView(this.#parts, tier)));
    const consent = await consentView(this.#parts);
    for (const page of this.#pages) {
      const contextMeter = await this.#contextMeter(page);
      // A newer state has been asked for meanwhile: let that one win.
      if (round !== this.#refreshed) return;
      this.#setTitle(page);
      if (page.place.visible) await this.#sendState(page, { tiers, consent, contextMeter });
    }
  }

  /** VS Code shows the title of the thread beside that of the view, or on the tab. */
  #setTitle({ place }: Page): void {
    const { title } = this.#parts.session.thread;
    if (!('reveal' in place)) place.description = title;
    else place.title = title || t('Gearshift Chat');
  }

  async #sendState(
    page: Page,
    parts: Pick<ChatState, 'consent' | 'contextMeter'> & { readonly tiers: readonly TierView[] },
  ): Promise<void> {
    const { tiers, consent, contextMeter } = parts;
    const { session } = this.#parts;
    const notice = this.#parts.notice();
    const state: ChatState = {
      thread: { id: session.thread.id, title: session.thread.title },
      inView: !isPanel(page),
      turns: changedTurns(page.turns, turnViews(session.thread, this.#turnParts())),
      threads: session.threads.map(threadView),
      tiers: [autoView(tiers), ...tiers],
      tier: session.thread.tier,
      model: this.#next.chosen ? formatModelRef(this.#next.chosen.model) : null,
      chips: session.attachments.map(draftChip),
      offers: this.#offered.views,
      contextMeter,
      busy: session.busy?.answerId ?? null,
      consent,
      notice: notice.text,
      noticeNext: notice.next,
    };
    page.post({ kind: 'state', state });
    await this.#lookForFiles(page);
  }

  #sendTurn(page: Page, answer: Answer): void {
    const { session } = this.#parts;
    // One that the page does not know yet comes with the next state, in its place.
    if (!page.turns.has(answer.id)) return;
    const step = threadPath(session.thread).find(({ question }) => question.id === answer.questionId);
    const turn = answerView(answer, this.#turnParts(), step);
    page.turns.set(turn.id, turn);
    page.post({ kind: 'turn', turn });
  }

  async #contextMeter({ draft }: Page): Promise<ContextMeterView | null> {
    const forecast = await this.#parts.session.forecast(draft, this.#offered.sentAlong, this.#next.chosen);
    if (!forecast) return null;
    const offer = forecast.tier === 'frontier' && !draft.startsWith('/') ? await this.#offer(draft) : undefined;
    return { ...contextMeterView(forecast), ...(offer ? { offer } : {}) };
  }

  /** A recipe that would likely cost less than the question as it is. */
  async #offer(draft: string): Promise<ContextMeterView['offer']> {
    const context = [...this.#parts.session.attachments, ...this.#offered.sentAlong];
    const tokens = context.reduce((sum, each) => sum + each.tokens, 0);
    // Nothing of recipes is loaded for a small context.
    return tokens < WORTH_TOKENS
      ? undefined
      : this.#parts.recipes().then(
          (made) => made.offer(draft, context),
          () => undefined,
        );
  }

  #turnParts(): TurnParts {
    const { session, settings, describeRemembered, canRestore } = this.#parts;
    const answers = (tier: Tier): boolean => answerChain(settings(), tier).length > 0;
    const applied: TurnParts['applied'] = (answerId) => {
      const known = this.#applied.get(answerId);
      return known && appliedView(known.edit, known.isUndone);
    };
    const agentCost: TurnParts['agentCost'] = (answerId) => this.#agentCosts.get(answerId);
    return { busy: session.busy, describeRemembered, applied, answers, canRestore, agentCost };
  }

  /** Shows what came of applying code of an answer. Answers whether that can be seen. */
  showApplied(answerId: string, edit: AppliedEdit): boolean {
    if (!this.#applied.show(answerId, edit)) return true;
    return [...this.#pages].some(({ place, turns }) => place.visible && turns.has(answerId));
  }

  #createHandlers(): AllHandlers {
    const attaching = new Attaching();
    return {
      ready: (_, page) => this.#onReady(page),
      ...threadHandlers(this.#parts),
      ...composerHandlers(
        this.#parts,
        this.#offered,
        this.#next,
        attaching,
        (page) => this.#contextMeter(page),
        () => this.refresh(),
      ),
      ...contextHandlers(this.#parts, this.#offered, attaching),
      ...answerHandlers(this.#parts, this.#named, this.#agentCosts, () => this.refresh()),
      ...editHandlers(this.#parts, this.#applied),
    };
  }

  async #onReady(page: Page): Promise<void> {
    page.turns.clear();
    page.files = 0;
    this.#offered.update();
    await this.#sendStates();
    if (this.#focusWhenReady) page.post({ kind: 'focus' });
    if (this.#historyWhenReady) page.post({ kind: 'history' });
    this.#focusWhenReady = this.#historyWhenReady = false;
  }

  async #onPage(page: Page, message: ChatFromPage): Promise<void> {
    try {
      const handle = this.#handlers[message.kind] as (message: ChatFromPage, page: Page) => unknown;
      await handle(message, page);
    } catch (error) {
      this.#parts.log.error(`chat view: ${message.kind}`, error);
      // What the user did must not end in silence; what the page asks by itself may.
      if (!ASKED_BY_PAGE.has(message.kind))
        void showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }

  async #lookForFiles(page: Page): Promise<void> {
    const paths = await this.#named.look(this.#parts.session.thread);
    if (paths.length !== page.files) page.post({ kind: 'files', paths });
    page.files = paths.length;
  }
}

/** A context below this, in tokens, is not worth a recipe. */
const WORTH_TOKENS = 8_000;

/** What pages send without the user having chosen anything. */
const ASKED_BY_PAGE: ReadonlySet<ChatFromPage['kind']> = new Set(['ready', 'draft', 'suggest', 'searchThreads']);

const isPanel = (page: Page): page is Page & { readonly place: vscode.WebviewPanel } => 'reveal' in page.place;
