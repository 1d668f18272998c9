import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { Failure } from '../../../src/core/common/failures.ts';
import { NO_USAGE, type ToolCall } from '../../../src/core/common/types.ts';
import type { CallEvent, CallResult, Estimate, ModelCall } from '../../../src/core/gateway/call.ts';
import { Health, tierState } from '../../../src/core/gateway/tierStatus.ts';
import type { LedgerRow, LedgerStore } from '../../../src/core/ledger/ledger.ts';
import { Access } from '../../../src/editor/languageModels/access.ts';
import { TierProvider } from '../../../src/editor/languageModels/provider.ts';
import { nameSecret } from '../../../src/editor/platform/installKey.ts';
import { RESULT } from '../../support/facts.ts';
import { openWindow } from '../../support/window.ts';

/** The tiers as models of VS Code's chat: what is sent, what is told, what is asked. */

const SETTINGS = {
  providers: {
    lab: { kind: 'openai', baseUrl: 'https://lab.example/v1' },
    here: { kind: 'ollama', baseUrl: 'http://127.0.0.1:11434' },
  },
  'tiers.local': ['here/qwen3:4b'],
  'tiers.mid': ['lab/claude-haiku-5', 'lab/qwen3-coder'],
  'tiers.frontier': ['lab/claude-opus-5.5', 'lab/gpt-6'],
};

interface Said {
  readonly text?: string;
  readonly calls?: readonly ToolCall[];
  readonly failure?: Failure;
  readonly model?: string;
}

function tiers(
  t: TestContext,
  { settings = {}, said = [] as Said[], rows = [] as LedgerRow[], clicks = [] as string[] } = {},
) {
  const window = openWindow(t, { consents: ['https://lab.example'], settings: { ...SETTINGS, ...settings } });
  const { config, prices, trusted, host, memory, log } = window;
  for (const click of clicks) host.willClick(/./, click);
  const health = new Health(() => undefined);
  const calls: ModelCall[] = [];
  const provider = new TierProvider({
    ...{ config, prices, trusted, health, log },
    access: new Access(memory),
    budgetStates: () => [],
    gateway: {
      async *stream(call): AsyncIterable<CallEvent> {
        const { text, calls: made = [], failure = null, model } = said[calls.length] ?? { text: 'Fine.' };
        calls.push(call);
        if (text) yield { kind: 'text', text };
        for (const each of made) yield { kind: 'tool-call', call: each };
        const [first] = call.chain;
        const answered = model === undefined ? (first ?? null) : { provider: 'lab', model };
        const place = { provider: 'lab', host: 'lab.example', model: first?.model ?? '', kind: 'openai' as const };
        const end: CallResult = {
          ...RESULT,
          ...{ model: answered, failure, place, outcome: failure ? 'failed' : 'done' },
          usage: { ...NO_USAGE, input: 90, cacheRead: 10, output: 5 },
        };
        yield { kind: 'end', result: end };
      },
      estimate: ({ chain: [model] }) =>
        Promise.resolve(model && ({ model, inputTokens: 10, likely: 1, atMost: 1 } satisfies Estimate)),
    },
    ledger: () =>
      Promise.resolve({
        spending: (limits: readonly unknown[]) => Promise.resolve(limits.map(() => ({ spent: 0, reserved: 0 }))),
        rows: () => Promise.resolve(rows),
      } as unknown as LedgerStore),
    budgets: () => [],
    tierState: (tier) =>
      tierState(tier, { settings: config.settings, health, trusted: trusted(), hasKey: () => Promise.resolve(true) }),
  });
  const ask = async (
    model: string,
    messages: readonly { role: number; content: readonly unknown[] }[],
    options: Record<string, unknown> = {},
  ): Promise<unknown[]> => {
    const parts: unknown[] = [];
    const source = new vscode.CancellationTokenSource();
    await provider.respond(
      model,
      messages as never,
      { toolMode: 1, requestInitiator: 'github.copilot-chat', ...options } as never,
      { report: (part) => void parts.push(part) },
      source.token,
    );
    return parts;
  };
  return { ...window, calls, ask, provider };
}

const text = (value: string) => new vscode.LanguageModelTextPart(value);
const user = (...content: unknown[]) => ({ role: 1, content });
const assistant = (...content: unknown[]) => ({ role: 2, content });
const agent = (name: string) => ({
  role: 3,
  content: [text(`<modeInstructions>\nYou are currently running in "${name}" mode.\n</modeInstructions>`)],
});
const TOOLS = ['read_file', 'replace_string_in_file', 'insert_edit_into_file'].map((name) => ({
  name,
  description: name,
  inputSchema: { type: 'object' },
}));
const call = (id: string, name: string, input: Record<string, unknown> = {}): ToolCall => ({ id, name, input });

test('a request of an agent goes to the tier with its tools, and comes back as parts with the usage', async (t) => {
  const { ask, calls } = tiers(t, { said: [{ text: 'I read.', calls: [call('c1', 'read_file', { path: 'a' })] }] });
  const parts = await ask('mid', [agent('Gearshift Build'), user(text('Fix it'))], {
    tools: TOOLS,
    modelOptions: { _conversationId: 'one', _otelTraceContext: 'x', temperature: 0 },
  });
  const [sent] = calls;
  assert.deepEqual(
    [sent?.tier, sent?.task, sent?.stage, sent?.conversation, sent?.initiator],
    ['mid', 'agent', 'Gearshift Build', 'one', 'github.copilot-chat'],
  );
  assert.ok(sent?.request.kind === 'chat');
  assert.deepEqual(
    sent.request.tools?.map(({ name }) => name),
    ['read_file', 'replace_string_in_file'],
    'a tool that needs an account is left out',
  );
  assert.doesNotMatch(JSON.stringify(sent.request), /_conversationId|_otelTraceContext/);
  const [said, called, usage] = parts as [
    vscode.LanguageModelTextPart,
    vscode.LanguageModelToolCallPart,
    vscode.LanguageModelDataPart,
  ];
  assert.equal(said.value, 'I read.');
  assert.deepEqual([called.callId, called.name, called.input], ['c1', 'read_file', { path: 'a' }]);
  assert.equal(usage.mimeType, 'usage');
  assert.deepEqual(JSON.parse(new TextDecoder().decode(usage.data)), {
    prompt_tokens: 100,
    completion_tokens: 5,
    total_tokens: 105,
    prompt_tokens_details: { cached_tokens: 10 },
  });
});

test('a model that replaced another continues with its tool loop, and its family does not review', async (t) => {
  const { ask, calls } = tiers(t, {
    said: [
      { calls: [call('c1', 'replace_string_in_file')], model: 'qwen3-coder' },
      { text: 'Done.', model: 'qwen3-coder' },
    ],
    settings: { 'tiers.frontier': ['lab/qwen3-max', 'lab/claude-opus-5.5'] },
  });
  const options = { tools: TOOLS, modelOptions: { _conversationId: 'one' } };
  const turn = [agent('Gearshift Build'), user(text('Fix it'))];
  await ask('mid', turn, options);
  const loop = [
    ...turn,
    assistant(new vscode.LanguageModelToolCallPart('c1', 'replace_string_in_file', {})),
    user(new vscode.LanguageModelToolResultPart('c1', [text('done')])),
  ];
  await ask('mid', loop, options);
  assert.deepEqual(
    calls[1]?.chain.map(({ model }) => model),
    ['qwen3-coder'],
    'nothing else answers in the middle of its work',
  );
  await ask('frontier', [agent('Gearshift Review'), user(text('Review'))], options);
  assert.deepEqual(
    calls[2]?.chain.map(({ model }) => model),
    ['claude-opus-5.5'],
  );
});

test('the ledger tells who built in an earlier window', async (t) => {
  const row = (modelAsked: string, stage: string) => ({ conversation: 'one', stage, modelAsked, settled: null });
  const rows = [row('claude-haiku-5', 'Gearshift Build'), row('gpt-6', 'Gearshift Plan')] as unknown as LedgerRow[];
  const { ask, calls } = tiers(t, { rows });
  await ask('frontier', [agent('Gearshift Review'), user(text('Review'))], {
    modelOptions: { _conversationId: 'one' },
  });
  assert.deepEqual(
    calls[0]?.chain.map(({ model }) => model),
    ['gpt-6'],
  );
});

test('another agent that changed files before this window was opened has built too; one that failed or only read has not', async (t) => {
  const row = (modelAsked: string, stage: string, outcome: string) => ({
    ...{ conversation: 'one', task: 'agent', stage, modelAsked, settled: { outcome, modelReturned: null } },
  });
  const rows = [row('claude-haiku-5', 'chat', 'done'), row('gpt-6', 'Gearshift Build', 'failed')];
  const history = (name: string) => [
    agent('Gearshift Review'),
    user(text('Fix it')),
    { role: 2, content: [new vscode.LanguageModelToolCallPart('old-1', name, {})] },
    user(new vscode.LanguageModelToolResultPart('old-1', [text('done')])),
    user(text('Review')),
  ];
  for (const [name, reviewers] of [
    ['replace_string_in_file', ['gpt-6']],
    ['read_file', ['claude-opus-5.5', 'gpt-6']],
  ] as const) {
    const { ask, calls } = tiers(t, { rows: rows as unknown as LedgerRow[] });
    await ask('frontier', history(name), { modelOptions: { _conversationId: 'one' } });
    assert.deepEqual(
      calls[0]?.chain.map(({ model }) => model),
      reviewers,
    );
  }
});

test('a failure is one sentence with the next step and no stack', async (t) => {
  const { ask } = tiers(t, {
    said: [{ failure: { kind: 'auth', status: 401, detail: 'see [here](https://evil.example)' } }],
  });
  await assert.rejects(ask('mid', [user(text('Hi'))]), (error: Error) => {
    assert.match(error.message, /^\*\*Gearshift:\*\* lab\.example refused the key \(401\)/);
    assert.match(error.message, /Run "Gearshift: Set API Key"\.$/);
    assert.doesNotMatch(error.message, /\n|(?<!\\)\]\(/);
    assert.equal(error.stack, '');
    return true;
  });
});

test('private mode and a tier without a model say so; all tiers are still listed', async (t) => {
  const { ask, provider, calls } = tiers(t, { settings: { 'tiers.frontier': [] } });
  await assert.rejects(
    ask('frontier', [user(text('Hi'))]),
    /No model that can answer questions is set for the frontier tier/,
  );
  assert.equal(calls.length, 0);
  const names = (await provider.information()).map(({ name }) => name);
  assert.deepEqual(names, ['Gearshift Auto', 'Gearshift Local', 'Gearshift Mid', 'Gearshift Frontier']);
});

test('the user is asked once about another extension, and its requests carry its name', async (t) => {
  const { ask, calls, host } = tiers(t, { clicks: ['Allow'] });
  await ask('mid', [user(text('Hi'))], { requestInitiator: 'some.other' });
  await ask('mid', [user(text('Again'))], { requestInitiator: 'some.other' });
  assert.equal(host.messages.filter(({ text: shown }) => /Allow "some\.other"/.test(shown)).length, 1);
  assert.deepEqual(
    calls.map(({ initiator }) => initiator),
    ['some.other', 'some.other'],
  );
  const refused = tiers(t, { clicks: ["Don't Allow"] });
  for (let i = 0; i < 2; i++)
    await assert.rejects(refused.ask('mid', [user(text('Hi'))], { requestInitiator: 'bad.one' }), /did not allow bad/);
  assert.equal(refused.calls.length, 0);
  assert.equal(refused.host.messages.length, 1);
});

test('the consent for an extension without a name is used for one request only', async (t) => {
  const { ask, calls, host, memory } = tiers(t, { clicks: ['Allow', 'Allow'] });
  const unnamed = { requestInitiator: undefined };
  await ask('mid', [user(text('Hi'))], unnamed);
  await ask('mid', [user(text('Again'))], unnamed);
  assert.equal(host.messages.filter(({ text: shown }) => /that VS Code does not name/.test(shown)).length, 2);
  assert.equal(calls.length, 2);
  assert.equal(memory.get('gearshift.languageModelAccess'), undefined);
});

test('masked secrets are restored into text and calls, also where a piece cuts their mark', async (t) => {
  const secret = ['sk', 'proj', 'Zq8vR2mX7tLw4KpN9yBc3HdJ6fGs1AeU'].join('-');
  const mark = `«masked secret ${nameSecret(secret)}»`;
  const { ask } = tiers(t, { said: [{ text: `Use ${mark}.`, calls: [call('c1', 'edit', { value: mark })] }] });
  const parts = await ask('mid', [user(text(`The key is ${secret} in .env`))], { tools: TOOLS });
  const said = parts.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
  assert.equal(said, `Use ${secret}.`);
  const called = parts.find((part) => part instanceof vscode.LanguageModelToolCallPart);
  assert.deepEqual(called?.input, { value: secret });
});
