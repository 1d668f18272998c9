import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { CallEvent, Estimate, ModelCall } from '../../../src/core/gateway/call.ts';
import { Health, tierState } from '../../../src/core/gateway/tierStatus.ts';
import type { LedgerStore } from '../../../src/core/ledger/ledger.ts';
import { CommitMessages } from '../../../src/editor/codeTools/commitMessage.ts';
import { OneShot, type OneShotRequest } from '../../../src/editor/gateway/oneShot.ts';
import { isSourceControl } from '../../../src/editor/platform/gesture.ts';
import { bookLog } from '../../support/bookLog.ts';
import { RESULT } from '../../support/facts.ts';
import { startRepository } from '../../support/gitRepository.ts';
import { openWindow } from '../../support/window.ts';

/** Questions outside of the chat: what the user is asked before money is spent. */

const SETTINGS = {
  providers: { lab: { kind: 'openai', baseUrl: 'https://lab.example/v1' } },
  'tiers.local': [],
  'tiers.mid': ['lab/mid'],
  'tiers.frontier': ['lab/mid'],
  'consent.cloud': ['https://lab.example'],
};

/** @param cost of each call, in nano-USD; null: unknown */
function asker(t: TestContext, cost: number | null) {
  const window = openWindow(t, { settings: SETTINGS });
  const { config, prices, trusted } = window;
  const calls: ModelCall[] = [];
  const health = new Health(
    () => undefined,
    () => 0,
  );
  const oneShot = new OneShot({
    ...{ config, prices, trusted, health },
    gateway: {
      async *stream(call): AsyncIterable<CallEvent> {
        calls.push(call);
        yield { kind: 'text', text: 'Fine.' };
        yield { kind: 'end', result: RESULT };
      },
      estimate: ({ chain: [model] }) =>
        Promise.resolve(
          model && ({ model, inputTokens: 10, likely: cost, atMost: cost } satisfies Estimate),
        ) as Promise<Estimate>,
    },
    ledger: () =>
      Promise.resolve({
        spending: (limits: readonly unknown[]) =>
          Promise.resolve(limits.map(() => ({ spent: 0, reserved: 0, unknown: 0 }))),
      } as unknown as LedgerStore),
    budgets: () => [],
    tierState: (tier, model) =>
      tierState(
        tier,
        { settings: config.settings, health, trusted: trusted(), hasKey: () => Promise.resolve(true) },
        model,
      ),
  });
  return { ...window, calls, oneShot };
}

const QUESTION: OneShotRequest = {
  task: 'review',
  action: 'review',
  intent: 'Review this change',
  messages: [{ role: 'user', content: 'x' }],
  maxTokens: 100,
  gesture: false,
};

test('T21 without a gesture of the user a model that costs money is asked only after a question with its price', async (t) => {
  for (const [cost, words] of [
    [2_000_000, /Review this change.*mid: likely \$0\.0020, at most \$0\.0020/],
    [null, /Review this change.*price is unknown/],
  ] as const) {
    await t.test(String(cost), async (t) => {
      const { host, calls, oneShot } = asker(t, cost);
      assert.equal(await oneShot.ask(QUESTION, new AbortController().signal), undefined);
      assert.equal(calls.length, 0);
      const [asked] = host.messages;
      assert.equal(asked?.modal, true);
      assert.match(asked?.detail ?? '', words);
      host.willClick(/Send to mid\?/, 'Send');
      assert.equal((await oneShot.ask(QUESTION, new AbortController().signal))?.text, 'Fine.');
      // What was agreed to was this one question.
      assert.equal(await oneShot.ask(QUESTION, new AbortController().signal), undefined);
      assert.equal(calls.length, 1);
    });
  }
});

test('T21 what the user typed or chose needs no question, and what is free needs none either', async (t) => {
  const paid = asker(t, 2_000_000);
  assert.ok(await paid.oneShot.ask({ ...QUESTION, gesture: true }, new AbortController().signal));
  const free = asker(t, 0);
  assert.ok(await free.oneShot.ask(QUESTION, new AbortController().signal));
  assert.deepEqual([...paid.host.messages, ...free.host.messages], []);
});

test('T21 only the button of the SCM view counts as a gesture for the commit message', async (t) => {
  class SourceControl {
    readonly inputBox = {};
    createResourceGroup(): void {}
  }
  for (const junk of [
    undefined,
    null,
    'git',
    {},
    { rootUri: 'x', inputBox: {}, createResourceGroup: () => 0 },
    [new SourceControl()],
    JSON.parse(JSON.stringify(new SourceControl())),
  ])
    assert.equal(isSourceControl(junk), false, JSON.stringify(junk));
  assert.equal(isSourceControl(new SourceControl()), true);

  const { host, git } = startRepository(t, { 'a.ts': 'let a;\n' });
  host.write('a.ts', 'let b;\n');
  git('add', '-A');
  const asked: OneShotRequest[] = [];
  const messages = new CommitMessages(
    () => Promise.resolve({ ask: (question: OneShotRequest) => void asked.push(question) } as unknown as OneShot),
    () => false,
    bookLog(),
  );
  for (const argument of [undefined, { rootUri: host.uri('.') }, new SourceControl()]) await messages.write(argument);
  assert.deepEqual(
    asked.map(({ gesture }) => gesture),
    [false, false, true],
  );
});
