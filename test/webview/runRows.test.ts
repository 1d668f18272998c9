import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { ChatFromPage, type AnswerTurnView, type ChatState, type RunView } from '../../src/protocol/chat.ts';
import { servePage, type HostedPage } from './panelPages.ts';

/** The run of a recipe on the page: its card, its rows and their buttons. */

const RUN: RunView = {
  title: '/build',
  status: 'paused',
  words: 'The run waits for you.',
  total: '$0.02 · 3.1 s · 1 request',
  actions: [],
  rows: [
    {
      name: 'plan',
      status: 'done',
      model: 'claude-top',
      facts: '1.2k in · 300 out · $0.02',
      words: '',
      actions: ['open', 'edited'],
    },
    {
      name: 'approve',
      status: 'paused',
      model: '',
      facts: '',
      words: 'Waits for your approval.',
      actions: ['approve'],
    },
    { name: 'work', status: 'waiting', model: 'mid', facts: '', words: '', actions: [] },
  ],
};
const ANSWER: AnswerTurnView = {
  role: 'assistant',
  id: 'a1',
  text: '',
  reasoning: '',
  tier: 'mid',
  route: null,
  before: [],
  escalated: false,
  model: '',
  provider: '',
  state: 'done',
  words: '',
  next: 'none',
  tried: [],
  canContinue: false,
  footer: null,
  run: RUN,
};
const STATE: ChatState = {
  thread: { id: 't1', title: 'Fix add' },
  inView: false,
  turns: [{ role: 'user', id: 'q1', text: '/build Fix add', chips: [] }, ANSWER],
  threads: [],
  tiers: [{ tier: 'mid', model: 'mid', price: '', ready: true, state: 'ready', models: [] }],
  tier: 'mid',
  model: null,
  chips: [],
  offers: [],
  contextMeter: null,
  busy: null,
  consent: null,
  notice: '',
  noticeNext: 'none',
};

const server = await servePage('chat');
after(() => server.close());

async function open(state: ChatState, width = 400): Promise<HostedPage> {
  const hosted = await server.open({ width, height: 900 });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state });
  return hosted;
}

const posted = async (hosted: HostedPage): Promise<unknown[]> =>
  (await hosted.posted())
    .map((message) => parsePageMessage(ChatFromPage, message))
    .filter((message) => message?.kind !== 'draft' && message?.kind !== 'ready');

test('rows are folded except the one that waits for the user; its button says which stage is meant', async () => {
  for (const width of [240, 400]) {
    const hosted = await open(STATE, width);
    assert.deepEqual(
      await hosted.page.locator('.run-row').evaluateAll((rows) => rows.map((row) => (row as HTMLDetailsElement).open)),
      [false, true, false],
    );
    await hosted.page.getByRole('button', { name: 'Approve' }).click();
    await hosted.page.locator('.run-row', { hasText: 'plan' }).locator('summary').click();
    await hosted.page.getByText('1.2k in').waitFor();
    await hosted.page.getByRole('button', { name: 'Open Output' }).click();
    assert.deepEqual(await posted(hosted), [
      { kind: 'run', turnId: 'a1', do: 'approve', stage: 1 },
      { kind: 'run', turnId: 'a1', do: 'open', stage: 0 },
    ]);
    assert.equal(await hosted.page.getByRole('button', { name: 'Retry' }).count(), 0, 'no button of ordinary answers');
    const beyond = await hosted.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(beyond <= 0, `nothing is cut off at ${width}`);
  }
});

test('the card before a run shows each stage with its price and the limits', async () => {
  const consent = {
    id: 'k1',
    tier: 'frontier',
    places: [{ host: 'openrouter.ai', model: 'claude-top', price: '', note: '' }],
    brief: '',
    cost: [],
    sends: ['your question'],
    run: {
      title: '/build',
      stages: [{ name: 'plan', model: 'claude-top', cost: 'likely $0.02, at most $0.40' }],
      limits: ['Limits: $2.00 for the run'],
    },
  } as const;
  const hosted = await open({ ...STATE, consent });
  for (const words of ['Run /build?', 'likely $0.02, at most $0.40', 'Limits: $2.00 for the run', 'openrouter.ai'])
    await hosted.page.getByText(words).first().waitFor();
  await hosted.page.getByRole('button', { name: 'Run', exact: true }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'consent', consentId: 'k1', allow: true }]);
});

test('a cheaper recipe is one link, which writes its name before the question and sends nothing', async () => {
  const offer = { recipe: 'extract', words: 'Extract first: about $0.04 instead of $0.31' };
  const contextMeter = { share: '40%', used: 0.4, cost: '', level: 'ok', details: [], warning: '', offer } as const;
  const hosted = await open({ ...STATE, contextMeter });
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  await field.click();
  await hosted.page.keyboard.type('Why?');
  await hosted.page.getByRole('button', { name: offer.words }).click();
  assert.equal(await field.inputValue(), '/extract Why?');
  assert.deepEqual(await posted(hosted), []);
});
