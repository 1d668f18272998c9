import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Estimate } from '../../core/gateway/call.ts';
import { threadPath } from '../../core/chat/branches.ts';
import {
  textsOf,
  type Answer,
  type AnswerRoute,
  type Attachment,
  type Question,
} from '../../core/chat/conversation.ts';
import { withoutHidden } from '../../core/chat/escalation.ts';
import { handOver } from '../../core/chat/handoff.ts';
import { splitCommand, usePrompt } from '../../core/chat/promptFiles.ts';
import type { SessionEvent } from '../../core/chat/answerRun.ts';
import type { AskResult, ChatSession } from '../../core/chat/session.ts';
import { takesPictures } from '../../core/chat/vision.ts';
import type { Logger } from '../../core/common/logger.ts';
import { checkEndpoint } from '../../core/common/endpoints.ts';
import type { NextStep } from '../../core/gateway/describeFailure.ts';
import { formatCount } from '../../core/common/format.ts';
import { formatPrice, formatUsd, type PriceBook } from '../../core/money/pricing.ts';
import { hasMasked, maskSecrets, namesOf, unmaskSecrets } from '../../core/privacy/maskSecrets.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { stepUpWords } from '../../core/money/costlierModel.ts';
import type { TierState } from '../../core/gateway/tierStatus.ts';
import { TIERS, type ModelRef, type Tier, type TierChoice } from '../../core/common/types.ts';
import {
  ChatFromPage,
  type ChatState,
  type ChatToPage,
  type ConsentView,
  type RoomView,
  type TierView,
  type TurnView,
} from '../../protocol/chat.ts';
import type { AppliedEdit } from '../edits/proposals.ts';
import { answerView, appliedView, draftChip, roomView, turnViews, type TurnParts } from './viewModel.ts';
import { registerCompare, useCode, type CodeUse } from './codeBlockActions.ts';
import type { ContextSources } from './contextPicker.ts';
import { CHAT_PANEL, CHAT_VIEW } from '../platform/contributions.ts';
import { NamedFiles } from './fileLinks.ts';
import type { PromptBook } from './promptLibrary.ts';
import { nameSecret } from '../platform/apiKeys.ts';
import { connectPage, type PageHost } from '../platform/webviewHost.ts';

export interface ChatViewParts {
  readonly extensionUri: vscode.Uri;
  readonly session: ChatSession;
  readonly settings: () => Settings;
  readonly prices: PriceBook;
  readonly context: ContextSources;
  readonly prompts: PromptBook;
  readonly tierState: (tier: Tier) => Promise<TierState>;
  /** Applies a code block of an answer, or all of its changes. */
  readonly applyAnswer: (answer: Answer, question: Question | undefined, block?: number) => Promise<void>;
  /** A line above the composer (demo models, untrusted workspace); empty for none. */
  readonly notice: () => { readonly text: string; readonly next: NextStep };
  /** A rule that would remember the choice of this tier for such questions, in words. */
  readonly describeRemembered: (route: AnswerRoute, tier: Tier) => string;
  /** Makes that rule. */
  readonly remember: (route: AnswerRoute, tier: Tier) => Promise<void>;
  /** Does what a button beside an error promises. */
  readonly takeStep: (next: NextStep, provider: string | undefined) => void;
  readonly log: Logger;
}

/** A page, and which turns it has: a long thread is not sent again for every change. */
interface Page {
  readonly place: vscode.WebviewView | vscode.WebviewPanel;
  readonly post: (message: ChatToPage) => void;
  readonly turns: Map<string, TurnView>;
  /** How many names of files it was told. */
  files: number;
  /** What stands in its composer, as far as it has told. */
  draft: string;
  searching: AbortController | undefined;
}

/** The chat in a side bar or in an editor tab, or in both: turns what the pages say into calls on the session, and the session's state into views. */
export class ChatView implements vscode.Disposable {
  readonly #parts: ChatViewParts;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #pages = new Set<Page>();
  #refresh: NodeJS.Timeout | undefined;
  #refreshed = 0;
  #focusWhenReady = false;
  readonly #named = new NamedFiles();
  /** What was applied last of each answer, in this window. */
  readonly #applied = new Map<string, { readonly edit: AppliedEdit; readonly isUndone: boolean }>();

  constructor(parts: ChatViewParts) {
    this.#parts = parts;
    this.#disposables.push(
      parts.session.onEvent((event) => this.#onSession(event)),
      registerCompare(),
    );
  }

  /** Fills VS Code's view with the page. */
  resolve(view: vscode.WebviewView): void {
    view.onDidChangeVisibility(() => this.refresh());
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
    panel.onDidChangeViewState(() => this.refresh());
    this.#connect(panel);
  }

  #connect(place: vscode.WebviewView | vscode.WebviewPanel): void {
    const host: PageHost<ChatToPage, ChatFromPage> = {
      schema: ChatFromPage,
      onMessage: (message) =>
        void this.#onPage(page, message).catch((error: unknown) => this.#parts.log.error('chat view', error)),
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

  /** Sends the whole state soon; many changes at once are one message. */
  refresh(): void {
    if (![...this.#pages].some(({ place }) => place.visible)) return;
    this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined;
      void this.#sendStates();
    }, 30);
  }

  dispose(): void {
    clearTimeout(this.#refresh);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #onSession(event: SessionEvent): void {
    switch (event.kind) {
      case 'state':
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
    const tiers = await Promise.all(TIERS.map((tier) => this.#tierView(tier)));
    const consent = await this.#consentView();
    const badge = consent ? { value: 1, tooltip: t('The chat waits for your answer') } : undefined;
    for (const page of this.#pages) {
      if ('badge' in page.place && page.place.badge?.tooltip !== badge?.tooltip) page.place.badge = badge;
      const room = await this.#room(page);
      // A newer state has been asked for meanwhile: let that one win.
      if (round !== this.#refreshed) return;
      if (page.place.visible) await this.#sendState(page, { tiers, consent, room });
    }
  }

  async #sendState(
    page: Page,
    parts: Pick<ChatState, 'consent' | 'room'> & { readonly tiers: readonly TierView[] },
  ): Promise<void> {
    const { tiers, consent, room } = parts;
    const { session } = this.#parts;
    const notice = this.#parts.notice();
    const state: ChatState = {
      thread: { id: session.thread.id, title: session.thread.title },
      turns: changedTurns(page.turns, turnViews(session.thread, this.#turnParts())),
      threads: session.threads,
      tiers: [autoView(tiers), ...tiers],
      tier: session.thread.tier,
      chips: session.attachments.map(draftChip),
      room,
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

  async #room({ draft }: Page): Promise<RoomView | null> {
    const forecast = await this.#parts.session.forecast(draft);
    return forecast ? roomView(forecast) : null;
  }

  #turnParts(): TurnParts {
    const { session, describeRemembered } = this.#parts;
    const applied: TurnParts['applied'] = (answerId) => {
      const known = this.#applied.get(answerId);
      return known && appliedView(known.edit, known.isUndone);
    };
    return { busy: session.busy, describeRemembered, applied };
  }

  /** Shows what came of applying code of an answer. Answers whether that can be seen. */
  showApplied(answerId: string, edit: AppliedEdit): boolean {
    const known = this.#applied.get(answerId);
    // Problems of an edit that was taken back, dismissed or followed by another are of no interest any more.
    if (edit.problems !== null && known?.edit.id !== edit.id) return true;
    if (known?.edit.id === edit.id && known.isUndone) return true;
    this.#setApplied(answerId, { edit, isUndone: false });
    return [...this.#pages].some(({ place, turns }) => place.visible && turns.has(answerId));
  }

  #setApplied(answerId: string, state: { edit: AppliedEdit; isUndone: boolean } | undefined): void {
    if (state) this.#applied.set(answerId, state);
    else this.#applied.delete(answerId);
    const answer = this.#answer(answerId);
    if (answer) for (const page of this.#pages) this.#sendTurn(page, answer);
  }

  async #onApplied(answerId: string, what: 'undo' | 'fix' | 'dismiss'): Promise<void> {
    const known = this.#applied.get(answerId);
    if (!known) return;
    const { edit } = known;
    if (what === 'dismiss') return this.#setApplied(answerId, undefined);
    if (what === 'fix') return edit.fix?.();
    if (!known.isUndone && (await edit.undo())) this.#setApplied(answerId, { edit, isUndone: true });
  }

  async #onPage(page: Page, message: ChatFromPage): Promise<void> {
    const { session, takeStep } = this.#parts;
    switch (message.kind) {
      case 'ready':
        page.turns.clear();
        page.files = 0;
        await this.#sendStates();
        if (this.#focusWhenReady) page.post({ kind: 'focus' });
        this.#focusWhenReady = false;
        return;
      case 'ask':
        page.draft = '';
        return this.#ask(page, message.text, message.tier);
      case 'draft': {
        page.draft = message.text;
        return page.post({ kind: 'room', room: await this.#room(page) });
      }
      case 'stop':
        return session.stop();
      case 'retry':
        return session.retry(message.turnId, message.tier ? { tier: message.tier } : {});
      case 'reroute':
        return session.reroute(message.turnId, message.tier);
      case 'handOver':
        return this.#handOver(message.turnId, message.to);
      case 'rememberRoute': {
        const answer = this.#answer(message.turnId);
        if (answer?.route && answer.route.tier !== answer.tier) await this.#parts.remember(answer.route, answer.tier);
        return this.refresh();
      }
      case 'escalateTurn':
        return session.retry(message.turnId, { tier: 'frontier', escalated: true });
      case 'goOn':
        return session.goOn(message.turnId);
      case 'edit':
        return this.#ask(page, message.text, message.tier, message.turnId);
      case 'useTurn':
        return session.choose(message.turnId);
      case 'newThread':
        return session.start();
      case 'openThread':
        return session.open(message.threadId);
      case 'deleteThread':
        return session.remove(message.threadId);
      case 'undoDelete':
        if (!(await session.putBack(message.threadId)))
          void vscode.window.showWarningMessage(t('This chat cannot be put back any more.'));
        return;
      case 'renameThread':
        return session.rename(message.threadId, message.title);
      case 'pinThread':
        return session.pin(message.threadId, message.pinned);
      case 'exportThread':
        return this.#export(message.threadId, message.format);
      case 'searchThreads':
        return this.#search(page, message.seq, message.query);
      case 'setTier':
        return session.setTier(message.tier);
      case 'suggest': {
        const { context, prompts } = this.#parts;
        const { mention, query } = message;
        const items = await (mention === '/' ? prompts.suggest(query) : context.suggest(mention, query));
        return page.post({ kind: 'suggestions', seq: message.seq, items });
      }
      case 'choose':
        return this.#choose(message.suggestionId);
      case 'attachText':
        return this.#attach(await this.#parts.context.pasted(message.name, message.text));
      case 'attachImage':
        return session.attach(this.#parts.context.picture(message));
      case 'attachFiles':
        return (await this.#parts.context.dropped(message.uris)).forEach((attachment) => session.attach(attachment));
      case 'stripHidden':
        return this.#stripHidden(message.chipId);
      case 'detach':
        return session.detach(message.chipId);
      case 'applyCode':
        return this.#apply(message.turnId, message.block);
      case 'applyAnswer':
        return this.#apply(message.turnId);
      case 'applied':
        return this.#onApplied(message.turnId, message.do);
      case 'useCode':
        return this.#useCode(message.turnId, message.block, message.use);
      case 'openFile':
        return this.#openFile(message.turnId, message.path, message.line);
      case 'copyAnswer': {
        const answer = this.#answer(message.turnId);
        if (answer) await vscode.env.clipboard.writeText(answer.text);
        return;
      }
      case 'consent':
        return session.decideConsent(message.consentId, message.allow);
      case 'nextStep': {
        const answer = message.turnId === undefined ? undefined : this.#answer(message.turnId);
        if (answer && ['retry', 'start-ollama', 'consent'].includes(message.next)) return session.retry(answer.id);
        if (answer && message.next === 'change-question') {
          const text = session.recall(answer.id);
          return text === undefined ? undefined : page.post({ kind: 'compose', text });
        }
        if (answer && message.next === 'send-anyway') return session.retry(answer.id, { overBudget: true });
        if (answer && message.next === 'pull-model')
          return vscode.env.clipboard.writeText(`ollama pull ${answer.model}`).then(() => undefined);
        return takeStep(message.next, answer?.provider);
      }
      case 'openLink':
        if (/^https?:\/\//i.test(message.href)) await vscode.env.openExternal(vscode.Uri.parse(message.href, true));
        return;
    }
  }

  /**
   * Asks a question. One that the session does not take goes back into the composer.
   *
   * @param instead the question in whose place it is asked
   */
  async #ask(page: Page, text: string, tier: TierChoice, instead?: string): Promise<void> {
    const result = await this.#askSession(page, text, tier, instead);
    if (result !== 'busy' && result !== 'gone') return;
    const words =
      result === 'busy'
        ? t('An answer is under way, so your question was not sent.')
        : t('This chat was deleted, so your question was not sent.');
    if (instead !== undefined) page.post({ kind: 'compose', text });
    page.post({ kind: 'refused', words });
  }

  /**
   * A question that begins with the name of a prompt is asked with that, and with the context that it wants.
   *
   * @returns undefined when the page was told why it is not asked
   */
  async #askSession(page: Page, text: string, tier: TierChoice, instead?: string): Promise<AskResult | undefined> {
    const { session, prompts, context } = this.#parts;
    const command = splitCommand(text);
    const prompt = command && (await prompts.prompts()).get(command.name);
    const used = prompt && usePrompt(prompt, command.input);
    // An edited question keeps what was attached to it.
    if (instead !== undefined) return session.edit(instead, text, tier, used);
    const blind = this.#blindModel(tier);
    if (blind) {
      page.post({
        kind: 'refused',
        words: t('{0} takes no pictures: choose another tier, or take the picture out.', blind),
      });
      return undefined;
    }
    if (!prompt) return session.ask(text, tier);
    if (session.attachments.length === 0)
      for (const attachment of await context.gather(prompt.context)) session.attach(attachment);
    if (prompt.context.length > 0 && session.attachments.length === 0 && !command.input) {
      page.post({
        kind: 'refused',
        words: t('/{0} has nothing to work on: select code, or attach something with @.', prompt.name),
      });
      return undefined;
    }
    return session.ask(text, tier, used);
  }

  /** The model that would get a picture and is known to take none. */
  #blindModel(tier: TierChoice): string | undefined {
    const { session, settings } = this.#parts;
    if (tier === 'auto' || !session.attachments.some(({ kind }) => kind === 'image')) return undefined;
    const [first] = settings().tiers[tier];
    return first && takesPictures(first.model) === false ? first.model : undefined;
  }

  async #search(page: Page, seq: number, query: string): Promise<void> {
    page.searching?.abort();
    const searching = (page.searching = new AbortController());
    const hits = await this.#parts.session.search(query, searching.signal);
    if (!searching.signal.aborted) page.post({ kind: 'hits', seq, hits });
  }

  async #export(threadId: string, format: 'markdown' | 'json'): Promise<void> {
    const thread = await this.#parts.session.load(threadId);
    if (!thread) return;
    const { exportThread } = await import('../../core/chat/exportThread.ts');
    const extension = format === 'json' ? 'json' : 'md';
    const name = thread.title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '') || 'chat';
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const target = await vscode.window.showSaveDialog({
      ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `${name.slice(0, 60)}.${extension}`) } : {}),
      filters: format === 'json' ? { JSON: ['json'] } : { Markdown: ['md'] },
    });
    if (!target) return;
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(exportThread(thread, format)));
    await vscode.window.showTextDocument(target);
  }

  #attach(attachment: Attachment | undefined): void {
    if (attachment) this.#parts.session.attach(attachment);
  }

  async #choose(suggestionId: string): Promise<void> {
    try {
      this.#attach(await this.#parts.context.take(suggestionId));
    } catch (error) {
      void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
    }
  }

  #answer(id: string): Answer | undefined {
    return this.#parts.session.thread.turns.find((turn): turn is Answer => turn.id === id && turn.role === 'assistant');
  }

  async #handOver(turnId: string, to: 'clipboard' | 'file'): Promise<void> {
    const answer = this.#answer(turnId);
    if (!answer) return;
    // It is made to be passed on.
    const { text } = maskSecrets(handOver(this.#parts.session.thread, answer), nameSecret);
    if (to === 'clipboard') return vscode.env.clipboard.writeText(text).then(() => undefined);
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: text });
    await vscode.window.showTextDocument(document);
  }

  /** Acts on the block as it is stored here; the page only says which one it means. */
  async #useCode(turnId: string, block: number, use: CodeUse): Promise<void> {
    const answer = this.#answer(turnId);
    if (answer) await useCode(this.#asUsed(answer).text, block, use);
  }

  /** With the secrets that were masked on their way to the model: code is to work where it goes. */
  #asUsed(answer: Answer): Answer {
    if (!hasMasked(answer.text)) return answer;
    const secrets = namesOf(textsOf(this.#parts.session.thread), nameSecret);
    return { ...answer, text: unmaskSecrets(answer.text, secrets) };
  }

  #stripHidden(chipId: string): void {
    const found = this.#parts.session.attachments.find(({ id }) => id === chipId);
    if (found) this.#parts.session.attach(withoutHidden(found));
  }

  /** Opens a file that an answer names, at its line. */
  async #openFile(turnId: string, name: string, line: number | undefined): Promise<void> {
    const answer = this.#answer(turnId);
    const uri = answer && this.#named.uriOf(answer, name);
    if (!uri) return;
    const at = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
    await vscode.window.showTextDocument(uri, { preview: true, ...(at ? { selection: at } : {}) });
  }

  async #lookForFiles(page: Page): Promise<void> {
    const paths = await this.#named.look(this.#parts.session.thread);
    if (paths.length !== page.files) page.post({ kind: 'files', paths });
    page.files = paths.length;
  }

  /** Shows what a block, or the whole answer, would change; see `EditApplier`. */
  async #apply(turnId: string, block?: number): Promise<void> {
    const answer = this.#answer(turnId);
    const question = this.#parts.session.thread.turns.find(
      (turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user',
    );
    if (answer) await this.#parts.applyAnswer(this.#asUsed(answer), question, block);
  }

  async #tierView(tier: Tier): Promise<TierView> {
    const state = await this.#parts.tierState(tier);
    return {
      tier,
      model: state.model ? `${shortModel(state.model)} · ${state.model.provider}` : t('no model set'),
      price: state.model ? await this.#price(state.model) : '',
      ready: state.ready,
      state: state.words,
    };
  }

  async #price(model: ModelRef): Promise<string> {
    const provider = this.#parts.settings().providers.get(model.provider);
    return formatPrice(provider && (await this.#parts.prices.find(provider, model.model))?.price);
  }

  async #consentView(): Promise<ConsentView | null> {
    const { consent } = this.#parts.session;
    if (!consent) return null;
    const { stepUp } = consent;
    const places = await Promise.all(
      consent.places.map(async ({ model }) => {
        const provider = this.#parts.settings().providers.get(model.provider);
        const check = provider && checkEndpoint(provider.baseUrl);
        return {
          host: check?.ok ? check.endpoint.host : model.provider,
          model: model.model,
          price: await this.#price(model),
          note: placeNote(provider),
        };
      }),
    );
    return {
      id: consent.id,
      tier: consent.tier,
      places,
      cost: stepUp ? [] : costLines(consent.estimate),
      sends: [
        t('your question and this conversation'),
        ...consent.attachments.map(({ label, tokens }) => t('{0} (about {1} tokens)', label, tokens)),
        ...(places.length > 0 ? [t('later: the questions you ask and the context you attach')] : []),
      ],
      ...(stepUp ? { stepUp: { model: shortModel(stepUp.to.model), words: stepUpWords(stepUp.from, stepUp.to) } } : {}),
    };
  }
}

/** *Auto* among the tiers of the picker. */
function autoView(tiers: readonly TierView[]): TierView {
  const ready = tiers.some((tier) => tier.ready);
  return {
    tier: 'auto',
    model: t('Rules choose the tier for each question, and say why'),
    price: '',
    ready,
    state: ready ? t('ready') : t('no tier is ready'),
  };
}

const isPanel = (page: Page): page is Page & { readonly place: vscode.WebviewPanel } => 'reveal' in page.place;

/** The turns as they are sent: those that the page has are named only. `has` is brought up to date. */
function changedTurns(has: Map<string, TurnView>, turns: readonly TurnView[]): (TurnView | string)[] {
  const sent = turns.map((turn) => {
    const old = has.get(turn.id);
    return old && isSame(old, turn) ? turn.id : turn;
  });
  has.clear();
  for (const turn of turns) has.set(turn.id, turn);
  return sent;
}

const isSame = (a: TurnView, b: TurnView): boolean =>
  a.text === b.text &&
  (a.role !== 'assistant' || b.role !== 'assistant' || a.reasoning === b.reasoning) &&
  JSON.stringify({ ...a, text: '', reasoning: '' }) === JSON.stringify({ ...b, text: '', reasoning: '' });

/** What a question may cost, for the card before it is sent. */
function costLines(estimate: Estimate | undefined): string[] {
  if (!estimate) return [t('Its price is unknown, so nobody can say what this costs.')];
  const { model, inputTokens, likely, atMost } = estimate;
  const input = t('{0}, about {1} tokens in', model.model, formatCount(inputTokens));
  if (likely === null || atMost === null) return [input, t('Its price is unknown, so nobody can say what this costs.')];
  return [input, t('likely {0}, at most {1}', formatUsd(likely), formatUsd(atMost))];
}

/** The last part of a model's name: `anthropic/claude-opus-5.5` reads as `claude-opus-5.5`. */
const shortModel = ({ model }: ModelRef): string => model.slice(model.lastIndexOf('/') + 1);

function placeNote(provider: ProviderConfig | undefined): string {
  const check = provider && checkEndpoint(provider.baseUrl);
  if (!check?.ok) return '';
  if (check.endpoint.loopback) return t('A server on this computer; a gateway may pass on what it gets.');
  return check.endpoint.baseUrl.startsWith('http:') ? t('The connection is not encrypted.') : '';
}
