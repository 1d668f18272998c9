import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { CallEvent, Estimate, ModelCall } from '../../../src/core/gateway/call.ts';
import { Health, tierState } from '../../../src/core/gateway/tierStatus.ts';
import type { LedgerStore } from '../../../src/core/ledger/ledger.ts';
import { CommitMessages } from '../../../src/editor/codeTools/commitMessage.ts';
import { OneShot, type OneShotParts, type OneShotRequest } from '../../../src/editor/gateway/oneShot.ts';
import type { ShownRoute } from '../../../src/editor/gateway/routeLine.ts';
import type { Tier } from '../../../src/core/common/types.ts';
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
};

/** @param cost of each call, in nano-USD; null: unknown */
function asker(
  t: TestContext,
  cost: number | null,
  {
    settings = {},
    consents,
    line,
    before = [],
  }: { settings?: object; consents?: string[]; line?: OneShotParts['line']; before?: readonly CallEvent[] } = {},
) {
  const window = openWindow(t, {
    settings: { ...SETTINGS, ...settings },
    consents: consents ?? ['https://lab.example'],
  });
  const { config, prices, trusted } = window;
  const calls: ModelCall[] = [];
  const health = new Health(
    () => undefined,
    () => 0,
  );
  const oneShot = new OneShot({
    ...{ config, prices, trusted, health, line },
    gateway: {
      async *stream(call): AsyncIterable<CallEvent> {
        calls.push(call);
        yield* before;
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

test('T21 without a user gesture a paid model is asked only after the user confirms the price', async (t) => {
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

test('T21 what the user typed or chose needs no confirmation, and neither does a free model', async (t) => {
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

const ACTIONS = ['inline-edit', 'review', 'commit-message', 'rename'] as const;

test('inline edit, review, commit message and rename say their tier and reason before they send, on the ledger too', async (t) => {
  const shown: ShownRoute[] = [];
  let ended = 0;
  const line = { show: (route: ShownRoute) => (shown.push(route), { ended: () => void ended++ }) };
  const { oneShot, calls } = asker(t, 0, { line, consents: ['https://lab.example', 'https://lab.example mid'] });
  for (const action of ACTIONS) {
    const told: string[] = [];
    const onChosen = (words: string): void => {
      assert.equal(calls.length, shown.length, 'it is told before anything is sent');
      told.push(words);
    };
    const again = (): Promise<void> => Promise.resolve();
    await oneShot.ask({ ...QUESTION, action, gesture: true, onChosen, again }, new AbortController().signal);
    const call = calls.at(-1);
    assert.match(told[0] ?? '', /^mid · mid: ./);
    assert.equal(told[0], `mid · mid: ${call?.reason ?? ''}`, 'the ledger has the same reason');
    assert.deepEqual([shown.at(-1)?.words, shown.at(-1)?.others], [told[0], ['frontier']]);
  }
  assert.equal(ended, ACTIONS.length);
});

test('the progress line says how many seconds a local model takes to load', async (t) => {
  const model = { provider: 'lab', model: 'mid' };
  const place = { ...model, host: 'lab.example', kind: 'openai' } as const;
  const { oneShot } = asker(t, 0, { before: [{ kind: 'loading', model, place, ms: 12_300 }] });
  const told: string[] = [];
  await oneShot.ask(
    { ...QUESTION, gesture: true, onChosen: (words) => void told.push(words) },
    new AbortController().signal,
  );
  assert.match(told.at(-1) ?? '', /^Loading mid into memory \(12 s\)/);
});

test('asking another tier stops the question in progress and shows the new tier as the user’s choice', async (t) => {
  const shown: ShownRoute[] = [];
  const line = { show: (route: ShownRoute) => (shown.push(route), { ended: () => undefined }) };
  const consents = ['https://lab.example', 'https://lab.example mid', 'https://lab.example frontier'];
  const { oneShot, calls } = asker(t, 0, { line, consents });
  const { signal } = new AbortController();
  const again = async (tier: Tier): Promise<void> =>
    void (await oneShot.ask({ ...QUESTION, tier, again, gesture: true }, signal));
  await oneShot.ask({ ...QUESTION, again, gesture: true }, signal);
  await shown[0]?.again('frontier');
  assert.deepEqual(
    calls.map(({ tier, rule }) => [tier, rule === 'chosen-by-user']),
    [
      ['mid', false],
      ['frontier', true],
    ],
  );
  assert.equal(shown[1]?.words, 'frontier · mid: you chose it');
});

test('one rule for all of them: consent is asked for each place, and a frontier call above the amount is confirmed', async (t) => {
  for (const action of ACTIONS) {
    await t.test(action, async (t) => {
      const ask = (given: ReturnType<typeof asker>, tier: Tier) =>
        given.oneShot.ask({ ...QUESTION, action, tier, gesture: true }, new AbortController().signal);
      const unasked = asker(t, 0, { consents: [] });
      assert.equal(await ask(unasked, 'mid'), undefined);
      assert.deepEqual([unasked.calls.length, unasked.host.messages.length], [0, 1], 'consent is asked for');
      const consents = ['https://lab.example', 'https://lab.example mid', 'https://lab.example frontier'];
      const dear = asker(t, 600_000_000, { consents });
      assert.equal(await ask(dear, 'frontier'), undefined);
      assert.match(JSON.stringify(dear.host.messages[0]), /likely \$0\.60, at most \$0\.60/);
      assert.equal(dear.calls.length, 0);
      assert.notEqual(await ask(dear, 'mid'), undefined, 'the amount is about frontier calls');
    });
  }
});
