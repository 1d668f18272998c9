import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { NO_USAGE } from '../../../src/core/common/types.ts';
import { StartedAgents } from '../../../src/core/languageModels/startedAgents.ts';
import type { VsCodeChatFacts } from '../../../src/core/setup/vsCodeChat.ts';
import { CostAtLine } from '../../../src/editor/languageModels/costAtLine.ts';
import { AgentStart } from '../../../src/editor/languageModels/fromEditor.ts';
import { QUIET_MS, runAgent } from '../../../src/editor/languageModels/runAgent.ts';
import { removeFromChat, useInChat } from '../../../src/editor/languageModels/useInChat.ts';
import { HandClock } from '../../support/handClock.ts';
import { openWindow, until } from '../../support/window.ts';

/** From the user's place to VS Code's agents: what the user asked for is in the input, and nothing is sent by itself. */

const ENDED = { isUnknown: false, text: 'It is built.', usage: { ...NO_USAGE, input: 5 }, model: 'small' };

function chat(t: TestContext, isThere: boolean) {
  const window = openWindow(t, { settings: {}, files: { 'src/a.ts': 'let a = 1;\nlet b = 2;\nlet c = 3;\n' } });
  const opened: Record<string, unknown>[] = [];
  window.host.commands.set('workbench.action.chat.open', ((how: Record<string, unknown>) => opened.push(how)) as never);
  const asked: string[] = [];
  const started = new StartedAgents();
  const costs = new CostAtLine();
  t.after(() => costs.dispose());
  const start = new AgentStart({
    ...{ started, costs },
    use: () => Promise.resolve(void asked.push('use')),
    state: () => Promise.resolve({ builtIn: isThere ? 'active' : 'off', group: isThere }),
  });
  const spend = (stage: string, conversation: string | undefined = 'c1'): void =>
    started.ended({ ...ENDED, stage, conversation, nanoUsd: 20_000_000 });
  return { ...window, opened, asked, start, spend };
}

/** The words that decorations put behind lines. */
const wordsBehind = ({ decorations }: { readonly decorations: ReadonlyMap<unknown, readonly unknown[]> }): string[] =>
  [...decorations.values()]
    .flat()
    .map((each) => (each as vscode.DecorationOptions).renderOptions?.after?.contentText ?? '');

test('an agent opens on its tier, with the question in the input for the user to send', async (t) => {
  const { opened, asked, start } = chat(t, true);
  await start.fromEditor('escalate');
  await start.fromEditor('build');
  assert.deepEqual(opened, [
    { mode: 'agent', modelSelector: { vendor: 'gearshift', id: 'frontier' } },
    { mode: 'Gearshift Build', modelSelector: { vendor: 'gearshift', id: 'mid' } },
  ]);
  assert.deepEqual(asked, []);
});

test('a selection is quoted with its place, and its line shows what the agent cost', async (t) => {
  const { host, opened, start, spend } = chat(t, true);
  const editor = await host.show('src/a.ts', 0, 0, 1, 10);
  await start.fromEditor('build');
  const [how] = opened;
  assert.match(String(how?.['query']), /^Implement this, at src\/a\.ts:1-2: \n\nlet a = 1;\nlet b = 2;$/);
  assert.equal(how?.['isPartialQuery'], true);
  const words = (): string[] => wordsBehind(editor);
  assert.deepEqual(words(), []);
  spend('Gearshift Plan', 'c0');
  assert.deepEqual(words(), []);
  spend('Gearshift Build');
  spend('Gearshift Build');
  assert.deepEqual(words(), ['Gearshift Build: $0.04 for 2 requests']);
});

test('a problem opens the agent that builds, and an answer either agent; the answer shows the cost', async (t) => {
  const { host, opened, start, spend } = chat(t, true);
  const { document } = await host.show('src/a.ts');
  await start.fromProblem('build', document as never, new vscode.Position(2, 0), 'line 3: c is never used');
  const told: string[] = [];
  const turn = { question: 'Why is it slow?', answer: 'Cache the result.' };
  await start.fromAnswer('escalate', turn, (words) => told.push(words));
  await start.fromAnswer('build', turn, (words) => told.push(words));
  const [problem, escalated, built] = opened.map(({ mode, query }) => [mode, query]);
  assert.deepEqual(problem, ['Gearshift Build', 'Fix these problems, at src/a.ts:3:\nline 3: c is never used']);
  assert.deepEqual(escalated?.[0], 'agent');
  assert.match(
    String(escalated?.[1]),
    /^Why is it slow\?\n\nAn earlier answer, which may be wrong:\n\nCache the result\.$/,
  );
  assert.deepEqual(built, ['Gearshift Build', 'Implement this:\n\nCache the result.']);
  spend('Gearshift Build');
  assert.deepEqual(told, ['Gearshift Build: $0.02 for 1 request']);
});

test('the inline chat opens on the tier that the user picks, and its line shows the cost', async (t) => {
  const { host, start, spend } = chat(t, true);
  const editor = await host.show('src/a.ts', 1);
  await start.inline();
  assert.match(host.messages.at(-1)?.text ?? '', /has no inline chat/);
  const inline: unknown[] = [];
  let close: () => void = () => undefined;
  host.commands.set('inlineChat.start', ((how: unknown) => {
    inline.push(how);
    return new Promise<void>((resolve) => (close = resolve));
  }) as never);
  host.willPick(/tier that edits/, 'frontier');
  const before = host.messages.length;
  const open = start.inline();
  await until(() => inline.length > 0);
  assert.deepEqual(inline, [{ modelSelector: { vendor: 'gearshift', id: 'frontier' } }]);
  spend('inline chat', undefined);
  assert.deepEqual(wordsBehind(editor), ['Inline edit: $0.02 for 1 request']);
  await new Promise((resolve) => setTimeout(resolve, 250));
  close();
  await open;
  assert.equal(host.messages.length, before);
  // VS Code's command does nothing in a file with changes of the chat.
  host.commands.set('inlineChat.start', () => undefined);
  host.willPick(/tier that edits/, 'mid');
  await start.inline();
  assert.match(host.messages.at(-1)?.text ?? '', /did not open its inline chat here.*keep or undo/);
});

test("without VS Code's chat extension or our group the user is asked first, and nothing opens after a no", async (t) => {
  const { opened, asked, start } = chat(t, false);
  await start.fromEditor('build');
  await start.fromAnswer('build', { question: '', answer: 'x' }, () => undefined);
  await start.inline();
  assert.deepEqual([asked, opened], [['use', 'use', 'use'], []]);
});

const READY: VsCodeChatFacts = {
  ...{ version: '1.139.1', hasApi: true, hasGroupCommand: true, hasChatCommand: true, group: true, builtIn: 'active' },
  ...{ aiOff: undefined, utility: {}, agentHost: false },
};

test('an agent runs one turn in a conversation of its own for another feature, which gets its end and its cost', async (t) => {
  const { host } = openWindow(t, { settings: {} });
  const started = new StartedAgents();
  const ran: unknown[] = [];
  let answer: unknown = { metadata: {} };
  host.commands.set('workbench.action.chat.newChat', () => void ran.push('new'));
  host.commands.set('workbench.action.chat.open', ((how: unknown) => {
    ran.push(how);
    started.ended({ ...ENDED, conversation: 'c7', stage: 'Gearshift Build', nanoUsd: 5 });
    return answer;
  }) as never);
  const parts = { started, private: () => false, state: () => Promise.resolve(READY) };
  const run = { agent: 'Gearshift Build', model: 'mid', prompt: 'Implement step 1.' } as const;
  const end = await runAgent(run, parts);
  assert.deepEqual(ran, [
    'new',
    {
      ...{ mode: 'Gearshift Build', query: 'Implement step 1.', blockOnResponse: true },
      modelSelector: { vendor: 'gearshift', id: 'mid' },
    },
  ]);
  const cost = { requests: 1, nanoUsd: 5, isUnknown: false };
  const { usage } = ENDED;
  const said = { usage, text: 'It is built.', models: ['small'], model: undefined };
  const rest = { attempts: 1, failure: null, place: null, limitWords: '' };
  assert.deepEqual(end, { available: true, state: 'done', error: '', conversation: 'c7', cost, ...said, ...rest });
  for (const [result, state, error] of [
    [{ type: 'confirmation', kind: 'toolInvocation', toolId: 'run_in_terminal' }, 'waiting', ''],
    [{ errorDetails: { message: 'the budget is used up' } }, 'failed', 'the budget is used up'],
  ] as const) {
    answer = result;
    const other = await runAgent(run, parts);
    assert.ok(other.available);
    assert.deepEqual([other.state, other.error], [state, error]);
  }
});

test('an agent that asks the user something is waited for until it calls no more tools, or until nothing is sent for it', async (t) => {
  const { host } = openWindow(t, { settings: {} });
  const started = new StartedAgents();
  const request = { ...ENDED, conversation: 'c8', stage: 'Gearshift Build', nanoUsd: 5 };
  host.commands.set('workbench.action.chat.newChat', () => undefined);
  host.commands.set('workbench.action.chat.open', () => {
    started.ended({ ...request, goesOn: true });
    return { type: 'confirmation' };
  });
  const parts = { started, private: () => false, state: () => Promise.resolve(READY) };
  const limits = { nanoUsd: 100, requests: 9, tier: 'mid', chain: [], run: 'run' } as const;
  for (const [last, state] of [
    [{ text: 'Now it is built.' }, 'done'],
    [{ attempts: 0 }, 'failed'],
  ] as const) {
    const told: number[] = [];
    let asks = 0;
    const running = runAgent(
      {
        ...{ agent: 'Gearshift Build', model: 'mid', prompt: 'x', limits },
        progress: ({ attempts }) => told.push(attempts),
        asksUser: () => asks++,
      },
      parts,
    );
    await until(() => asks === 1);
    const agent = started.agentOf(request);
    assert.equal(agent?.limits, limits, 'the limits hold while the agent waits');
    started.ended({ ...request, goesOn: true });
    if (state === 'failed' && agent) agent.limitWords = 'used up';
    started.ended({ ...request, ...last });
    const end = await running;
    assert.ok(end.available);
    assert.deepEqual([end.state, end.attempts], [state, state === 'done' ? 3 : 2]);
    assert.deepEqual(told, state === 'done' ? [1, 2, 3] : [1, 2, 2]);
    assert.equal(agent?.limits, undefined, 'what the user asks there afterward is not limited');
    request.conversation = 'c9';
  }
});

test("an agent that is stopped in VS Code's chat while it asks about a command ends once it has been quiet for long", async (t) => {
  const { host } = openWindow(t, { settings: {} });
  const started = new StartedAgents();
  const hand = new HandClock();
  const clock = { now: hand.now, uptime: hand.now, after: hand.after };
  const request = { ...ENDED, conversation: 'q1', stage: 'Gearshift Build', nanoUsd: 5, goesOn: true };
  let cancels = 0;
  host.commands.set('workbench.action.chat.newChat', () => undefined);
  host.commands.set('workbench.action.chat.cancel', () => void cancels++);
  host.commands.set('workbench.action.chat.open', () => {
    started.ended(request);
    return { type: 'confirmation' };
  });
  const parts = { started, clock, private: () => false, state: () => Promise.resolve(READY) };
  let asks = 0;
  const running = runAgent({ agent: 'Gearshift Build', model: 'mid', prompt: 'x', asksUser: () => asks++ }, parts);
  await until(() => asks === 1);
  hand.pass(QUIET_MS - 1);
  // The user answered, and the agent worked on: it may be quiet for as long again.
  started.ended(request);
  hand.pass(QUIET_MS - 1);
  assert.equal(cancels, 0);
  hand.pass(1);
  const end = await running;
  assert.ok(end.available);
  assert.deepEqual([end.state, end.attempts, hand.waiting], ['cancelled', 2, 0]);
  assert.match(end.error, /sent nothing for 15 min.*stopped the agent/);
  assert.equal(cancels, 1, 'an answer of the user later starts nothing without limits');
});

test("an agent that the user stops in VS Code's chat is not done, in the middle of an answer or of a command", async (t) => {
  const { host } = openWindow(t, { settings: {} });
  const started = new StartedAgents();
  const parts = { started, private: () => false, state: () => Promise.resolve(READY) };
  const run = { agent: 'Gearshift Build', model: 'mid', prompt: 'x' } as const;
  host.commands.set('workbench.action.chat.newChat', () => undefined);
  for (const [n, over] of [{ isStopped: true }, { goesOn: true }].entries()) {
    host.commands.set('workbench.action.chat.open', () => {
      started.ended({ ...ENDED, ...over, conversation: `s${n}`, stage: 'Gearshift Build', nanoUsd: 5 });
      return {};
    });
    const end = await runAgent(run, parts);
    assert.ok(end.available);
    assert.equal(end.state, 'cancelled');
    assert.match(end.error, /stopped in VS Code's chat/);
  }
});

test('an agent that another feature started is stopped by it', async (t) => {
  const { host } = openWindow(t, { settings: {} });
  const controller = new AbortController();
  let stopped: (end: unknown) => void = () => undefined;
  host.commands.set('workbench.action.chat.newChat', () => undefined);
  host.commands.set('workbench.action.chat.cancel', () => stopped({}));
  host.commands.set(
    'workbench.action.chat.open',
    () =>
      new Promise((resolve) => {
        stopped = resolve;
        controller.abort();
      }),
  );
  const parts = { started: new StartedAgents(), private: () => false, state: () => Promise.resolve(READY) };
  const run = { agent: 'Gearshift Build', model: 'mid', prompt: 'x' } as const;
  const end = await runAgent(run, parts, controller.signal);
  assert.deepEqual([end.available, end.available && end.state], [true, 'cancelled']);
});

test('where no agent can run, the caller gets the reason and the next step, and nothing is sent', async (t) => {
  const { host } = openWindow(t, { settings: {} });
  const run = { agent: 'Gearshift Build', model: 'mid', prompt: 'x' } as const;
  for (const [over, isPrivate, words] of [
    [{}, true, /Private mode/],
    [{ hasGroupCommand: false }, false, /Update it/],
    [{ aiOff: 'user' }, false, /disableAIFeatures/],
    [{ group: false }, false, /Use Gearshift in VS Code's Chat/],
    [{ builtIn: 'off' }, false, /Use Gearshift in VS Code's Chat/],
  ] as const) {
    const state = (): Promise<VsCodeChatFacts> => Promise.resolve({ ...READY, ...over } as VsCodeChatFacts);
    const end = await runAgent(run, { started: new StartedAgents(), private: () => isPrivate, state });
    assert.ok(!end.available);
    assert.match(end.why, words);
  }
  host.commands.set('workbench.action.chat.newChat', () => undefined);
  host.commands.set('workbench.action.chat.open', () => Promise.reject(new Error('No language models found')));
  const parts = { started: new StartedAgents(), private: () => false, state: () => Promise.resolve(READY) };
  assert.deepEqual(await runAgent(run, parts), { available: false, why: 'No language models found' });
});

test('in private mode VS Code is not touched, and the user reads why', async (t) => {
  const window = openWindow(t, { settings: { private: true } });
  await useInChat({ config: window.config, context: {} as never, log: window.log });
  assert.match(window.host.messages[0]?.text ?? '', /Private mode is on/);
  assert.deepEqual(window.host.executed, []);
});

/** VS Code 1.139, as far as the command touches it: its chat extension comes when the setting changes. */
function newEditor(t: TestContext) {
  const window = openWindow(t, { settings: { 'tiers.local': ['ollama/qwen3:4b'] } });
  const { host } = window;
  const user = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-user-'));
  t.after(() => fs.rmSync(user, { recursive: true, force: true }));
  const storage = path.join(user, 'globalStorage', 'gearshift.gearshift');
  fs.mkdirSync(storage, { recursive: true });
  const groups = path.join(user, 'chatLanguageModels.json');
  const opened: unknown[] = [];
  const add = (group: object): void => {
    const before = fs.existsSync(groups) ? (JSON.parse(fs.readFileSync(groups, 'utf8')) as { vendor: string }[]) : [];
    if (before.some(({ vendor }) => vendor === 'gearshift'))
      throw new Error('Group already exists for vendor gearshift');
    fs.writeFileSync(groups, JSON.stringify([...before, group]));
  };
  host.commands.set('lm.addLanguageModelsProviderGroup', add as never);
  host.commands.set('workbench.action.chat.open', ((how: unknown) => opened.push(how)) as never);
  const extension = { isActive: false, activate: async () => void (extension.isActive = true) };
  host.didChangeConfiguration.event((event) => {
    if (event.affectsConfiguration('chat.disableAIFeatures'))
      host.extensions.set('GitHub.copilot-chat', extension as never);
  });
  const context = { globalStorageUri: vscode.Uri.file(storage) } as never;
  const { config, log } = window;
  return {
    host,
    groups,
    opened,
    run: () => useInChat({ config, context, log }),
    remove: () => removeFromChat({ context, log }),
  };
}

test('one command: group, chat extension, models for errands, and the chat opens on mid; twice is the same; undone', async (t) => {
  const { host, groups, opened, run, remove } = newEditor(t);
  fs.writeFileSync(groups, JSON.stringify([{ name: 'Other', vendor: 'other' }]));
  host.willClick(/Use Gearshift in VS Code's chat\?[\s\S]*Microsoft's built-in chat extension/, 'Use Gearshift');
  host.willClick(/Use Gearshift in VS Code's chat\?/, 'Use Gearshift');
  await run();
  await run();
  const vendors = () =>
    (JSON.parse(fs.readFileSync(groups, 'utf8')) as { vendor: string }[]).map(({ vendor }) => vendor);
  assert.deepEqual(vendors(), ['other', 'gearshift']);
  assert.equal(host.settings.get('chat.utilityModel'), 'gearshift/mid');
  assert.equal(host.settings.get('chat.utilitySmallModel'), 'gearshift/local');
  assert.deepEqual(opened, Array(2).fill({ mode: 'agent', modelSelector: { vendor: 'gearshift', id: 'mid' } }));
  host.willClick(/Remove Gearshift/, 'Remove');
  await remove();
  assert.deepEqual(vendors(), ['other'], 'groups of others stay');
  assert.equal(host.settings.get('chat.utilityModel'), undefined);
  assert.notEqual(host.settings.get('chat.disableAIFeatures'), true);
});

test('nothing is changed before the user agrees, and a VS Code without the commands is named', async (t) => {
  const { host, groups, run } = newEditor(t);
  await run();
  assert.equal(fs.existsSync(groups), false);
  assert.deepEqual(
    [...host.settings.keys()].filter((name) => name.startsWith('chat.')),
    [],
  );
  host.commands.delete('lm.addLanguageModelsProviderGroup');
  await run();
  assert.match(host.messages.at(-1)?.text ?? '', /does not let extensions provide models/);
});

test('a model for errands that the user chose stays, and AI features that the user turned off need a yes of their own', async (t) => {
  const { host, run, remove } = newEditor(t);
  host.settings.set('chat.utilityModel', 'other/small');
  host.settings.set('chat.disableAIFeatures', true);
  host.willClick(/You turned AI features off/, 'Use Gearshift');
  await run();
  assert.equal(host.settings.get('chat.disableAIFeatures'), false);
  assert.equal(host.settings.get('chat.utilityModel'), 'other/small');
  host.willClick(/Remove Gearshift/, 'Remove, and Turn AI Features Off');
  await remove();
  assert.equal(host.settings.get('chat.disableAIFeatures'), true);
  assert.equal(host.settings.get('chat.utilityModel'), 'other/small');
});
