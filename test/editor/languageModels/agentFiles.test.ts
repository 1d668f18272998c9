import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { BUILD_STAGE, PLAN_STAGE, REVIEW_STAGE } from '../../../src/core/languageModels/plan.ts';
import { MODEL_NAMES } from '../../../src/editor/languageModels/information.ts';

/** The agents that we contribute to VS Code's chat. */

const FOLDER = path.resolve(import.meta.dirname, '../../../media/agents');
const AGENTS = fs.readdirSync(FOLDER).map((name) => {
  const [, head = ''] = fs.readFileSync(path.join(FOLDER, name), 'utf8').split(/^---$/m);
  const field = (key: string): string => new RegExp(`^${key}: (.*)$`, 'm').exec(head)?.[1] ?? '';
  const tools = [...field('tools').matchAll(/'([^']+)'/g)].map(([, tool = '']) => tool);
  const handoffs = [...head.matchAll(/agent: (.*)\n\s+prompt: .*\n\s+send: (.*)\n\s+model: (.*)/g)].map(
    ([, agent = '', send = '', model = '']) => ({ agent, send, model }),
  );
  return { name: field('name'), model: field('model'), tools, handoffs };
});

test('the agents have the names that the code expects, and run on models that exist', () => {
  assert.deepEqual(AGENTS.map(({ name }) => name).sort(), [BUILD_STAGE, PLAN_STAGE, REVIEW_STAGE]);
  const models = Object.values(MODEL_NAMES).map((name) => `${name} (gearshift)`);
  for (const { model, handoffs } of AGENTS)
    for (const each of [model, ...handoffs.map((handoff) => handoff.model)]) assert.ok(models.includes(each), each);
});

test('no hand-off sends by itself, each leads to one of the agents, and only the agent that builds can write', () => {
  for (const { name, tools, handoffs } of AGENTS) {
    assert.ok(handoffs.length >= 1);
    for (const { agent, send } of handoffs) {
      assert.equal(send, 'false');
      assert.ok(AGENTS.some((other) => other.name === agent));
    }
    assert.ok(tools.length >= 4 && tools.length <= 8, 'few tools: each costs tokens with every request');
    const writes = tools.some((tool) => /^(edit|execute)\//.test(tool));
    assert.equal(writes, name === BUILD_STAGE);
  }
});
