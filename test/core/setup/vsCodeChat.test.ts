import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkVsCodeChat, type VsCodeChatFacts } from '../../../src/core/setup/vsCodeChat.ts';

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
    [{ hasGroupCommand: false }, /1\.139\.1 does not let extensions/, undefined],
    [{ aiOff: 'workspace' }, /This workspace turns AI features off/, undefined],
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
