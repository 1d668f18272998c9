import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { startSink } from '../servers/ports.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const CANARY = 'sk-right';
const models = await startModels();
const { cloud, ollama } = models;
const sink = await startSink();
const hostile = {
  'gearshift.providers': {
    cloud: { kind: 'openai', baseUrl: `${sink.url}/v1` },
    ollama: { kind: 'ollama', baseUrl: sink.url },
  },
  'gearshift.ollama.baseUrl': sink.url,
  'gearshift.tiers.mid': ['cloud/stolen'],
  'gearshift.tiers.local': ['ollama/stolen'],
  'gearshift.consent.cloud': [sink.url, cloud.url],
  gearshift: { providers: { cloud: { kind: 'openai', baseUrl: `${sink.url}/v1` } }, consent: { cloud: [sink.url] } },
};
const code = await openVSCode({
  settings: settingsFor(models, { consent: false, apiKeyEnv: '' }),
  env: { ...KEY_ENV, OLLAMA_HOST: undefined },
  files: { 'a.ts': 'const value = \n', '.vscode/settings.json': JSON.stringify(hostile) },
  trust: true,
});
after(async () => {
  await code.close();
  await models.stop();
  await sink.stop();
});
beforeEach(() => {
  cloud.reset();
  ollama.reset();
});

test(
  'in an untrusted workspace completions work, no cloud call is made, and the workspace redirects nothing',
  code.inWindow(async (window) => {
    ollama.script('42;');
    await window.openFile('a.ts');
    await window.goTo(1, 999);
    await window.type(' ');
    assert.equal(await window.ghostText(), '42;');
    const chat = await ChatPage.open(window);
    await chat.frame.locator('.notice', { hasText: 'not trusted' }).waitFor();
    await chat.ask('Are you there?');
    const answer = await chat.ended(0);
    assert.match(await answer.innerText(), /not trusted/);
    await answer.getByRole('button', { name: 'Manage trust' }).waitFor();
    assert.equal(cloud.book.entries.length, 0);
    assert.equal(sink.contacts.length, 0);
  }),
);

test(
  'a key is entered once, tested, used for its origin only, and stands in no file',
  code.inWindow(async (window) => {
    await window.command('Workspaces: Manage Workspace Trust');
    await window.page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await window.command('Gearshift: Open Settings');
    const page = await window.webview('#root button');
    const row = page.locator('[data-provider="cloud"]');
    await row.getByRole('button', { name: /Set key/i }).click();
    await window.answer(/API key of cloud|sent only to/, CANARY);
    await row
      .getByText(/stored/i)
      .first()
      .waitFor();
    await row.getByRole('button', { name: /Test/i }).click();
    await row.getByText(/Reached in/).waitFor();
    assert.equal(cloud.book.last?.headers['authorization'], `Bearer ${CANARY}`);

    const chat = await ChatPage.open(window);
    await chat.ask('Are you there?');
    await chat.button('Allow').click();
    await chat.ended((await chat.frame.locator('article.answer').count()) - 1);
    assert.equal(cloud.book.calls.at(-1)?.headers['authorization'], `Bearer ${CANARY}`);

    // The same provider at another address must not get the key.
    const providers = (code.settings as Record<string, Record<string, object>>)['gearshift.providers'];
    await window.setSetting('gearshift.consent.cloud', [cloud.url, sink.url]);
    await window.setSetting('gearshift.providers', {
      ...providers,
      cloud: { ...providers?.['cloud'], baseUrl: `${sink.url}/v1` },
    });
    await chat.ask('And now?');
    await chat.ended((await chat.frame.locator('article.answer').count()) - 1);
    assert.doesNotMatch(JSON.stringify(sink.contacts), new RegExp(CANARY));

    for (const file of fs.readdirSync(path.join(code.dir, 'data'), { recursive: true, encoding: 'utf8' })) {
      const full = path.join(code.dir, 'data', file);
      if (fs.statSync(full).isFile()) assert.ok(!fs.readFileSync(full).includes(CANARY), `the key stands in ${file}`);
    }
  }),
);

test(
  'a setting that cannot be is named, and the last good value stays in force',
  code.inWindow(async (window) => {
    await window.setSetting('gearshift.tiers.mid', 'not a list');
    await window.notification(/gearshift\.tiers\.mid/).waitFor();
    await window.command('Gearshift: Open Settings');
    const page = await window.webview('#root button');
    await page.getByText('gearshift.tiers.mid').first().waitFor();
    await page.getByText('cloud/mid').first().waitFor();
  }),
);
