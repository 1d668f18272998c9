import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, beforeEach, test } from 'node:test';
import { closedPort } from '../servers/ports.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud } = models;
const deadPort = await closedPort();
const SOURCE = 'export function add(a: number, b: number) {\n  return a - b;\n}\n';
const code = await openVSCode({
  // The setting of earlier versions: it may come from another computer, and allows nothing.
  settings: { ...settingsFor(models), 'gearshift.consent.cloud': [cloud.url] },
  env: { ...KEY_ENV, WRONG_KEY: 'sk-wrong' },
  files: { 'sum.ts': SOURCE },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  cloud.settings.tokensPerSecond = Infinity;
});

/** Where the window is not that of the first test, in which the user agrees. */
const AGREED = { consents: [`${cloud.url} mid`] };
const ANSWER = 'It subtracts. Fix:\n\n```ts\nreturn a + b;\n```\n\nThat is all.';

test(
  'before the first question the user is asked: host, model, price and what is sent; nothing is sent until then',
  code.inWindow(async (window) => {
    const chat = await ChatPage.open(window);
    await chat.frame.locator('.composer textarea:focus').waitFor();
    await window.page.keyboard.type('Why is add wrong?');
    await window.page.keyboard.press('Enter');
    const card = chat.frame.locator('.consent');
    await card.waitFor();
    assert.match(await card.innerText(), /mid · likely \$0\.\d+, at most \$0\.\d+ · with your question/);
    await card.getByText('Details').click();
    const words = await card.innerText();
    assert.match(words, new RegExp(`127\\.0\\.0\\.1:${cloud.port}`));
    assert.match(words, /mid · \$0\.27 in · \$1\.10 out/);
    assert.match(words, /your question/);
    assert.equal(cloud.book.entries.length, 0);
    await chat.button('Not now').click();
    await chat.frame.locator('.status', { hasText: 'Not sent' }).waitFor();
    assert.equal(cloud.book.entries.length, 0);
    await chat.answer(0).getByRole('button', { name: 'Retry' }).first().click();
    await card.waitFor();
    await chat.button('Allow').click();
    await chat.ended(0);
    assert.equal(cloud.book.calls.length, 1);
    assert.deepEqual(readOldConsents(), [cloud.url], 'the consent is kept on this computer, not in a setting');
    await window.notification('gearshift.consent.cloud does not allow anything anymore').waitFor();
  }),
);

test(
  'an answer streams with highlighted code and its price; code is copied and inserted; the conversation survives a reload',
  code.inWindow({ ...AGREED, used: true }, async (window) => {
    cloud.script(ANSWER);
    cloud.settings.tokensPerSecond = 10;
    await window.openFile('sum.ts');
    await window.selectLines(2, 2);
    const chat = await ChatPage.open(window);
    await chat.mention('sel', '@selection');
    await chat.frame.locator('.composer .chip', { hasText: 'sum.ts:2' }).waitFor();
    await chat.ask('Why is add wrong?');
    await chat.answer(0).getByText('It subtracts').waitFor();
    assert.equal(await chat.answer(0).locator('.ending').count(), 0, 'shown while it still streams');
    const answer = await chat.ended(0);
    assert.match(JSON.stringify(cloud.book.calls[0]?.body), /return a - b;.*Why is add wrong\?/s);
    await answer.locator('pre .hljs-keyword', { hasText: 'return' }).waitFor();
    const print = await answer.locator('.small-print').innerText();
    assert.match(print, /\d+ in/);
    assert.match(print, /\d+ out/);
    assert.match(print, /\$0\.000\d+ computed/);
    assert.match(print, /s to first token/);

    await answer.locator('.code-block').hover();
    await answer.getByRole('button', { name: 'Copy code' }).click();
    await window.page.waitForTimeout(300);
    assert.equal(await window.page.evaluate(() => navigator.clipboard.readText()), 'return a + b;');
    await answer.getByRole('button', { name: 'Insert at cursor' }).click();
    await window.page.locator('.view-line', { hasText: 'return a + b;' }).waitFor();
    assert.equal(await window.editorText('sum.ts'), SOURCE.replace('  return a - b;', 'return a + b;'));
    await window.press('ControlOrMeta+z');

    await window.reload();
    const again = await ChatPage.open(window);
    await again.answer(0).getByText('It subtracts').waitFor();
    await again.frame.locator('.user', { hasText: 'Why is add wrong?' }).waitFor();
    assert.match(await again.answer(0).locator('.small-print').innerText(), /computed/);
  }),
);

test(
  'Escape stops an answer, which moves nothing by the setting, closes its socket and keeps what came; then the next is answered',
  code.inWindow({ settings: { 'workbench.reduceMotion': 'on' }, ...AGREED, used: true }, async (window) => {
    cloud.script('word '.repeat(400));
    cloud.settings.tokensPerSecond = 20;
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.ask('Tell me a long story');
    await chat.answer(0).getByText('word word').waitFor();
    await chat.frame.locator('body.vscode-reduce-motion').waitFor();
    const moving = await chat.frame.evaluate(() =>
      document
        .getAnimations()
        .flatMap(({ playState, effect }) =>
          playState === 'running' ? [(effect as KeyframeEffect).target?.className] : [],
        ),
    );
    assert.deepEqual(moving, []);
    await chat.composer().press('Escape');
    await chat.ended(0);
    await chat.answer(0).getByText('Stopped').waitFor();
    await cloud.book.waitFor((book) => book.calls[0]?.closedBy === 'client', 2_000);
    cloud.settings.tokensPerSecond = Infinity;
    cloud.script('short');
    await chat.ask('And briefly?');
    await (await chat.ended(1)).getByText('short').waitFor();
  }),
);

test(
  'F71 the view is closed while an answer streams: the answer continues, asks nothing again, and is whole when it opens',
  code.inWindow({ ...AGREED, used: true }, async (window) => {
    cloud.script(Array.from({ length: 60 }, (_, n) => `w${n}`).join(' '));
    cloud.settings.tokensPerSecond = 30;
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.ask('Count');
    await chat.answer(0).getByText('w3').waitFor();
    await window.command('View: Toggle Primary Side Bar Visibility');
    await cloud.book.waitFor((book) => book.calls[0]?.phase === 'complete', 20_000);
    assert.notEqual(cloud.book.calls[0]?.closedBy, 'client');
    cloud.settings.tokensPerSecond = Infinity;
    const again = await ChatPage.open(window);
    await (await again.ended(0)).getByText('w58 w59').waitFor();
    assert.equal(cloud.book.calls.length, 1);
  }),
);

test(
  'a wrong key, a missing model and a refused connection each say what happened and offer the next step',
  code.inWindow({ ...AGREED, used: true }, async (window) => {
    const providers = (code.settings as Record<string, Record<string, object>>)['gearshift.providers'];
    await window.setSetting('gearshift.providers', {
      ...providers,
      cloud: { ...providers?.['cloud'], apiKeyEnv: 'WRONG_KEY' },
    });
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.ask('hello');
    const first = await chat.ended(0);
    assert.match(await first.innerText(), new RegExp(`127\\.0\\.0\\.1:${cloud.port} refused the key \\(401\\)`));
    await first.getByRole('button', { name: 'Set API key' }).waitFor();

    await window.setSettings({
      ...code.settings,
      'gearshift.providers': providers,
      'gearshift.tiers.mid': ['cloud/nobody'],
    });
    await chat.ask('hello again');
    const second = await chat.ended(1);
    assert.match(await second.innerText(), /has no model nobody/);
    await second.getByRole('button', { name: 'Settings' }).waitFor();

    await window.setSettings({
      ...code.settings,
      'gearshift.providers': {
        ...providers,
        dead: { kind: 'openai', baseUrl: `http://127.0.0.1:${deadPort}/v1` },
      },
      'gearshift.tiers.mid': ['dead/mid'],
    });
    await chat.ask('anybody?');
    // Another address is asked about.
    await chat.button('Allow').click();
    await chat
      .answer(2)
      .getByText(/Attempt 2 in/)
      .waitFor();
    const third = await chat.ended(2);
    assert.match(await third.innerText(), new RegExp(`No server answers at 127\\.0\\.0\\.1:${deadPort}`));
    assert.doesNotMatch(code.logs(), /sk-wrong|sk-right/);
  }),
);

function readOldConsents(): unknown {
  const settings = JSON.parse(fs.readFileSync(code.server.settingsFile, 'utf8')) as Record<string, unknown>;
  return settings['gearshift.consent.cloud'];
}
