import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { ModelCall } from '../../../src/core/gateway/call.ts';
import { Health } from '../../../src/core/gateway/tierStatus.ts';
import { PriceBook } from '../../../src/core/money/pricing.ts';
import { ChatController, type ChatControllerParts } from '../../../src/editor/chat/chatController.ts';
import type { EditRequest } from '../../../src/editor/edits/proposal.ts';
import type { ChatFromPage, ChatToPage, TurnView } from '../../../src/protocol/chat.ts';
import { bookLog } from '../../support/bookLog.ts';
import { RESULT } from '../../support/facts.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { MemoryLedger } from '../../support/memoryLedger.ts';
import { until } from '../../support/settle.ts';
import { startHost } from '../../support/vscode/host.ts';
import { WebviewView } from '../../support/vscode/surfaces.ts';

/** The chat as commands of the editor use it: escalations, questions about code, answers that become edits. */

const FILES = { 'src/pool.ts': 'export function take() {\n  return 1;\n}\n', '.env': 'KEY=topsecret\n' };

function room(t: TestContext, reply: (call: ModelCall) => string | Promise<string> = () => 'answer') {
  const host = startHost(t, { files: FILES });
  host.commands.set('gearshift.chat.focus', () => undefined);
  const log = bookLog();
  const calls: ModelCall[] = [];
  const { settings } = testGateway({
    ...openAiAt('http://127.0.0.1:1'),
    'tiers.mid': ['cloud/small'],
    'tiers.frontier': ['cloud/large'],
  });
  const memory = new Map<string, unknown>();
  const proposed: EditRequest[] = [];
  const context = {
    extensionUri: vscode.Uri.file(path.resolve(import.meta.dirname, '../../..')),
    globalStorageUri: vscode.Uri.file(path.join(host.root, 'storage')),
    workspaceState: {
      get: (key: string) => memory.get(key),
      update: (key: string, value: unknown) => Promise.resolve(void memory.set(key, value)),
    },
  };
  const restored: (readonly string[])[] = [];
  /** Only the second answer has changed files. */
  const checkpoints = {
    has: (ids: readonly string[]) => ids.includes(answers()[1]?.id ?? ''),
    onChange: () => undefined,
    restore: (ids: readonly string[]) => Promise.resolve(void restored.push(ids)),
  };
  const parts = {
    context,
    config: { settings, agree: () => Promise.resolve() },
    gateway: {
      estimate: ({ chain: [model] }: ModelCall) =>
        Promise.resolve({ model, inputTokens: 100, likely: 2e7, atMost: 3e7 }),
      async *stream(call: ModelCall) {
        calls.push(call);
        yield { kind: 'text', text: await reply(call) };
        yield { kind: 'end', result: { ...RESULT, callId: `call-${calls.length}` } };
      },
    },
    trusted: () => host.trusted,
    health: new Health(() => undefined),
    prices: new PriceBook(),
    ledger: () => Promise.resolve(new MemoryLedger()),
    budgets: () => [],
    tierState: (tier: string) => Promise.resolve({ tier, model: null, ready: true, words: 'ready', next: 'none' }),
    fetch: () => Promise.reject(new Error('no network')),
    notices: () => ['Demo models are used.'],
    edits: () =>
      Promise.resolve({ propose: (request: EditRequest) => Promise.resolve(void proposed.push(request)) }) as never,
    checkpoints: () => Promise.resolve(checkpoints as never),
    keepTask: () => Promise.resolve(),
    compareTier: () => Promise.resolve(),
    toAgent: () => Promise.resolve(),
    takeStep: () => undefined,
    log,
  };
  const chat = new ChatController(parts as unknown as ChatControllerParts);
  host.ends.push(async () => {
    chat.dispose();
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
  const place = new WebviewView('gearshift.chat', 'Chat');
  chat.resolve(place as unknown as vscode.WebviewView);
  place.webview.say({ kind: 'ready' });
  const state = () =>
    (place.webview.posted as unknown as ChatToPage[]).findLast((message) => message.kind === 'state')?.state;
  const answers = (): TurnView[] => {
    const posted = JSON.stringify(place.webview.posted);
    const ids = [...posted.matchAll(/"role":"assistant","id":"([^"]+)"/g)].map(([, id]) => id ?? '');
    return [...new Set(ids)].map((id) => ({ id }) as TurnView);
  };
  const show = (name: string, ...at: number[]) => host.show(name, ...at);
  const sent = (at = 0): string => JSON.stringify(calls[at]?.request);
  return { host, log, chat, calls, sent, proposed, memory, place, state, answers, show, restored };
}

const send = (host: ReturnType<typeof startHost>): void => {
  host.onQuickPick = (pick) => void setImmediate(() => pick.accept());
};

test('an escalation shows what would go, and goes to the frontier model when the user sends it', async (t) => {
  const { host, chat, calls, sent, show } = room(t);
  await show('src/pool.ts', 0, 0, 2, 1);
  let title = '';
  host.onQuickPick = (pick) => {
    title = pick.title;
    setImmediate(() => pick.accept());
  };
  await chat.escalate('debug');
  await until(() => calls.length === 1);
  assert.match(title, /^Send to large · ~100 tokens · ~\$0\.02.*, at most \$0\.03/);
  assert.deepEqual([calls[0]?.tier, calls[0]?.chain[0]?.model], ['frontier', 'large']);
  assert.match(sent(), /return 1;/);
});

test('the question of Ask… is typed into the preview', async (t) => {
  const { host, chat, calls, sent, show } = room(t);
  await show('src/pool.ts', 0, 0, 2, 1);
  let stops = 0;
  host.onQuickPick = (pick) => {
    stops++;
    pick.type('Is it thread-safe?');
    setImmediate(() => pick.accept());
  };
  await chat.escalate('ask');
  await until(() => calls.length === 1);
  assert.equal(stops, 1);
  assert.match(sent(), /return 1;[^]*Is it thread-safe\?/);
});

test('Escape in the preview, an empty question, a secret file and a missing editor send nothing', async (t) => {
  const { host, chat, calls, show } = room(t);
  await assert.rejects(chat.escalate('debug'), /Open a file and select what the frontier model should look at/);
  await show('src/pool.ts', 0);
  await chat.escalate('debug');
  host.onQuickPick = (pick) => {
    pick.type(' ');
    pick.accept();
    assert.equal(pick.isShown, true);
    pick.hide();
  };
  await chat.escalate('ask');
  await show('.env', 0);
  await chat.escalate('debug');
  assert.match(host.said.join(), /\.env looks like a file with secrets/);
  assert.equal(calls.length, 0);
});

test('problems, terminal output and a failed test are escalated with the code that they are about', async (t) => {
  const { host, chat, calls, sent } = room(t);
  send(host);
  const document = (await host.open(host.uri('src/pool.ts'))) as unknown as vscode.TextDocument;
  await chat.escalateProblems(document, new vscode.Position(1, 2), 'line 2: wrong');
  await until(() => calls.length === 1);
  assert.match(sent(), /It is about this:\\nline 2: wrong/);
  host.terminal = { name: 'zsh' };
  host.commands.set('workbench.action.terminal.copySelection', () => void (host.clipboard = 'at src/pool.ts:2:3'));
  host.onQuickPick = (pick) => {
    assert.match(pick.placeholder, /^Ask about this output\. Enter alone asks: /);
    pick.type('why?');
    setImmediate(() => pick.accept());
  };
  await chat.escalateTerminal();
  await until(() => calls.length === 2);
  send(host);
  assert.match(sent(1), /why\?/);
  assert.match(sent(1), /at src\/pool\.ts:2:3[^]*return 1;/);
  await chat.escalateTestFailure({ test: { label: 'takes' }, message: { message: 'expected 2' } });
  await until(() => calls.length === 3);
  assert.match(sent(2), /expected 2/);
  await chat.escalateTestFailure('nothing');
  assert.equal(calls.length, 3);
});

test('a question about code goes into the conversation; one that is not taken says so and keeps the code', async (t) => {
  const gate = Promise.withResolvers<string>();
  const { host, chat, calls, sent, state } = room(t, () => gate.promise);
  const document = (await host.open(host.uri('src/pool.ts'))) as unknown as vscode.TextDocument;
  const first = chat.askToFix(document.uri, 'line 2: wrong');
  await until(() => calls.length === 1);
  assert.match(sent(), /After your change the editor reports new problems:\\nline 2: wrong/);
  assert.equal(calls[0]?.tier, 'mid');
  await chat.askAbout(document, new vscode.Range(0, 0, 1, 0), 'why?');
  assert.match(host.said.join(), /An answer is in progress, so your question was not sent/);
  await until(() => state()?.chips.length === 1);
  gate.resolve('done');
  await first;
  assert.equal(calls.length, 1);
});

test('an answer becomes an edit of what was attached, paid for by its call; a later fix is asked of the mid tier', async (t) => {
  const { host, chat, calls, proposed, answers, place } = room(
    t,
    () => '```ts\nexport function take() {\n  return 2;\n}\n```\n',
  );
  const document = (await host.open(host.uri('src/pool.ts'))) as unknown as vscode.TextDocument;
  await chat.askToFix(document.uri, 'line 2: wrong');
  await until(() => answers().length === 1);
  place.webview.say({ kind: 'applyCode', turnId: answers()[0]?.id, block: 0 });
  await until(() => proposed.length === 1);
  const [request] = proposed;
  assert.equal(request?.answer.edits.length, 1);
  assert.deepEqual(
    request.origins.map(({ uri, text }) => [uri.toString(), text]),
    [[document.uri.toString(), FILES['src/pool.ts']]],
  );
  assert.deepEqual([request.by?.callId, request.by?.tier, request.by?.task], ['call-1', 'mid', 'chat']);
  await request.askAgain?.(document.uri, 'Line 2 should be x.');
  assert.match(JSON.stringify(calls[1]?.request), /Your change does not fit the attached file[^]*<<<<<<< SEARCH/);
});

test('half an answer is not applied', async (t) => {
  const gate = Promise.withResolvers<string>();
  const { host, chat, calls, proposed, answers, place } = room(t, () => gate.promise);
  const document = (await host.open(host.uri('src/pool.ts'))) as unknown as vscode.TextDocument;
  const asked = chat.askToFix(document.uri, 'wrong');
  await until(() => calls.length === 1 && answers().length === 1);
  place.webview.say({ kind: 'applyAnswer', turnId: answers()[0]?.id });
  await until(() => host.said.length > 0);
  assert.deepEqual([host.said, proposed.length], [['The answer is still being written.'], 0]);
  gate.resolve('done');
  await asked;
});

test('the thread that was open is open again after a restart; the notice says what the user should know', async (t) => {
  const { host, chat, state, memory } = room(t);
  const document = (await host.open(host.uri('src/pool.ts'))) as unknown as vscode.TextDocument;
  await chat.askToFix(document.uri, 'wrong');
  await until(() => state()?.thread.id !== undefined && memory.get('chat.openThread') === state()?.thread.id);
  assert.equal(state()?.notice, 'Demo models are used.');
  host.trusted = false;
  chat.refresh();
  await until(() => state()?.noticeNext === 'trust');
  assert.equal(state()?.notice, 'This workspace is not trusted: the cloud tiers are off.');
  const before = state()?.thread.id;
  await chat.startThread();
  await until(() => state()?.thread.id !== before);
});

test('a new chat begins once the focus is in the view: keys that are typed on the way would be lost', async (t) => {
  const { host, chat, state } = room(t);
  const document = (await host.open(host.uri('src/pool.ts'))) as unknown as vscode.TextDocument;
  await chat.askToFix(document.uri, 'wrong');
  await until(() => state()?.busy === null);
  const before = state()?.thread.id;
  const focused = Promise.withResolvers<undefined>();
  host.commands.set('gearshift.chat.focus', () => focused.promise);
  const started = chat.startThread();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(state()?.thread.id, before);
  focused.resolve(undefined);
  await started;
  await until(() => state()?.thread.id !== before);
});

test('each answer that changed files, or came before one, restores the files of all from it on', async (t) => {
  const { place, state, answers, restored } = room(t);
  for (const n of [1, 2, 3]) {
    place.webview.say({ kind: 'ask', text: `Question ${n}`, tier: 'mid' } as ChatFromPage);
    await until(() => answers().length === n && state()?.busy === null);
  }
  place.webview.say({ kind: 'ready' });
  await until(() => JSON.stringify(state()).includes('canRestore'));
  const turns = state()?.turns ?? [];
  const shown = turns.flatMap((turn) =>
    typeof turn === 'object' && turn.role === 'assistant' ? [turn.canRestore ?? false] : [],
  );
  assert.deepEqual(shown, [true, true, false]);
  const ids = answers().map(({ id }) => id);
  place.webview.say({ kind: 'restoreBefore', turnId: ids[1] ?? '' });
  await until(() => restored.length === 1);
  assert.deepEqual(restored, [ids.slice(1)]);
});

test('asking from an editor attaches the selection, else the file, and moves to the composer; adding keeps the focus', async (t) => {
  const { host, chat, calls, state, show } = room(t);
  const focused: unknown[] = [];
  host.commands.set('gearshift.chat.focus', (options) => void focused.push(options));
  await assert.rejects(chat.gestures.ask(), /Open a file in the editor first/);
  await show('src/pool.ts', 0, 0, 1, 3);
  await chat.gestures.ask();
  await until(() => state()?.chips.length === 1);
  assert.deepEqual(
    state()?.chips.map(({ kind, label }) => [kind, label]),
    [['selection', 'src/pool.ts:1-2']],
  );
  await show('src/pool.ts', 1, 2, 1, 9);
  await chat.gestures.addSelection();
  await show('src/pool.ts', 0);
  await chat.gestures.ask();
  await until(() => state()?.chips.length === 3);
  assert.deepEqual(
    state()?.chips.map(({ label }) => label),
    ['src/pool.ts:1-2', 'src/pool.ts:2', 'src/pool.ts'],
  );
  await assert.rejects(chat.gestures.addSelection(), /Select code in the editor first/);
  assert.equal(calls.length, 0, 'nothing is sent');
});

test('files of the explorer are attached, each by the rules for secrets', async (t) => {
  const { host, chat, state } = room(t);
  await chat.gestures.addFiles([host.uri('src/pool.ts'), host.uri('.env')] as unknown as vscode.Uri[]);
  await until(() => state()?.chips.length === 1);
  assert.equal(state()?.chips[0]?.label, 'src/pool.ts');
  assert.match(host.said.join(), /\.env looks like a file with secrets/);
});

test('Explain, Fix and Write Tests ask their prompt about the selection, with the tier of the composer', async (t) => {
  const { chat, calls, sent, show } = room(t);
  await show('src/pool.ts', 1, 0, 1, 11);
  await chat.gestures.askPrompt('fix');
  assert.deepEqual([calls.length, calls[0]?.tier], [1, 'mid']);
  assert.match(sent(), /src\/pool\.ts:2[^]*return 1;[^]*Find out what is wrong here/);
});
