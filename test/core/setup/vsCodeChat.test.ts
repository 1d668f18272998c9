import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chatPieces, checkVsCodeChat, type VsCodeChatFacts } from '../../../src/core/setup/vsCodeChat.ts';

const FACTS: VsCodeChatFacts = {
  version: '1.139.1',
  hasApi: true,
  hasGroupCommand: true,
  hasChatCommand: true,
  group: true,
  builtIn: 'active',
  aiOff: undefined,
  utility: { 'chat.utilityModel': 'gearshift/mid', 'chat.utilitySmallModel': 'gearshift/local' },
  agentHost: false,
};

test("each missing piece of VS Code's chat has a finding with its fix, and what is in order has none", () => {
  assert.deepEqual(checkVsCodeChat(FACTS), []);
  const unused = checkVsCodeChat({ ...FACTS, group: false, builtIn: 'off' });
  assert.deepEqual(
    unused.map(({ level, fix }) => [level, fix?.kind]),
    [['info', 'use-in-chat']],
  );
  assert.deepEqual(checkVsCodeChat({ ...FACTS, group: false, hasGroupCommand: false }), []);
  assert.deepEqual(checkVsCodeChat(undefined), []);
  for (const [over, words, fix] of [
    [{ hasGroupCommand: false }, /1\.139\.1 does not let extensions/, 'update-editor'],
    [{ aiOff: 'workspace' }, /This workspace turns AI features off/, 'workspace-settings'],
    [{ aiOff: 'user' }, /chat\.disableAIFeatures/, 'use-in-chat'],
    [{ builtIn: 'off' }, /built-in chat extension is off/, 'use-in-chat'],
    [
      { utility: { ...FACTS.utility, 'chat.utilityModel': '' } },
      /no model for the titles.*chat\.utilityModel/,
      'use-in-chat',
    ],
    [{ utility: { 'chat.utilityModel': 'gearshift/frontier' } }, /need no costly model/, 'json'],
    [{ agentHost: true }, /agent host/, 'json'],
  ] as const) {
    const found = checkVsCodeChat({ ...FACTS, ...over } as VsCodeChatFacts);
    assert.equal(found.length, 1, JSON.stringify(over));
    assert.match(found[0]?.text ?? '', words);
    assert.equal(found[0]?.fix?.kind, fix);
  }
});

test('each piece has a name and words in every state, and a fix wherever it is not in order', () => {
  const ids = ['version', 'registered', 'group', 'aiFeatures', 'builtIn', ...Object.keys(FACTS.utility), 'harness'];
  const fine = chatPieces(FACTS);
  assert.deepEqual(
    fine.map(({ id, level }) => [id, level]),
    ids.map((id) => [id, 'ok']),
  );
  fc.assert(
    fc.property(
      fc.record({
        version: fc.constant('1.110.0'),
        hasApi: fc.boolean(),
        hasGroupCommand: fc.boolean(),
        hasChatCommand: fc.boolean(),
        group: fc.constantFrom(true, false, undefined),
        builtIn: fc.constantFrom('active', 'inactive', 'off'),
        aiOff: fc.constantFrom('user', 'workspace', undefined),
        utility: fc.record({
          'chat.utilityModel': fc.constantFrom('', 'gearshift/mid', 'gearshift/frontier', 'other/small'),
          'chat.utilitySmallModel': fc.constantFrom('', 'gearshift/local', 'gearshift/auto'),
        }),
        agentHost: fc.boolean(),
      }) as fc.Arbitrary<VsCodeChatFacts>,
      (facts) => {
        const pieces = chatPieces(facts);
        assert.deepEqual(
          pieces.map(({ id }) => id),
          ids,
        );
        for (const { name, text, level, fix } of pieces) {
          assert.ok(name && text);
          assert.equal(fix === undefined, level === 'ok', text);
        }
        // The check-up says nothing that the page does not.
        const said = new Set(pieces.map(({ text }) => text));
        assert.ok(checkVsCodeChat(facts).every(({ text }) => said.has(text)));
      },
    ),
  );
});
