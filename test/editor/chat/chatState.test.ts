import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsentRequest } from '../../../src/core/chat/approval.ts';
import { PriceBook } from '../../../src/core/money/pricing.ts';
import { autoView, changedTurns, consentView, tierView } from '../../../src/editor/chat/chatState.ts';
import type { TierView, TurnView } from '../../../src/protocol/chat.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';

/** What the pages show beside the turns: tiers, consent, and only those turns that they do not have yet. */

const turn = (id: string, text: string): TurnView => ({ role: 'user', id, text, chips: [] });

test('a long thread is sent once; later only what has changed, the rest by its id', () => {
  const has = new Map<string, TurnView>();
  const [a, b] = [turn('a', 'one'), turn('b', 'two')];
  assert.deepEqual(changedTurns(has, [a, b]), [a, b]);
  assert.deepEqual(changedTurns(has, [turn('a', 'one'), turn('b', 'two')]), ['a', 'b']);
  const changed = turn('b', 'two!');
  assert.deepEqual(changedTurns(has, [turn('a', 'one'), changed, turn('c', 'three')]), [
    'a',
    changed,
    turn('c', 'three'),
  ]);
  assert.deepEqual(changedTurns(has, [turn('b', 'two!')]), ['b']);
  assert.deepEqual(changedTurns(has, [turn('a', 'one')]), [turn('a', 'one')], 'what a page has dropped is sent again');
});

function parts(url: string, extra: Record<string, unknown> = {}) {
  const { settings } = testGateway(openAiAt(url, extra));
  return { settings: () => settings, prices: new PriceBook() };
}

const session = (consent: Partial<ConsentRequest> | null) => ({ consent }) as never;

test('a tier names its model shortly, with its price, and says when it has none', async () => {
  const prices = { 'anthropic/claude-x': { input: 5, output: 25 } };
  const base = parts('https://api.example', { prices });
  const view = (model: string | null) =>
    tierView(
      {
        ...base,
        session: session(null),
        tierState: (tier) =>
          Promise.resolve({
            tier,
            model: model === null ? null : { provider: 'cloud', model },
            ready: model !== null,
            words: 'words',
            next: 'none',
          }),
      },
      'frontier',
    );
  const full = await view('anthropic/claude-x');
  assert.deepEqual([full.model, full.ready, full.state], ['claude-x · cloud', true, 'words']);
  assert.match(full.price, /\$5.*\$25/);
  const none = await view(null);
  assert.deepEqual([none.model, none.price, none.ready], ['no model set', '', false]);
});

test('Auto is ready when any tier is', () => {
  const tier = (ready: boolean): TierView => ({ tier: 'mid', model: '', price: '', ready, state: '', models: [] });
  assert.equal(autoView([tier(false), tier(true)]).ready, true);
  assert.deepEqual([autoView([tier(false)]).ready, autoView([tier(false)]).state], [false, 'no tier is ready']);
});

test('the card of consent names host, what is sent and what it may cost, and says what is not known', async () => {
  const place = { origin: 'http://10.0.0.5:4000', model: { provider: 'cloud', model: 'm' }, keyVariable: 'TEAM_KEY' };
  const attachment = { label: 'src/a.ts', tokens: 12 };
  const consent = (over: object): Partial<ConsentRequest> =>
    ({ id: 'c', tier: 'mid', places: [place], attachments: [attachment], estimate: undefined, ...over }) as never;
  const base = { ...parts('http://10.0.0.5:4000'), tierState: () => Promise.reject(new Error('not asked')) };
  const view = await consentView({ ...base, session: session(consent({})) });
  assert.deepEqual([view?.places[0]?.host, view?.tier], ['10.0.0.5:4000', 'mid']);
  assert.match(view?.places[0]?.note ?? '', /not encrypted.*TEAM_KEY is sent too/);
  assert.deepEqual(view?.cost, ["Its price is unknown, so the cost can't be estimated."]);
  assert.deepEqual(view?.sends, [
    'your question and this conversation',
    'src/a.ts (about 12 tokens)',
    'later: the questions you ask and the context you attach',
  ]);
  assert.equal(
    view?.brief,
    'm · price unknown · with your question and this conversation · src/a.ts · about 12 tokens attached',
  );
  const estimate = { model: { provider: 'cloud', model: 'm' }, inputTokens: 2_000, likely: 1e7, atMost: 3e7 };
  const priced = await consentView({ ...base, session: session(consent({ places: [], estimate })) });
  assert.match(priced?.cost.join(' | ') ?? '', /^m, about 2\.0k tokens in \| likely \$0\.01.*, at most \$0\.03/);
  assert.match(priced?.brief ?? '', /^m · likely \$0\.01.*, at most \$0\.03.* · with your question.* · src\/a\.ts · /);
  const many = [1, 2, 3, 4, 5].map((n) => ({ label: `${n}.ts`, tokens: 500 }));
  const long = await consentView({ ...base, session: session(consent({ attachments: many })) });
  assert.match(long?.brief ?? '', / · 1\.ts · 2\.ts · 3\.ts · 2 more · about 2\.5k tokens attached$/);
  assert.equal(priced?.sends.length, 2, 'nothing is agreed to for later');
  assert.equal(await consentView({ ...base, session: session(null) }), null);
});
