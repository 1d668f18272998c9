import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as vscode from 'vscode';
import type { LedgerRow } from '../../../src/core/ledger/ledger.ts';
import { describeConversation } from '../../../src/core/languageModels/report.ts';
import type { Answer, Ask } from '../../servers/text.ts';
import { agentRig, type AgentRig } from '../../support/agentRig.ts';

/** Whole turns of an agent, with VS Code's part played by the test: real gateway, real adapters, a server with a book. */

type HostMessage = { readonly role: number; readonly content: readonly unknown[] };

const TOOLS = ['read_file', 'replace_string_in_file', 'run_in_terminal'].map((name) => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
}));

/** VS Code's part: it sends the conversation, runs the tools and sends their results, until the model calls none. */
async function turn(
  { provider }: AgentRig,
  model: string,
  history: HostMessage[],
  { stage, token, rules = '' }: { stage: string; token?: vscode.CancellationToken; rules?: string },
): Promise<string> {
  const system = {
    role: 3,
    content: [
      new vscode.LanguageModelTextPart(`<modeInstructions>\nYou are currently running in "${stage}" mode.\n${rules}`),
    ],
  };
  for (let step = 0; step < 50; step++) {
    const parts: unknown[] = [];
    await provider.respond(
      model,
      [system, ...history] as never,
      {
        tools: TOOLS,
        toolMode: 1,
        requestInitiator: 'github.copilot-chat',
        modelOptions: { _conversationId: 'conversation-1' },
      } as never,
      { report: (part) => void parts.push(part) },
      token ?? new vscode.CancellationTokenSource().token,
    );
    const own = parts.filter((part) => !(part instanceof vscode.LanguageModelDataPart));
    history.push({ role: 2, content: own });
    const calls = own.filter((part) => part instanceof vscode.LanguageModelToolCallPart);
    if (calls.length === 0)
      return own.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
    const results = calls.map(
      ({ callId }) => new vscode.LanguageModelToolResultPart(callId, [new vscode.LanguageModelTextPart('done')]),
    );
    history.push({ role: 1, content: results });
  }
  throw new Error('the agent does not end');
}

const question = (text: string): HostMessage => ({ role: 1, content: [new vscode.LanguageModelTextPart(text)] });

/** A model that works in so many steps and then says so. */
const worker =
  (steps: number, text = '') =>
  ({ body }: Ask): Answer => {
    const messages = body['messages'] as { role: string }[];
    const last = messages.findLastIndex(({ role }) => role === 'user');
    const done = messages.slice(last).filter(({ role }) => role === 'tool').length;
    if (done >= steps) return { text: 'All is done.' };
    const name = done % 3 === 1 ? 'replace_string_in_file' : 'read_file';
    return { text, toolCalls: [{ name, arguments: { path: `file-${done}.ts` }, pieceLength: 5 }] };
  };

test('a turn of 20 requests: the ledger is the book of the server, with stage and conversation on each row', async (t) => {
  const made = await agentRig(t);
  const { server, ledger } = made;
  server.script(worker(19));
  assert.equal(await turn(made, 'mid', [question('Work')], { stage: 'Gearshift Build' }), 'All is done.');
  const rows = await ledger.rows({ since: 0 });
  assert.equal(rows.length, 20);
  assert.equal(server.book.calls.length, 20);
  for (const row of rows)
    assert.deepEqual(
      [row.stage, row.conversation, row.initiator, row.task, row.settled?.outcome],
      ['Gearshift Build', 'conversation-1', 'github.copilot-chat', 'agent', 'done'],
    );
  const cost = rows.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? NaN), 0);
  assert.equal(cost, server.book.totals().costNano);
  const cached = rows.reduce((sum, { settled }) => sum + (settled?.usage.cacheRead ?? 0), 0);
  assert.equal(cached, server.book.totals().inputCached);
  assert.ok(cached > 0, 'the beginning of the conversation stays the same');
});

test('plan, build and review by hand-offs: after a fallback the reviewer is of another family than the asked and the returned model', async (t) => {
  const made = await agentRig(t);
  const { server, ledger } = made;
  const history = [question('Plan it')];
  server.script({ text: 'The plan.' });
  await turn(made, 'frontier', history, { stage: 'Gearshift Plan' });
  // The first model of mid fails at the start of the turn, so that Claude builds; it is well again in the middle of it.
  server.script(worker(3));
  history.push(question('Build it'));
  server.book.reset();
  server.next({
    reply: { status: 404, body: { error: { message: 'The model does not exist', code: 'model_not_found' } } },
  });
  await turn(made, 'mid', history, { stage: 'Gearshift Build' });
  const built = server.book.calls.filter(({ status }) => status === 200).map(({ model }) => model);
  assert.deepEqual(new Set(built), new Set(['claude-haiku-5']), 'nothing else answers in the middle of its work');
  server.book.reset();
  server.script({ text: 'No findings.' });
  history.push(question('Review it'));
  await turn(made, 'frontier', history, { stage: 'Gearshift Review' });
  assert.deepEqual(
    server.book.calls.map(({ model }) => model),
    ['gpt-6'],
  );
  const stages = (await ledger.rows({ since: 0 })).map(({ stage }) => stage);
  assert.deepEqual(new Set(stages), new Set(['Gearshift Plan', 'Gearshift Build', 'Gearshift Review']));
});

test('a budget that ends in the middle of the work: one sentence, every row settled, nothing sent beyond it', async (t) => {
  const made = await agentRig(t, { budgets: [{ usd: 0.03, period: 'day', stop: 'refuse' }] });
  const { server, ledger } = made;
  server.script(worker(19, 'word '.repeat(4_000)));
  const history = [question('Work')];
  await assert.rejects(turn(made, 'mid', history, { stage: 'Gearshift Build' }), (error: Error) => {
    assert.match(error.message, /^\*\*Gearshift:\*\* Budget .* a day: .* left\. This may cost up to .*cheaper tier\.$/);
    assert.equal(error.stack, '');
    return true;
  });
  assert.ok(server.book.calls.length >= 1);
  assert.ok(history.length > 2, 'what was done stays');
  const rows = await ledger.rows({ since: 0 });
  assert.ok(rows.every(({ settled }) => settled !== null));
  assert.ok(server.book.totals().costNano <= 0.03e9);
  assert.equal(
    rows.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? NaN), 0),
    server.book.totals().costNano,
  );
});

const CHAIN = ['qwen3-coder', 'claude-haiku-5'].map((model) => ({ provider: 'lab', model }));

test('an agent with limits: the requests end, the money is never passed, and each row belongs to the run', async (t) => {
  for (const [limits, text, words, most] of [
    [{ requests: 3, nanoUsd: 1e9 }, '', /used up its requests/, 3],
    [{ requests: 30, nanoUsd: 40_000_000 }, 'word '.repeat(4_000), /money limit/i, 30],
  ] as const) {
    const made = await agentRig(t);
    const { server, ledger, started } = made;
    server.script(worker(19, text));
    const agent = started.expect('Gearshift Build', () => undefined, {
      ...limits,
      tier: 'mid',
      chain: CHAIN,
      run: 'run-7',
    });
    await assert.rejects(turn(made, 'frontier', [question('Work')], { stage: 'Gearshift Build' }), words);
    const { calls } = server.book;
    assert.ok(calls.length >= 1 && calls.length <= most, `${calls.length} requests`);
    assert.ok(
      calls.every(({ model }) => model === 'qwen3-coder'),
      'the tier of the stage answers, whatever VS Code chose',
    );
    assert.ok(server.book.totals().costNano <= limits.nanoUsd);
    const rows = await ledger.rows({ since: 0 });
    assert.equal(rows.length, calls.length);
    assert.deepEqual(new Set(rows.map(({ run }) => run)), new Set(['run-7']));
    assert.deepEqual([agent.cost.nanoUsd, agent.attempts], [server.book.totals().costNano, calls.length]);
    assert.equal(agent.isIdle, true);
    // No one waits for it any more: what the user asks there afterward has no limits of the run.
    agent.limits = undefined;
    server.script({ text: 'Fine.' });
    assert.equal(await turn(made, 'mid', [question('And now?')], { stage: 'Gearshift Build' }), 'Fine.');
  }
});

test('an agent with limits keeps the model that answered first, also after it fell back and at a new question', async (t) => {
  const made = await agentRig(t);
  const { server, started } = made;
  server.script(worker(3));
  server.next({ reply: { status: 404, body: { error: { message: 'no such model', code: 'model_not_found' } } } });
  const limits = { requests: 30, nanoUsd: 1e9, tier: 'mid', chain: CHAIN, run: 'run-8' } as const;
  const agent = started.expect('Gearshift Build', () => undefined, limits);
  const history = [question('Work')];
  await turn(made, 'mid', history, { stage: 'Gearshift Build' });
  history.push(question('Go on'));
  await turn(made, 'mid', history, { stage: 'Gearshift Build' });
  const answered = server.book.calls.filter(({ status }) => status === 200).map(({ model }) => model);
  assert.equal(answered.length, 8);
  assert.deepEqual(new Set(answered), new Set(['claude-haiku-5']));
  assert.equal(agent.attempts, 9, 'the attempt that failed counts');
});

test('titles and summaries that VS Code asks for count for the run whose agent they are about, and for no other', async (t) => {
  const made = await agentRig(t);
  const { server, ledger, started, provider } = made;
  const works = worker(2);
  server.script((ask) => (ask.body['tools'] ? works(ask) : { text: 'A title' }));
  const limits = { requests: 9, nanoUsd: 1e9, tier: 'mid', chain: CHAIN, run: 'run-10' } as const;
  const prompt = 'Build what the plan says.\n\nThe plan:\n  1. make add add';
  const agent = started.expect('Gearshift Build', () => undefined, limits, prompt);
  const title = async (about: string): Promise<void> => {
    const messages = [
      { role: 3, content: [new vscode.LanguageModelTextPart('You write ultra-compact titles for chats.')] },
      question(`Please write a brief title for the following request:\n\n${about}`),
    ];
    await provider.respond(
      'mid',
      messages as never,
      { tools: [], toolMode: 1, requestInitiator: 'github.copilot-chat', modelOptions: {} } as never,
      { report: () => undefined },
      new vscode.CancellationTokenSource().token,
    );
  };
  await turn(made, 'mid', [question(`<context>x</context>\n${prompt}`)], { stage: 'Gearshift Build' });
  await title(prompt.replaceAll('\n', ' '));
  await title('Why is the sky blue?');
  const rows = await ledger.rows({ since: 0 });
  assert.deepEqual(
    rows.map(({ task, run }) => [task, run]).toSorted(),
    [
      ['agent', 'run-10'],
      ['agent', 'run-10'],
      ['agent', 'run-10'],
      ['overhead', 'run-10'],
      ['overhead', null],
    ].toSorted(),
  );
  const ofRun = rows.filter(({ run }) => run === 'run-10');
  assert.equal(
    agent.cost.nanoUsd,
    ofRun.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? 0), 0),
  );
  assert.equal(agent.attempts, 3, 'limits of requests are for the work');
  assert.equal(agent.text, 'All is done.');
  // Nobody waits for the agent any more.
  agent.limits = undefined;
  await title(prompt);
  assert.equal((await ledger.rows({ since: 0 })).filter(({ run }) => run === 'run-10').length, 4);
});

test('requests of an agent with limits are made one after the other, so that both cannot spend what is left', async (t) => {
  const made = await agentRig(t);
  const { server, started } = made;
  server.script({ text: 'Done.' });
  const limits = { requests: 1, nanoUsd: 1e9, tier: 'mid', chain: CHAIN, run: 'run-9' } as const;
  started.expect('Gearshift Build', () => undefined, limits);
  const both = await Promise.allSettled(
    ['One', 'Two'].map((text) => turn(made, 'mid', [question(text)], { stage: 'Gearshift Build' })),
  );
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  assert.equal(server.book.calls.length, 1);
});

test("Anthropic's cache marks follow the tools and instructions and the last turns; the ledger has the cached share", async (t) => {
  const made = await agentRig(t, {
    'tiers.mid': ['lab/claude-haiku-5'],
  });
  const { server, ledger } = made;
  server.settings.promptCache = 'marked';
  server.script(worker(6, 'word '.repeat(1_000)));
  await turn(made, 'mid', [question('Work')], {
    stage: 'Gearshift Build',
    rules: 'Keep to the rules of the house. '.repeat(2_000),
  });
  const marked = server.book.calls.map(({ body }) =>
    (body as { messages: { role: string }[] }).messages.flatMap((message, i) =>
      JSON.stringify(message).includes('"cache_control"') ? [[message.role, i]] : [],
    ),
  );
  assert.equal(marked.length, 7);
  for (const [step, marks] of marked.entries()) {
    const { messages } = server.book.calls[step]?.body as { messages: { role: string }[] };
    const turns = messages.flatMap(({ role }, i) => (role === 'user' || role === 'tool' ? [i] : []));
    assert.deepEqual(
      marks.filter(([role]) => role !== 'system').map(([, i]) => i),
      turns.slice(-2),
      'the last two turns, of the user or of tools',
    );
    assert.deepEqual(marks[0], ['system', 0]);
    assert.ok(marks.length <= 4);
  }
  const rows = (await ledger.rows({ since: 0 })).toReversed();
  const shareOf = ({ settled }: LedgerRow): number => {
    const { input = 0, cacheRead = 0, cacheWrite = 0 } = settled?.usage ?? {};
    return cacheRead / (input + cacheRead + cacheWrite);
  };
  assert.equal(rows.map(shareOf)[0], 0);
  assert.ok(
    rows.slice(1).every((row) => shareOf(row) > 0.8),
    rows.map(shareOf).join(),
  );
  assert.equal(
    rows.reduce((sum, { settled }) => sum + (settled?.usage.cacheRead ?? 0), 0),
    server.book.totals().inputCached,
  );
  assert.match(
    describeConversation(rows.toReversed()),
    /Gearshift Build: .*7 requests, [6-9]\d% of the input from the cache/,
  );
});

test('stopping closes the connection at once, and the row says so', async (t) => {
  const made = await agentRig(t);
  const { server, ledger } = made;
  server.settings.tokensPerSecond = 50;
  server.script({ text: 'word '.repeat(2_000) });
  const source = new vscode.CancellationTokenSource();
  const asked = turn(made, 'mid', [question('Slowly')], { stage: 'chat', token: source.token });
  await server.book.waitFor((book) => book.calls.find(({ tokens }) => tokens.output > 2));
  source.cancel();
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof vscode.CancellationError);
    assert.equal(error.stack, '', 'VS Code logs it');
    return true;
  });
  await server.book.waitFor((book) => book.calls.find(({ closedBy }) => closedBy === 'client'));
  const [row] = await ledger.rows({ since: 0 });
  assert.equal(row?.settled?.outcome, 'cancelled');
});

test('in private mode nothing is sent, and a provider that fails is reported in its words', async (t) => {
  const secret = await agentRig(t, {
    private: true,
    'tiers.mid': ['far/x'],
    providers: { far: { kind: 'openai', baseUrl: 'https://far.example/v1' } },
  });
  await assert.rejects(
    turn(secret, 'mid', [question('Hi')], { stage: 'chat' }),
    /Private mode is on, so nothing is sent to far\\?\.example/,
  );
  const made = await agentRig(t);
  made.server.always('status:401');
  await assert.rejects(turn(made, 'mid', [question('Hi')], { stage: 'chat' }), /refused the key \(401\).*Set API Key/);
  const rows = await made.ledger.rows({ since: 0 });
  assert.deepEqual(
    rows.map(({ settled }) => [settled?.outcome, settled?.cost.nanoUsd]),
    [['failed', 0]],
  );
});
