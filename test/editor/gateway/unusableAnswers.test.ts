import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readCommitMessage } from '../../../src/core/codeTools/commitAnswer.ts';
import { Health, tierState } from '../../../src/core/gateway/tierStatus.ts';
import { describeRowNote } from '../../../src/core/ledger/rowNotes.ts';
import { OneShot, type OneShotRequest } from '../../../src/editor/gateway/oneShot.ts';
import { openLedger } from '../../../src/storage/ledger/openLedger.ts';
import { nameSecret } from '../../../src/editor/platform/installKey.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { until } from '../../support/settle.ts';
import { openWindow } from '../../support/window.ts';

/** A question outside the chat: an answer that its caller cannot use makes way for the next model, and is paid for. */

const PRICE = { input: 1, output: 2 } as const;
const MODELS = ['first', 'second', 'third', 'fourth'];

async function oneShotAt(t: TestContext, over: Record<string, unknown> = {}) {
  const server = await startOpenAi({ models: MODELS.map((name) => ({ name, price: PRICE })) });
  t.after(() => server.stop());
  const raw = {
    ...openAiAt(server.url, { prices: Object.fromEntries(MODELS.map((name) => [name, PRICE])) }),
    'tiers.mid': MODELS.map((name) => `cloud/${name}`),
    'routing.rules': [{ name: 'all', tier: 'mid', when: {} }],
    ...over,
  };
  const { 'consent.cloud': origins, ...settings } = raw;
  const window = openWindow(t, {
    settings,
    consents: origins.flatMap((origin) => [origin, `${origin} mid`, `${origin} frontier`]),
  });
  const dir = mkdtempSync(join(tmpdir(), 'one-shot-'));
  const { store: ledger } = await openLedger({ dir, windowId: 'w', clock: Date.now, log: () => undefined });
  t.after(async () => {
    await ledger.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const health = new Health(() => undefined);
  const { gateway } = testGateway(raw, {
    ...{ ledger, nameSecret },
    report: (model, failure) => health.report(model, failure),
  });
  const { config, prices, trusted } = window;
  const oneShot = new OneShot({
    ...{ config, prices, trusted, health, gateway },
    ledger: () => Promise.resolve(ledger),
    budgets: () => [],
    tierState: (tier, model) =>
      tierState(tier, { settings: config.settings, health, trusted: true, hasKey: () => Promise.resolve(true) }, model),
  });
  const drafts: string[] = [];
  const ask = (over: Partial<OneShotRequest> = {}) =>
    oneShot.ask(
      {
        task: 'commit',
        action: 'commit-message',
        intent: 'Write a commit message',
        messages: [{ role: 'user', content: 'Diff:\n+password = "hunter2-Xk92mQ7zLw"' }],
        maxTokens: 200,
        gesture: true,
        accept: (text) => (readCommitMessage(text) === '' ? 'it contains no commit message' : null),
        ...over,
      },
      new AbortController().signal,
      (text) => drafts.push(text),
    );
  const rows = async () => (await ledger.rows({ since: 0 })).toReversed();
  return { ...window, server, ask, drafts, rows, health };
}

test('after an answer that cannot be used the next model is asked; its cost and a true note are on the ledger', async (t) => {
  const { server, host, ask, drafts, rows, health } = await oneShotAt(t);
  server.script(['# Summary\n\n- Added a pool', 'Add a pool']);
  const reply = await ask();
  assert.equal(reply?.text, 'Add a pool');
  assert.equal(reply.result.model?.model, 'second');
  assert.deepEqual(host.said, [], 'the user hears nothing while a model can still answer');
  const [first, second] = await rows();
  assert.deepEqual(
    [first?.modelAsked, first?.settled?.outcome, first?.settled?.failure, first?.settled?.note],
    ['first', 'failed', 'unusable', 'unusable'],
  );
  assert.deepEqual([second?.modelAsked, second?.settled?.outcome], ['second', 'done']);
  assert.equal(reply.result.knownNanoUsd, server.book.totals().costNano, 'both answers are paid for');
  assert.match(describeRowNote(first?.settled?.note ?? '', 'first', null), /could not be used/);
  // The preview of the first answer is withdrawn before the second one comes.
  const cleared = drafts.lastIndexOf('');
  assert.ok(cleared > 0 && drafts.slice(0, cleared).some((text) => text.startsWith('# Summary')), drafts.join('|'));
  assert.ok(drafts.slice(cleared + 1).every((text) => 'Add a pool'.startsWith(text)));
  assert.equal(health.of({ provider: 'cloud', model: 'first' }), null, 'the model is not taken for broken');
});

test('when no model gives a usable answer the user hears which, why and what it cost, and can look at the last one', async (t) => {
  const { server, host, ask, rows } = await oneShotAt(t);
  server.script(['- one', '- two', '# Three\n\n| a |\n|---|']);
  host.willClick(/didn't answer in the requested format/, 'Show Answer');
  assert.equal(await ask(), undefined);
  assert.match(host.said.join(), /first, second, third didn't answer.*it contains no commit message.*Cost: \$0\.0/);
  await until(() => host.documents.some((document) => document.getText().startsWith('# Three')));
  assert.equal((await rows()).length, 3, 'no more than three answers are paid for');
});

test('a caller without a check gets the first answer, whatever it is', async (t) => {
  const { server, ask, rows } = await oneShotAt(t);
  server.script(['# Summary\n\n- Added a pool']);
  assert.equal((await ask({ accept: undefined }))?.text, '# Summary\n\n- Added a pool');
  assert.equal((await rows()).length, 1);
});

test('the caller judges the answer with its secrets restored', async (t) => {
  const { server, ask } = await oneShotAt(t);
  const judged: string[] = [];
  server.script(({ prompt }) => `Rotate ${/«[^»]+»/.exec(prompt)?.[0] ?? 'nothing'}`);
  const reply = await ask({ accept: (text) => (judged.push(text), null) });
  assert.match(server.book.calls[0] ? JSON.stringify(server.book.calls[0].body) : '', /masked secret/);
  assert.deepEqual(judged, ['Rotate hunter2-Xk92mQ7zLw']);
  assert.equal(reply?.text, 'Rotate hunter2-Xk92mQ7zLw');
});

test('a model family to avoid is not asked: another model of the chain is, else one of another tier, else none', async (t) => {
  const ask = async (over: Record<string, unknown>, avoid: readonly string[]): Promise<string> => {
    const { server, host, ask } = await oneShotAt(t, over);
    server.script(['Add a pool']);
    const reply = await ask({ avoid });
    if (reply) return `${reply.tier} ${reply.result.model?.model}`;
    assert.equal(server.book.calls.length, 0, 'nothing is sent');
    const { text, buttons } = host.messages.at(-1) ?? assert.fail();
    assert.deepEqual(buttons, ['Add a Model']);
    return text;
  };
  const strong = { 'tiers.frontier': ['cloud/fourth'], confirmAbove: 100 };
  assert.equal(await ask({}, []), 'mid first');
  assert.equal(await ask({}, ['lab/first-2026-01-01']), 'mid second');
  assert.equal(await ask({ 'tiers.mid': ['cloud/first'], ...strong }, ['first']), 'frontier fourth');
  const none = /family that wrote this \(first\)/;
  assert.match(await ask({ 'tiers.mid': ['cloud/first'] }, ['first']), none, 'no other model is set');
  const same = { 'tiers.mid': ['cloud/first'], 'tiers.frontier': ['cloud/first-large'] };
  assert.match(await ask(same, ['first']), none, 'the other tier has the same family');
});

test('when the only model of a chain fails, the user can ask the next tier that is ready and was not asked', async (t) => {
  const again: string[] = [];
  const ask = async (over: Record<string, unknown>, click?: string): Promise<readonly string[]> => {
    const { server, host, ask } = await oneShotAt(t, { 'tiers.mid': ['cloud/first'], ...over });
    server.script(['- one']);
    if (click) host.willClick(/didn't answer/, click);
    await ask({ again: (tier) => Promise.resolve(void again.push(tier)) });
    await until(() => host.messages.some(({ text }) => /didn't answer/.test(text)));
    return host.messages.at(-1)?.buttons ?? [];
  };
  assert.deepEqual(await ask({ 'tiers.frontier': ['cloud/fourth'] }, 'Ask fourth'), ['Show Answer', 'Ask fourth']);
  await until(() => again.length === 1);
  assert.deepEqual(again, ['frontier']);
  assert.deepEqual(await ask({ 'tiers.frontier': ['cloud/first'] }), ['Show Answer'], 'the same model');
  assert.deepEqual(await ask({}), ['Show Answer'], 'no other tier is set');
});

test('the tier that the user chose is asked, whatever the rules say', async (t) => {
  const { server, ask } = await oneShotAt(t, { 'tiers.frontier': ['cloud/fourth'], confirmAbove: 100 });
  server.script(['Add a pool']);
  assert.equal((await ask({ tier: 'frontier' }))?.result.model?.model, 'fourth');
});
