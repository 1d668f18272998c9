import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { NextStep } from '../../../src/core/gateway/describeFailure.ts';
import { createNextSteps } from '../../../src/editor/chat/failureActions.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { startHost } from '../../support/vscode/host.ts';

/** The buttons beside an error that are not about one answer. */

function steps(t: TestContext, ask: () => Promise<boolean> = () => Promise.resolve(true)) {
  const host = startHost(t);
  const done: string[] = [];
  const { settings } = testGateway(openAiAt('http://127.0.0.1:1'));
  for (const id of ['gearshift.keys.set', 'gearshift.settings.open', 'workbench.trust.manage'])
    vscode.commands.registerCommand(id, () => void done.push(id));
  const take = createNextSteps({
    config: { settings },
    keys: { ask: async ({ name }) => done.push(`key of ${name}`) > 0 && ask() },
    settings: (section) => Promise.resolve(void done.push(`settings at ${section}`)),
  });
  return { host, done, take };
}

test('each button leads to where its problem is solved', async (t) => {
  const { done, take } = steps(t);
  const cases: readonly (readonly [NextStep, string | undefined, string])[] = [
    ['set-key', 'cloud', 'key of cloud'],
    ['set-key', 'no longer there', 'gearshift.keys.set'],
    ['set-key', undefined, 'gearshift.keys.set'],
    ['settings', 'cloud', 'gearshift.settings.open'],
    ['trust', undefined, 'workbench.trust.manage'],
    ['start-ollama', undefined, 'settings at ollama'],
    ['pull-model', undefined, 'settings at ollama'],
  ];
  for (const [next, provider, expected] of cases) {
    await take(next, provider);
    assert.equal(done.at(-1), expected, next);
  }
  for (const next of ['retry', 'consent', 'send-anyway', 'change-question', 'none'] as const) await take(next, 'cloud');
  assert.equal(done.length, cases.length, 'what is about one answer is done where the answer is');
});

test('a keyring that is locked rejects to the caller, who tells it', async (t) => {
  const { take } = steps(t, () => Promise.reject(new Error('the keyring is locked')));
  await assert.rejects(take('set-key', 'cloud'), /the keyring is locked/);
});
