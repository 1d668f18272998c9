import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Estimate } from '../core/call.ts';
import type { Answer, AnswerRoute, Attachment, Question, Turn } from '../core/chat/conversation.ts';
import { handOver, triedLine } from '../core/chat/handOver.ts';
import { smallPrint, wordsOf, type ChatSession, type SessionEvent } from '../core/chat/session.ts';
import { checkEndpoint } from '../core/endpoints.ts';
import type { NextStep } from '../core/errors.ts';
import { hasHidden } from '../core/hiddenCharacters.ts';
import { formatCount } from '../core/format.ts';
import { formatPrice, formatUsd, type PriceBook } from '../core/pricing.ts';
import type { ProviderConfig, Settings } from '../core/settings.ts';
import type { TierState } from '../core/tierState.ts';
import { formatModelRef, TIERS, type ModelRef, type Tier } from '../core/types.ts';
import {
  ChatFromPage,
  type ChatState,
  type ChatToPage,
  type ChipView,
  type ConsentView,
  type RouteView,
  type TierView,
  type TurnView,
} from '../protocol/chat.ts';
import { currentEditor, pathOf } from './attach.ts';
import type { ContextSources } from './contextSources.ts';
import { CHAT_VIEW } from './manifest.ts';
import { connectPage } from './webviewHost.ts';

export interface ChatViewParts {
  readonly extensionUri: vscode.Uri;
  readonly session: ChatSession;
  readonly settings: () => Settings;
  readonly prices: PriceBook;
  readonly context: ContextSources;
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
  readonly log: (line: string) => void;
}

/** The chat in the side bar: turns what the page says into calls on the session, and the session's state into views. */
export class ChatView implements vscode.Disposable {
  readonly #parts: ChatViewParts;
  readonly #disposables: vscode.Disposable[] = [];
  #page: { view: vscode.WebviewView; post: (message: ChatToPage) => void } | undefined;
  #refresh: NodeJS.Timeout | undefined;
  #refreshed = 0;
  #focusWhenReady = false;

  constructor(parts: ChatViewParts) {
    this.#parts = parts;
    this.#disposables.push(parts.session.onEvent((event) => this.#onSession(event)));
  }

  /** Fills VS Code's view with the page. */
  resolve(view: vscode.WebviewView): void {
    const { post, disposable } = connectPage<ChatToPage, ChatFromPage>(view.webview, this.#parts.extensionUri, {
      name: 'chat',
      title: t('Gearshift chat'),
      schema: ChatFromPage,
      onMessage: (message) =>
        void this.#onPage(message).catch((error: unknown) => this.#parts.log(`chat view: ${String(error)}`)),
    });
    this.#page = { view, post };
    view.onDidChangeVisibility(() => this.refresh());
    view.onDidDispose(() => {
      disposable.dispose();
      this.#page = undefined;
    });
  }

  /** Shows the view and puts the cursor into its composer. */
  async focus(): Promise<void> {
    // A page that is only being made is told once it is ready; telling it later would take the focus from elsewhere.
    this.#focusWhenReady = !this.#page?.view.visible;
    await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    if (!this.#focusWhenReady) this.#page?.post({ kind: 'focus' });
  }

  /** Sends the whole state soon; many changes at once are one message. */
  refresh(): void {
    if (!this.#page?.view.visible) return;
    this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined;
      void this.#sendState();
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
        this.#page?.post({ kind: 'turn', turn: this.#turnView(event.turn) });
        break;
      case 'delta':
        this.#page?.post(event);
        break;
    }
  }

  async #sendState(): Promise<void> {
    const page = this.#page;
    if (!page) return;
    const round = ++this.#refreshed;
    const tiers = await Promise.all(TIERS.map((tier) => this.#tierView(tier)));
    const consent = await this.#consentView();
    // A newer state has been asked for meanwhile: let that one win.
    if (round !== this.#refreshed || page !== this.#page) return;
    const { session } = this.#parts;
    const notice = this.#parts.notice();
    const state: ChatState = {
      thread: { id: session.thread.id, title: session.thread.title },
      turns: session.thread.turns.map((turn) => this.#turnView(turn)),
      threads: session.threads,
      tiers: [autoView(tiers), ...tiers],
      tier: session.thread.tier,
      chips: session.attachments.map(chipView),
      busy: session.busy?.answerId ?? null,
      consent,
      notice: notice.text,
      noticeNext: notice.next,
    };
    page.post({ kind: 'state', state });
  }

  async #onPage(message: ChatFromPage): Promise<void> {
    const { session, takeStep } = this.#parts;
    switch (message.kind) {
      case 'ready':
        await this.#sendState();
        if (this.#focusWhenReady) this.#page?.post({ kind: 'focus' });
        this.#focusWhenReady = false;
        return;
      case 'ask':
        return session.ask(message.text, message.tier);
      case 'stop':
        return session.stop();
      case 'retry':
        return session.retry(message.turnId);
      case 'reroute':
        return session.reroute(message.turnId, message.tier);
      case 'handOver':
        return this.#handOver(message.turnId, message.to);
      case 'rememberRoute': {
        const answer = this.#answer(message.turnId);
        if (answer?.route && answer.route.tier !== answer.tier) await this.#parts.remember(answer.route, answer.tier);
        return this.refresh();
      }
      case 'newThread':
        return session.start();
      case 'openThread':
        return session.open(message.threadId);
      case 'deleteThread':
        return session.remove(message.threadId);
      case 'setTier':
        return session.setTier(message.tier);
      case 'suggest': {
        const items = await this.#parts.context.suggest(message.mention, message.query);
        return this.#page?.post({ kind: 'suggestions', seq: message.seq, items });
      }
      case 'choose':
        return this.#choose(message.suggestionId);
      case 'detach':
        return session.detach(message.chipId);
      case 'copyCode':
      case 'insertCode':
        return this.#useCode(message.turnId, message.block, message.kind);
      case 'applyCode':
        return this.#apply(message.turnId, message.block);
      case 'applyAnswer':
        return this.#apply(message.turnId);
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
        if (answer && message.next === 'send-anyway') return session.retry(answer.id, true);
        if (answer && message.next === 'pull-model')
          return vscode.env.clipboard.writeText(`ollama pull ${answer.model}`).then(() => undefined);
        return takeStep(message.next, answer?.provider);
      }
      case 'openLink':
        if (/^https?:\/\//i.test(message.href)) await vscode.env.openExternal(vscode.Uri.parse(message.href, true));
        return;
    }
  }

  async #choose(suggestionId: string): Promise<void> {
    try {
      const attachment = await this.#parts.context.take(suggestionId);
      if (attachment) this.#parts.session.attach(attachment);
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
    const text = handOver(this.#parts.session.thread, answer);
    if (to === 'clipboard') return vscode.env.clipboard.writeText(text).then(() => undefined);
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: text });
    await vscode.window.showTextDocument(document);
  }

  /** Acts on the block as it is stored here; the page only says which one it means. */
  async #useCode(turnId: string, block: number, use: 'copyCode' | 'insertCode'): Promise<void> {
    const answer = this.#answer(turnId);
    if (!answer) return;
    const { codeBlocks } = await import('../core/chat/codeBlocks.ts');
    const code = codeBlocks(answer.text)[block]?.text;
    if (code === undefined) return;
    if (use === 'copyCode') return vscode.env.clipboard.writeText(code).then(() => undefined);
    const editor = currentEditor();
    if (!editor) {
      void vscode.window.showInformationMessage(t('Open a file and put the cursor where the code should go.'));
      return;
    }
    if (hasHidden(code, 'code') && !(await confirmHidden())) return;
    const done = await editor.edit((edit) => {
      for (const selection of editor.selections) edit.replace(selection, code);
    });
    if (!done) void vscode.window.showWarningMessage(t('{0} cannot be changed.', pathOf(editor.document.uri)));
    else
      await vscode.window.showTextDocument(editor.document, {
        viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active,
      });
  }

  /** Shows what a block, or the whole answer, would change; see `EditApplier`. */
  async #apply(turnId: string, block?: number): Promise<void> {
    const answer = this.#answer(turnId);
    const question = this.#parts.session.thread.turns.find(
      (turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user',
    );
    if (answer) await this.#parts.applyAnswer(answer, question, block);
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
      cost: consent.estimate ? costLines(consent.estimate) : [],
      sends: [
        t('your question and this conversation'),
        ...consent.attachments.map(({ label, tokens }) => t('{0} (about {1} tokens)', label, tokens)),
        t('later: the questions you ask and the context you attach'),
      ],
    };
  }

  #routeView(route: AnswerRoute, tier: Tier): RouteView {
    const here = route.offers.find((offer) => offer.tier === tier);
    return {
      words:
        route.tier === tier
          ? t('Auto chose {0}: {1}', tier, route.reason)
          : t('You chose {0}; Auto had chosen {1}: {2}', tier, route.tier, route.reason),
      cost: here ? likelyCost(here.nanoUsd) : '',
      others: route.offers
        .filter((offer) => offer.tier !== tier)
        .map((offer) => ({ tier: offer.tier, cost: likelyCost(offer.nanoUsd), model: formatModelRef(offer.model) })),
      remember: route.tier === tier ? null : this.#parts.describeRemembered(route, tier),
    };
  }

  #turnView(turn: Turn): TurnView {
    if (turn.role === 'user')
      return { role: 'user', id: turn.id, text: turn.text, chips: turn.attachments.map(chipView) };
    const busy = this.#parts.session.busy;
    const words = wordsOf(turn, busy?.answerId === turn.id ? busy.waiting : '');
    return {
      role: 'assistant',
      id: turn.id,
      text: turn.text,
      reasoning: turn.reasoning,
      tier: turn.tier,
      route: turn.route ? this.#routeView(turn.route, turn.tier) : null,
      escalated: turn.escalated,
      model: turn.model,
      provider: turn.provider,
      state: turn.state,
      tried: turn.tried?.map(triedLine) ?? [],
      words: words.text,
      next: words.next,
      footer: turn.facts && {
        ...smallPrint(turn.facts),
        costSource: turn.facts.costSource,
        costDetail: turn.facts.costDetail,
        fallback: turn.facts.fallback,
      },
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

const likelyCost = (nanoUsd: number | null): string =>
  nanoUsd === null ? t('price unknown') : nanoUsd === 0 ? t('free') : t('about {0}', formatUsd(nanoUsd));

/** What a question may cost, for the card before it is sent. */
function costLines({ model, inputTokens, likely, atMost }: Estimate): string[] {
  const input = t('{0}, about {1} tokens in', model.model, formatCount(inputTokens));
  if (likely === null || atMost === null) return [input, t('Its price is unknown, so nobody can say what this costs.')];
  return [input, t('likely {0}, at most {1}', formatUsd(likely), formatUsd(atMost))];
}

const chipView = ({ id, kind, label, tokens, notes, path, remarks = [] }: Attachment): ChipView => ({
  id,
  kind,
  label,
  tokens,
  detail: [notes || path, ...remarks].filter(Boolean).join('\n'),
});

/** The last part of a model's name: `anthropic/claude-opus-5.5` reads as `claude-opus-5.5`. */
const shortModel = ({ model }: ModelRef): string => model.slice(model.lastIndexOf('/') + 1);

function placeNote(provider: ProviderConfig | undefined): string {
  const check = provider && checkEndpoint(provider.baseUrl);
  if (!check?.ok) return '';
  if (check.endpoint.loopback) return t('A server on this computer; a gateway may pass on what it gets.');
  return check.endpoint.baseUrl.startsWith('http:') ? t('The connection is not encrypted.') : '';
}

async function confirmHidden(): Promise<boolean> {
  const insert = t('Insert it');
  const choice = await vscode.window.showWarningMessage(
    t('This code contains hidden characters that can make it do something else than it shows. Insert it all the same?'),
    { modal: true },
    insert,
  );
  return choice === insert;
}
