import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Context mentions in real VS Code: what is picked is what the model gets, and secrets are never picked by accident. */

const models = await startModels();
const { cloud } = models;
const CANARY = 'canary-7f3a';
/** Put together here, so that no file holds a whole key. */
const TOKEN = ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_');
/** `hi` in characters that no one sees. */
const HIDDEN = '\u{e0068}\u{e0069}';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'git.enabled': true, 'gearshift.context.urls': true },
  env: KEY_ENV,
  files: {
    'src/pool.ts': 'export class Pool {\n  take(): number {\n    return missingName;\n  }\n}\n',
    'src/lid.ts': 'export const lid = 1; // needle in lid\n',
    'src/.env': `TOKEN=${CANARY}\n`,
    'src/keys.ts': `export const key = '${TOKEN}';\n// ${HIDDEN}plain\n`,
    'notes.md': 'A needle here.\n',
    '.env': `TOKEN=${CANARY} needle\n`,
    'node_modules/x/index.js': '// needle\n',
  },
  prepare: (workspace) => {
    // What a hostile repository can hold: links to what lies beside it.
    const outside = path.join(workspace, '..', 'outside');
    fs.mkdirSync(outside, { recursive: true });
    for (const name of ['plain.txt', '.netrc', '.env'])
      fs.writeFileSync(path.join(outside, name), `${CANARY}-outside needle\n`);
    fs.symlinkSync('../outside/.netrc', path.join(workspace, 'AGENTS.md'));
    fs.symlinkSync('../outside/plain.txt', path.join(workspace, 'linked.txt'));
    fs.mkdirSync(path.join(workspace, 'lib'));
    fs.symlinkSync('../../outside/plain.txt', path.join(workspace, 'lib/away.txt'));
    fs.symlinkSync('../src/lid.ts', path.join(workspace, 'lib/near.ts'));
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  cloud.script('Fine.');
});

/** What the model was sent with its last question. */
const sent = (): string => {
  const body = cloud.book.calls.at(-1)?.body as { messages: { content: unknown }[] } | undefined;
  return String(body?.messages.at(-1)?.content ?? '');
};

test(
  'files, folders, symbols, searches and problems are mentioned by keyboard and sent, without secrets',
  code.inWindow(async (window) => {
    await window.openFile('pool.ts');
    await window.page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    const chat = await ChatPage.open(window);
    await chat.mention('lid', 'lid.ts');
    assert.equal(await chat.composer().inputValue(), '@src/lid.ts ');
    await chat.mention('folder:src', 'src');
    await chat.mention('search:needle', 'Lines with');
    await chat.mention('problems', '@problems');
    await chat.mention('symbol:tak', 'take');
    await chat.frame.locator('.composer .chip').nth(4).waitFor();
    await window.screenshot('chat-chips');
    assert.deepEqual(
      (await chat.frame.locator('.composer .chip:not(.offer) .chip-label').allInnerTexts()).map(
        (label) => label.split(' ')[0],
      ),
      ['src/lid.ts', 'src', 'search', 'problems', 'take()'],
    );
    for (const tokens of await chat.frame.locator('.composer .chip-tokens').allInnerTexts())
      assert.match(tokens, /^\d/);
    await chat.composer().press('End');
    await chat.composer().pressSequentially('what is wrong?');
    await chat.composer().press('Enter');
    await chat.ended(0);
    const text = sent();
    assert.match(text, /<context source="src\/lid\.ts">/);
    assert.match(text, /--- src\/pool\.ts ---/);
    assert.match(text, /notes\.md:1: A needle here\./);
    assert.match(text, /src\/pool\.ts:3: error: Cannot find name 'missingName'/);
    assert.match(text, /take\(\): number \{\n {4}return missingName;/);
    assert.doesNotMatch(text, new RegExp(CANARY));
    assert.doesNotMatch(text, /node_modules/);
  }),
);

test(
  'a key inside a file is masked on its way and whole where code is used; hidden characters are taken out with a click',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('lid.ts');
    const chat = await ChatPage.open(window);
    await chat.mention('keys', 'keys.ts');
    const chip = chat.frame.locator('.composer .chip', { hasText: 'keys.ts' });
    await chip.getByText('1 secret is masked').waitFor();
    await window.screenshot('chat-masked');
    const strip = chip.getByRole('button', { name: 'Remove 2 hidden characters' });
    await strip.click();
    await strip.waitFor({ state: 'hidden' });
    await chat.composer().press('Enter');
    await chat.ended(0);
    const [mark = ''] = /«masked secret [0-9a-f]{5}»/.exec(sent()) ?? [];
    assert.ok(mark && !sent().includes(TOKEN));
    assert.ok(sent().includes('// plain') && !sent().includes(HIDDEN));
    cloud.script(`Like this:\n\n\`\`\`ts\nexport const copy = '${mark}';\n\`\`\`\n`);
    await chat.composer().fill('copy it');
    await chat.composer().press('Enter');
    await chat.ended(1);
    await chat.answer(1).getByText(mark).waitFor();
    await chat.answer(1).locator('.code-block').hover();
    await chat.answer(1).getByRole('button', { name: 'Insert at cursor' }).click();
    await window.page.locator('.view-line', { hasText: `copy = '${TOKEN}'` }).waitFor();
  }),
);

test(
  'H6 T17 links that lead out of the workspace are not read as rules, in a folder or in a search, nor as a file without consent',
  code.inWindow({ used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    await chat.mention('folder:lib', 'lib');
    const chip = chat.frame.locator('.composer .chip').first();
    await chip.waitFor();
    assert.match((await chip.getAttribute('title')) ?? '', /links that lead out of the workspace: 1/);
    await chat.mention('search:needle', 'Lines with');
    await chat.frame.locator('.composer .chip').nth(1).waitFor();
    await chat.mention('linked', 'linked.txt');
    await window.page.getByText('is a link to a file outside this workspace').waitFor();
    await window.page.getByRole('button', { name: 'Cancel' }).click();
    await chat.composer().press('End');
    await chat.composer().pressSequentially('what is it?');
    await chat.composer().press('Enter');
    await chat.ended(0);
    const body = JSON.stringify(cloud.book.calls.at(-1)?.body);
    assert.match(body, /export const lid/);
    assert.match(body, /A needle here/);
    assert.ok(!body.includes(CANARY), body);
  }),
);

test(
  'a picture is pasted, a file of the computer and the tab of an editor are dropped, and all of them are sent',
  code.inWindow({ used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    const chips = chat.frame.locator('.composer .chip-label');
    await window.page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 2, height: 2 });
      const png = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
      if (png) await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    });
    await chat.composer().click();
    await window.press('ControlOrMeta+v');
    await chips.nth(0).waitFor();

    await chat.frame.locator('.conversation').evaluate((page) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['dropped words'], 'dropped.txt', { type: 'text/plain' }));
      for (const type of ['dragenter', 'dragover', 'drop'])
        page.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    });
    await chips.filter({ hasText: 'dropped.txt' }).waitFor();

    await window.openFile('notes.md');
    const from = await window.page.locator('.tabs-container .tab', { hasText: 'notes.md' }).boundingBox();
    const to = await chat.composer().boundingBox();
    assert.ok(from && to);
    const { mouse, keyboard } = window.page;
    await mouse.move(from.x + 20, from.y + 10);
    await mouse.down();
    // VS Code keeps what is dragged for itself unless Shift is held.
    await keyboard.down('Shift');
    for (let step = 1; step <= 5; step++)
      await mouse.move(from.x + ((to.x + 20 - from.x) * step) / 5, from.y + ((to.y + 10 - from.y) * step) / 5);
    await chat.frame.getByText('Drop to attach').waitFor();
    await mouse.up();
    await keyboard.up('Shift');
    await chips.filter({ hasText: 'notes.md' }).waitFor();

    await chat.ask('What is this?');
    await chat.ended(0);
    const body = cloud.book.calls.at(-1)?.body as { messages: { content: unknown }[] };
    const question = JSON.stringify(body.messages.at(-1)?.content);
    assert.match(question, /"image_url":\{"url":"data:image\/png;base64,iVBOR/);
    assert.match(question, /dropped words/);
    assert.match(question, /A needle here/);
  }),
);

test(
  'a file that may hold secrets is offered in no list',
  code.inWindow({ used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    await chat.composer().click();
    await chat.composer().pressSequentially('@file:n');
    await chat.frame.locator('.suggestions li').first().waitFor();
    for (const row of await chat.frame.locator('.suggestions li').allInnerTexts()) assert.doesNotMatch(row, /\.env/);
  }),
);

test(
  'changes are attached as git sees them, staged or not, without secrets; a terminal gives its selection',
  code.inWindow({ used: true }, async (window) => {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
        cwd: code.workspace,
        encoding: 'utf8',
      });
    git('init', '-q');
    git('add', '-A', '-f');
    git('commit', '-qm', 'first');
    fs.writeFileSync(path.join(code.workspace, 'notes.md'), 'A staged needle.\n');
    git('add', 'notes.md');
    fs.writeFileSync(path.join(code.workspace, 'src/lid.ts'), 'export const lid = 2;\n');
    fs.writeFileSync(path.join(code.workspace, '.env'), `TOKEN=${CANARY}-changed\n`);
    await window.reload();
    const chat = await ChatPage.open(window);
    await chat.mention('diff', '@diff');
    await chat.mention('diff', '@diff:staged');
    await chat.frame.locator('.composer .chip').nth(1).waitFor();
    assert.match(
      (await chat.frame.locator('.composer .chip').first().getAttribute('title')) ?? '',
      /Files left out because they may hold secrets: 1/,
    );
    await chat.composer().press('Enter');
    await chat.ended(0);
    const text = sent();
    assert.match(text, /\+export const lid = 2;/);
    assert.match(text, /\+A staged needle\./);
    assert.doesNotMatch(text, new RegExp(CANARY));

    await window.command('Terminal: Create New Terminal');
    await window.page.locator('.terminal-wrapper.active .xterm-screen').waitFor();
    await window.page.keyboard.type('echo from-the-$((40+2))');
    await window.press('Enter');
    await window.page.waitForTimeout(1_500);
    await window.command('Terminal: Select All');
    await window.page.evaluate(() => navigator.clipboard.writeText('kept'));
    const again = await ChatPage.open(window);
    await again.mention('term', '@terminal');
    await again.frame.locator('.composer .chip', { hasText: 'terminal' }).waitFor();
    await again.composer().press('Enter');
    await again.ended(1);
    assert.match(sent(), /from-the-42/);
    assert.equal(await window.page.evaluate(() => navigator.clipboard.readText()), 'kept');
  }),
);
