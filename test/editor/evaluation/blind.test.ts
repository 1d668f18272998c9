import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BlindAnswer } from '../../../src/core/chat/blind.ts';
import type { Vote } from '../../../src/core/chat/blindVote.ts';
import type { Attachment, Question } from '../../../src/core/chat/conversation.ts';
import { voteRows } from '../../../src/core/insights/votes.ts';
import { BlindComparison } from '../../../src/editor/evaluation/blind.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { settle } from '../../support/settle.ts';
import { Memory, openWindow } from '../../support/window.ts';

/** Which questions are compared blind, that the price is said first, and what votes become. */

const TIERS = { 'tiers.mid': ['lab/usual', 'lab/next'], 'tiers.frontier': ['lab/best'], 'tiers.local': [] };
const PROVIDERS = {
  lab: { kind: 'openai', baseUrl: 'https://lab.example/v1', prices: { usual: { input: 1, output: 2 } } },
};
const ON = { paths: ['test/**', '*.md'], oneIn: 1 };

async function open(t: TestContext, settings: Record<string, unknown> = {}) {
  const window = openWindow(t, { settings: { providers: PROVIDERS, ...TIERS, ...settings } });
  const store = await openSqliteLedger({ file: path.join(window.host.root, 'ledger.db'), windowId: 'w1' });
  t.after(() => store.close());
  const state = new Memory();
  const blind = new BlindComparison({ ...window, state, store: () => Promise.resolve(store) });
  return { ...window, store, state, blind };
}

const attachment = (path: string, over: Partial<Attachment> = {}): Attachment => ({
  ...{ id: path, kind: 'file', label: path, path, language: 'typescript', text: 'x', notes: '', tokens: 1 },
  ...over,
});

const question = (...attachments: Attachment[]): Question => ({
  role: 'user',
  id: 'q',
  at: 1,
  text: 'why?',
  attachments,
});

const usual = {
  tier: 'mid',
  chain: [
    { provider: 'lab', model: 'usual' },
    { provider: 'lab', model: 'next' },
  ],
} as const;

test('only a question about files that are not critical is compared, with the next model of its tier', async (t) => {
  const { blind, state, host, change } = await open(t, { blindComparison: ON });
  state.values.set('gearshift.blindComparison.told', true);
  const rivalOf = async (...attachments: Attachment[]) =>
    (await blind.rival(question(...attachments), usual))?.model.model;
  assert.equal(await rivalOf(attachment('test/a.ts')), 'next');
  assert.equal(await rivalOf(attachment('test/a.ts'), attachment('AGENTS.md', { kind: 'rules', path: '' })), 'next');
  for (const critical of [
    [],
    [attachment('src/money.ts')],
    [attachment('test/a.ts'), attachment('src/money.ts')],
    [attachment('test/a.ts'), attachment('', { kind: 'terminal' })],
    [attachment('', { kind: 'codebase', pieces: [{ path: 'src/a.ts', line: 1, label: '', symbol: '', tokens: 1 }] })],
  ])
    assert.equal(await rivalOf(...critical), undefined, JSON.stringify(critical.map(({ path }) => path)));
  await change('blindComparison', { ...ON, against: 'lab/best' });
  assert.deepEqual(await blind.rival(question(attachment('test/a.ts')), usual), {
    tier: 'frontier',
    model: { provider: 'lab', model: 'best' },
  });
  await change('blindComparison', { ...ON, against: 'gone/best' });
  assert.equal(await rivalOf(attachment('test/a.ts')), undefined, 'a provider that is not set up');
  await change('blindComparison', ON);
  await change('private', true);
  assert.equal(await rivalOf(attachment('test/a.ts')), undefined, 'private mode');
  await change('private', false);
  host.trusted = false;
  assert.equal(await rivalOf(attachment('test/a.ts')), undefined, 'a workspace that is not trusted');
});

test('one question in so many is compared; a question that cannot be does not count', async (t) => {
  const { blind, state } = await open(t, { blindComparison: { ...ON, oneIn: 3 } });
  state.values.set('gearshift.blindComparison.told', true);
  const asked: boolean[] = [];
  for (let n = 0; n < 7; n++) {
    await blind.rival(question(attachment('src/money.ts')), usual);
    asked.push((await blind.rival(question(attachment('test/a.ts')), usual)) !== undefined);
  }
  assert.deepEqual(asked, [true, false, false, true, false, false, true]);
});

test('the command says that both answers are paid for, with the prices, before anything is turned on', async (t) => {
  const { blind, host, setting, change } = await open(t);
  const willAnswer = (): void => {
    host.willType(/globs/, 'test/**, docs/**');
    host.willType(/how many/, '4');
    host.willPick(/which model/, 'lab/best');
  };
  willAnswer();
  await blind.set();
  assert.equal(setting('blindComparison'), undefined, 'nothing without the last click');
  const detail = host.messages.find(({ modal }) => modal)?.detail ?? '';
  assert.match(detail, /You pay for both answers: such a question costs about twice as much/);
  assert.match(detail, /reserved in your budgets/);
  assert.match(detail, /lab\/usual: \$1/);
  assert.match(detail, /lab\/best: price unknown/i);
  willAnswer();
  host.willClick(/^Compare models blind/, 'Turn On');
  await blind.set();
  assert.deepEqual(setting('blindComparison'), { paths: ['test/**', 'docs/**'], oneIn: 4, against: 'lab/best' });
  const shown = host.messages.length;
  await blind.settingChanged();
  assert.equal(host.messages.length, shown, 'it was said already');
  host.willPick(/are on for/, 'Turn off');
  await blind.set();
  assert.equal(setting('blindComparison'), undefined);
  await blind.settingChanged();
  await change('blindComparison', ON);
  host.willClick(/You pay for both answers/, 'Turn Off');
  await blind.settingChanged();
  assert.equal(setting('blindComparison'), undefined, 'switched on by hand, told, and off again');
});

test('turned on outside of any window, the first question goes to one model and the user is told', async (t) => {
  const { blind, host } = await open(t, { blindComparison: ON });
  const ask = async (): Promise<boolean> => (await blind.rival(question(attachment('test/a.ts')), usual)) !== undefined;
  assert.equal(await ask(), false);
  await settle();
  assert.ok(host.messages.some(({ text }) => /You pay for both answers/.test(text)));
  assert.equal(await ask(), true);
});

/** A vote of the user on answers of `lab/usual` (A) and `lab/best` (B), whose calls are on the ledger. */
function pairOf(n: number, vote: Vote): readonly [BlindAnswer, BlindAnswer] {
  const answer = (place: 'a' | 'b', model: string, rival: boolean): BlindAnswer =>
    ({
      ...{ role: 'assistant', id: `${n}${place}`, at: 1, questionId: `q${n}`, tier: rival ? 'frontier' : 'mid' },
      ...{
        provider: 'lab',
        model: `${model}-2026`,
        state: 'done',
        text: 'an answer',
        callId: `call${n}${place}`,
        vote,
      },
      blind: { place, rival, asked: `lab/${model}` },
    }) as unknown as BlindAnswer;
  return [answer('a', 'usual', false), answer('b', 'best', true)];
}

test('votes are outcomes by category and model; three clear losses offer a rule, once', async (t) => {
  const { blind, host, store, config } = await open(t, { blindComparison: ON });
  const vote = async (n: number, said: Vote): Promise<void> => {
    for (const place of ['a', 'b']) {
      const id = `call${n}${place}/1`;
      await store.open(openedRow(id, { callId: `call${n}${place}`, category: 'bug' }));
      await store.settle(settledRow(id));
    }
    await blind.voted(pairOf(n, said));
  };
  const offers = () => host.messages.filter(({ text }) => /In blind votes \(bugs\)/.test(text));
  await vote(1, 'b');
  await vote(2, 'same');
  await vote(3, 'none');
  await vote(4, 'b');
  assert.equal(offers().length, 0, 'two losses are not enough');
  host.willClick(/usual-2026 lost 3 to 0.*lab\/best/, 'Add Rule');
  await vote(5, 'b');
  const [rule] = config.settings.routing.entries;
  assert.deepEqual([rule?.when, rule?.tier, rule?.model], [{ categories: ['bug'] }, 'frontier', 'lab/best']);
  await vote(6, 'b');
  assert.equal(offers().length, 1, 'not again while the rule is there');
  const rows = voteRows(await store.answerOutcomes({ since: 0, until: Number.MAX_SAFE_INTEGER }));
  assert.deepEqual(
    rows.map(({ category, model, n, better, worse, same }) => [category, model, n, better, worse, same]).toSorted(),
    [
      ['bug', 'best-2026', 5, 4, 0, 1],
      ['bug', 'usual-2026', 5, 0, 4, 1],
    ],
  );
});
