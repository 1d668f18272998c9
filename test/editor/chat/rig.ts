import path from 'node:path';
import type { TestContext } from 'node:test';
import * as vscode from 'vscode';
import { ChatSession, type SessionParts } from '../../../src/core/chat/session.ts';
import type { CallEvent, Estimate, ModelCall } from '../../../src/core/gateway/call.ts';
import { PriceBook } from '../../../src/core/money/pricing.ts';
import { ChatView } from '../../../src/editor/chat/chatView.ts';
import { Codebase } from '../../../src/editor/codebase/codebase.ts';
import { ContextPicker } from '../../../src/editor/chat/contextPicker.ts';
import type { ChatViewParts } from '../../../src/editor/chat/handlers/chatPage.ts';
import { PromptLibrary } from '../../../src/editor/chat/promptLibrary.ts';
import type { ChatFromPage, ChatState, ChatToPage, TurnView } from '../../../src/protocol/chat.ts';
import { openChatStore } from '../../../src/storage/chatStore.ts';
import { UNASKED } from '../../support/chatSession.ts';
import { bookLog } from '../../support/bookLog.ts';
import { RESULT } from '../../support/facts.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { until } from '../../support/settle.ts';
import { startHost, type HostOptions } from '../../support/vscode/host.ts';
import { WebviewView } from '../../support/vscode/surfaces.ts';

type Reply = string | readonly CallEvent[] | ((call: ModelCall, signal: AbortSignal) => Promise<string>);

/** A page of the chat as a user has it: a real session on a real disk, and a model that answers from a script. */
export async function chatIn(
  t: TestContext,
  {
    files,
    session: sessionOver = {},
    model = 'small',
    estimate,
    ...over
  }: HostOptions &
    Partial<
      Omit<ChatViewParts, 'session'> & { session: Partial<SessionParts>; model: string; estimate: Estimate }
    > = {},
) {
  const host = startHost(t, { files: files ?? {} });
  const log = bookLog();
  const calls: ModelCall[] = [];
  const replies: Reply[] = [];
  const gateway: SessionParts['gateway'] = {
    estimate: () => Promise.resolve(estimate),
    async *stream(call, signal) {
      calls.push(call);
      const reply = replies.shift() ?? 'answer';
      if (typeof reply === 'object') return yield* reply;
      yield { kind: 'text', text: typeof reply === 'string' ? reply : await reply(call, signal) };
      const outcome = signal.aborted ? 'cancelled' : 'done';
      yield { kind: 'end', result: { ...RESULT, outcome, modelReturned: call.chain[0]?.model ?? null } };
    },
  };
  const { settings } = testGateway({ ...openAiAt('http://127.0.0.1:1'), 'tiers.mid': [`cloud/${model}`] });
  const session = new ChatSession({
    gateway,
    store: openChatStore(path.join(host.root, 'chats'), (line) => log.errors.push(line)),
    chain: () => [{ provider: 'cloud', model }],
    ...UNASKED,
    log: (line) => void log.errors.push(line),
    ...sessionOver,
  });
  await session.restore(undefined);
  const codebase = new Codebase({ file: path.join(host.root, 'codebase', 'test.index'), log });
  const extensionUri = vscode.Uri.file(path.resolve(import.meta.dirname, '../../..'));
  const steps: unknown[] = [];
  const applied: unknown[] = [];
  const view = new ChatView({
    extensionUri,
    session,
    settings: () => settings,
    prices: new PriceBook(),
    context: new ContextPicker({
      urls: () => false,
      trusted: () => true,
      fetch: globalThis.fetch,
      codebase: { status: () => codebase.status, start: () => void codebase.start() },
    }),
    codebase: () => Promise.resolve(codebase),
    voted: () => Promise.resolve(),
    keepTask: () => Promise.resolve(),
    compareTier: () => Promise.resolve(),
    chooseOtherChat: () => Promise.resolve(undefined),
    chooseModel: () => Promise.resolve(undefined),
    offersContext: () => true,
    prompts: new PromptLibrary(extensionUri, () => true),
    recipes: () => Promise.reject(new Error('recipes could not be started')),
    tierState: (tier) =>
      Promise.resolve({
        tier,
        model: { provider: 'cloud', model },
        ready: true,
        words: 'ready',
        next: 'none',
      }),
    applyAnswer: (answer, question, block) => Promise.resolve(void applied.push([answer.text, question?.text, block])),
    notice: () => ({ text: '', next: 'none' }),
    canRestore: () => false,
    restoreBefore: (answerId) => Promise.resolve(void steps.push(['restore', answerId])),
    describeRemembered: () => 'Always frontier',
    remember: () => Promise.resolve(),
    toAgent: () => Promise.resolve(),
    takeStep: (...step) => void steps.push(step),
    log,
    ...over,
  });
  host.ends.push(async () => {
    view.dispose();
    codebase.dispose();
    await session.dispose();
  });
  const place = new WebviewView('gearshift.chat', 'Chat');
  view.resolve(place as unknown as vscode.WebviewView);
  const posted = place.webview.posted as unknown as ChatToPage[];
  const say = (message: ChatFromPage): void => place.webview.say(message);
  /** The last message of a kind that the page was sent. */
  const last = <K extends ChatToPage['kind']>(kind: K): Extract<ChatToPage, { kind: K }> | undefined =>
    posted.findLast((message): message is Extract<ChatToPage, { kind: K }> => message.kind === kind);
  /** The turns as the page has them, from all that it was sent. */
  const turns = (): TurnView[] => {
    const known = new Map<string, TurnView>();
    let shown: TurnView[] = [];
    for (const message of posted) {
      if (message.kind === 'turn') known.set(message.turn.id, message.turn);
      if (message.kind !== 'state') continue;
      for (const turn of message.state.turns) if (typeof turn === 'object') known.set(turn.id, turn);
      shown = message.state.turns.map((turn) => known.get(typeof turn === 'object' ? turn.id : turn) as TurnView);
    }
    return shown.map((turn) => known.get(turn.id) ?? turn);
  };
  /** The newest answer as the page shows it. */
  const answer = () => turns().findLast((turn) => turn.role === 'assistant');
  const state = (): ChatState | undefined => last('state')?.state;
  const ready = async (): Promise<void> => {
    say({ kind: 'ready' });
    await until(() => state() !== undefined, 'the first state');
  };
  /** Asks in the composer, and waits for the whole answer on the page. */
  const ask = async (text: string): Promise<void> => {
    const before = turns().length;
    say({ kind: 'ask', text, tier: 'mid' });
    await until(() => turns().length > before && answer()?.state === 'done', `the answer to ${text}`);
  };
  return {
    host,
    log,
    session,
    view,
    place,
    calls,
    replies,
    steps,
    applied,
    posted,
    say,
    last,
    turns,
    answer,
    state,
    ready,
    ask,
  };
}
