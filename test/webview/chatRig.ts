import assert from 'node:assert/strict';
import { after } from 'node:test';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import {
  ChatFromPage,
  type AnswerTurnView,
  type AppliedView,
  type ChatState,
  type SuggestionView,
} from '../../src/protocol/chat.ts';
import { servePage, type HostedPage } from './panelPages.ts';

/** States of the chat page for its tests, and the page in a browser. */

export const ANSWER: AnswerTurnView = {
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

export const STATE_FOOTER = ANSWER.footer as NonNullable<AnswerTurnView['footer']>;

export const STATE: ChatState = {
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

export const CONSENT: NonNullable<ChatState['consent']> = {
  brief: 'deepseek-v4-flash · likely $0.0021, at most $0.012 · with your question and this conversation',
  cost: ['deepseek-chat, about 1.2k tokens in', 'likely $0.0021, at most $0.012'],
  id: 'k1',
  tier: 'mid',
  places: [{ host: 'openrouter.ai', model: 'deepseek-v4-flash', price: '$0.0983 in', note: 'Not encrypted.' }],
  sends: ['your question and this conversation'],
};

export const STEP_UP: ChatState['consent'] = {
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

export const failed: AnswerTurnView = {
  ...ANSWER,
  id: 'a2',
  text: '',
  footer: null,
  state: 'failed',
  words: 'openrouter.ai refused the key (401).',
  next: 'set-key',
};

export const waiting: AnswerTurnView = {
  ...ANSWER,
  id: 'a3',
  text: '',
  reasoning: '',
  footer: null,
  state: 'waiting',
  words: '',
};

export const server = await servePage('chat');

after(() => server.close());

export async function open(state: ChatState = STATE, width = 400): Promise<HostedPage> {
  const hosted = await server.open({ width, height: 900 });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state });
  assert.deepEqual(await hosted.posted(), [{ kind: 'ready' }]);
  return hosted;
}

/** What was posted, as the host would read it; without the drafts, which are told whenever there is a pause. */
export const posted = async (hosted: HostedPage): Promise<unknown[]> =>
  (await hosted.posted())
    .map((message) => parsePageMessage(ChatFromPage, message))
    .filter((message) => message?.kind !== 'draft');

export const suggestion = (label: string, over: Partial<SuggestionView> = {}): SuggestionView => ({
  id: `s-${label.replace(/\W/g, '')}`,
  icon: 'file',
  label,
  detail: 'src',
  insert: `@${label} `,
  more: false,
  unavailable: '',
  ...over,
});

export const COMPARED: ChatState = {
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

export const BLIND: ChatState = {
  ...STATE,
  turns: [
    STATE.turns[0]!,
    { ...HIDDEN, id: 'a1', blind: { name: 'Answer A', words: '', canVote: true } },
    { ...HIDDEN, id: 'a2', text: 'Other.', blind: { name: 'Answer B', words: '', canVote: true } },
  ],
};

export const VOTED: ChatState = {
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

export const CHANGED: ChatState = {
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

export const PROBLEMS: AppliedView = {
  id: 'e1',
  words: 'Applied to src/pool.ts. 2 new problems:',
  state: 'problems',
  problems: ["12: Cannot find name 'lock'.", '40: Unreachable code detected.'],
  canUndo: true,
  canFix: true,
};

export const withCard = (applied: AppliedView): ChatState => ({ ...STATE, turns: [{ ...ANSWER, applied }] });
