import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Approval, missingConsent, mostNanoUsd, needsConfirmation } from '../../../src/core/chat/approval.ts';
import { TIERS, type ModelRef, type Tier } from '../../../src/core/common/types.ts';
import type { Estimate } from '../../../src/core/gateway/call.ts';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { chatCall } from '../../support/gateway.ts';
import { DEFAULTS } from '../../support/manifest.ts';

const MODEL: ModelRef = { provider: 'cloud', model: 'm' };
const estimate = (atMost: number | null): Estimate => ({ model: MODEL, inputTokens: 1, likely: atMost, atMost });
const call = (tier: Tier, chain: readonly ModelRef[] = [MODEL]) => ({ tier, chain });

const amount = fc.nat({ max: 1e12 });
const perhaps = fc.option(amount, { nil: null });

test('only the frontier tier is asked about, and only when there is a model to send to', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TIERS), perhaps, amount, (tier, atMost, confirmAbove) => {
      const asked = needsConfirmation(call(tier), estimate(atMost), confirmAbove);
      assert.equal(asked, tier === 'frontier' && (atMost === null || atMost > confirmAbove));
      assert.equal(needsConfirmation(call(tier, []), undefined, confirmAbove), false);
    }),
  );
});

test('an unknown price counts as expensive: it is asked about wherever a known price could be', () => {
  fc.assert(
    fc.property(amount, amount, amount, amount, (known, confirmAbove, agreedTo, agreedBefore) => {
      const agreed = { agreedTo, agreedBefore };
      assert.equal(needsConfirmation(call('frontier'), estimate(null), confirmAbove, agreed), true);
      assert.equal(needsConfirmation(call('frontier'), undefined, confirmAbove, agreed), true);
      if (needsConfirmation(call('frontier'), estimate(known), confirmAbove, agreed))
        assert.ok(known > Math.max(confirmAbove, agreedTo));
      // What was agreed to without a price holds for any price.
      const unknown = mostNanoUsd(estimate(null));
      assert.equal(needsConfirmation(call('frontier'), estimate(null), confirmAbove, { agreedTo: unknown }), false);
    }),
  );
});

test('in a chat a question is asked about again at more than double of what was agreed to; with 0 each time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e12 }), amount, amount, (atMost, confirmAbove, agreedBefore) => {
      const asked = needsConfirmation(call('frontier'), estimate(atMost), confirmAbove, { agreedBefore });
      assert.equal(asked, atMost > confirmAbove && (confirmAbove === 0 || atMost > 2 * agreedBefore));
    }),
  );
});

test('a consent counts for its chat; outside a chat nothing is remembered', async () => {
  const granted: string[] = [];
  let price: number | null = null;
  const approval = new Approval({
    gateway: { estimate: () => Promise.resolve(estimate(price)) },
    missingConsent: () => (granted.length > 0 ? [] : [{ origin: 'https://x.example', model: MODEL }]),
    grantConsent: (origins) => Promise.resolve(void granted.push(...origins)),
    confirmAbove: () => 100,
  });
  const frontier = chatCall('m', { tier: 'frontier' });
  const first = await approval.needed('chat', frontier);
  assert.deepEqual([first?.cost, first?.places.length], [true, 1]);
  if (first) await approval.grant('chat', first);
  assert.deepEqual(granted, ['https://x.example']);
  assert.equal(await approval.needed('chat', frontier), undefined, 'agreed to, with an unknown price');
  assert.equal((await approval.needed('other chat', frontier))?.cost, true);
  const outside = await approval.needed(undefined, frontier);
  assert.equal(outside?.cost, true);
  await approval.grant(undefined, outside);
  assert.equal((await approval.needed(undefined, frontier))?.cost, true);
  price = 50;
  assert.equal(await approval.needed(undefined, frontier), undefined);
  assert.equal(await approval.needed(undefined, chatCall('m', { tier: 'mid' })), undefined);
});

test('T26 consent is missing for each origin once, and only for what leaves the machine', () => {
  const raw = {
    ...DEFAULTS,
    providers: {
      here: { kind: 'ollama', baseUrl: 'http://127.0.0.1:11434' },
      cloud: { kind: 'openai', baseUrl: 'https://a.example/v1' },
      same: { kind: 'openai', baseUrl: 'https://a.example/other' },
      agreed: { kind: 'openai', baseUrl: 'https://b.example/v1' },
    },
    'consent.cloud': ['https://b.example'],
  };
  const { settings } = parseSettings(raw as RawSettings, undefined);
  const chain = ['here', 'cloud', 'same', 'agreed', 'unknown'].map((provider) => ({ provider, model: 'm' }));
  const origins = (over = settings, trusted = true, tier: Tier = 'mid'): string[] =>
    missingConsent(chain, over, trusted, tier).map(({ origin }) => origin);
  assert.deepEqual(origins(), ['https://a.example']);
  assert.deepEqual(origins({ ...settings, private: true }), []);
  assert.deepEqual(origins(settings, false), []);
  // T26: what was agreed to for one tier is introduced again for the other.
  const agreed = { ...settings, consent: new Set(['https://a.example mid', 'https://b.example']) };
  assert.deepEqual(origins(agreed), []);
  assert.deepEqual(origins(agreed, true, 'frontier'), ['https://a.example']);
});
