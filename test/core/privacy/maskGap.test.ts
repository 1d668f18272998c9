import assert from 'node:assert/strict';
import test from 'node:test';
import { maskRequest } from '../../../src/core/privacy/maskSecrets.ts';
import { estimateRequestTokens } from '../../../src/core/common/tokens.ts';
import type { FimRequest } from '../../../src/core/common/types.ts';

const KEY = ['sk', 'proj', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0'].join('-');

const REQUEST: FimRequest = {
  kind: 'fim',
  maxTokens: 16,
  temperature: 0,
  stop: [],
  prompt: {
    prefix: `const a = "${KEY}";\n`,
    suffix: `\nconst b = "${KEY}";`,
    api: 'llama.cpp',
    files: [{ path: 'c.ts', text: `export const c = "${KEY}";` }],
  },
};

test('secrets are masked on both sides of a gap and in the files beside it, and the route to the server stays', async () => {
  const masked = await maskRequest(REQUEST, () => 'n1');
  assert.ok(!JSON.stringify(masked).includes(KEY));
  assert.ok('prefix' in masked.prompt && masked.prompt.api === 'llama.cpp');
  assert.equal(masked.prompt.files?.[0]?.path, 'c.ts');
});

test('the files beside a gap count as tokens that are sent', () => {
  assert.ok('prefix' in REQUEST.prompt);
  const prompt = { prefix: REQUEST.prompt.prefix, suffix: REQUEST.prompt.suffix };
  assert.ok(estimateRequestTokens(REQUEST) > estimateRequestTokens({ ...REQUEST, prompt }) + 5);
});
