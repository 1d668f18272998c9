import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { chooseOtherModel } from '../../../src/editor/chat/otherModel.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { openFetch } from '../../support/fetch.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { startHost } from '../../support/vscode/host.ts';

/** Any model for one question: from the list of its provider, or by name where the provider has no list. */

async function choosing(t: TestContext, over: Record<string, unknown> = {}) {
  const host = startHost(t);
  const server = await startOpenAi({ models: [{ name: 'large' }, { name: 'small' }] });
  t.after(() => server.stop());
  const { settings } = testGateway({ ...openAiAt(server.url), 'consent.cloud': [server.url], ...over });
  const choose = () =>
    chooseOtherModel({
      config: { settings },
      keys: {
        get: () => Promise.resolve('sk-test'),
        headers: () => Promise.resolve(new Map()),
        origin: () => Promise.resolve(undefined),
      } as never,
      fetch: openFetch,
      trusted: () => true,
    });
  return { host, choose };
}

test('a model is chosen from the list of its provider', async (t) => {
  const { host, choose } = await choosing(t);
  host.willPick(/Model for one question/, 'cloud');
  host.willPick(/^cloud/, 'small');
  assert.deepEqual(await choose(), { provider: 'cloud', model: 'small' });
});

test('where the provider does not answer, the user writes the name of a model', async (t) => {
  // Nothing listens on port 1.
  const { host, choose } = await choosing(t, openAiAt('http://127.0.0.1:1'));
  host.willPick(/Model for one question/, 'cloud');
  host.willType(/cloud/, '  vendor/new-model ');
  assert.deepEqual(await choose(), { provider: 'cloud', model: 'vendor/new-model' });
});

test('a user who gives up, at the provider or at the model, has chosen nothing', async (t) => {
  const { host, choose } = await choosing(t);
  assert.equal(await choose(), undefined);
  host.willPick(/Model for one question/, 'cloud');
  assert.equal(await choose(), undefined);
});
