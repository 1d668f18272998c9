import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** From the editor, tabs and the explorer into the chat, and what the chat sees by itself, in real VS Code. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'gearshift.chat.tier': 'auto' },
  env: KEY_ENV,
  files: {
    'src/pool.ts': 'export class Pool {\n  take(): number {\n    return 1;\n  }\n}\n',
    'leaves.py': 'def brew():\n    return "tea"\n',
    '.env': 'TOKEN=canary-7f3a\n',
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  cloud.script('Do:\n\n1. one\n\n2. two\n\n```ts src/pool.ts\nlet a = 1;\n```\n\n```sh\nnpm test\n```\n');
});

const sent = (): string => JSON.stringify(cloud.book.calls.at(-1)?.body ?? '');

test(
  'the menu and the key take the selection into the chat; the explorer and a tab take a file; Explain asks at once',
  code.inWindow(async (window) => {
    const { page } = window;
    const editor = await window.openFile('pool.ts');
    await window.selectLines(2, 3);
    await window.contextMenu(editor, 'Gearshift', 'Ask in Chat');
    const chat = await ChatPage.find(window);
    const chip = (label: string) => chat.frame.locator('.composer .chip', { hasText: label });
    await chip('pool.ts:2-3').waitFor();
    await chat.frame.locator('.composer textarea:focus').waitFor();
    await chat.button('Remove src/pool.ts:2-3').click();
    await editor.locator('.inputarea, .native-edit-context').first().focus();
    await window.press('Control+Alt+g');
    await chat.frame.locator('.composer textarea:focus').waitFor();
    await chip('pool.ts:2-3').waitFor();
    await window.command('File: Focus on Files Explorer');
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'leaves.py' }).click({ button: 'right' });
    await window.menuItem('Add File to Gearshift Chat');
    // The explorer took the place of the chat.
    const again = await ChatPage.open(window);
    await again.frame.locator('.composer .chip', { hasText: 'leaves.py' }).waitFor();
    await window.openFile('pool.ts');
    await window.selectLines(2, 3);
    await window.contextMenu(editor, 'Gearshift', 'Explain');
    await again.ended(0);
    assert.match(sent(), /Explain this code to an experienced programmer/);
    assert.match(sent(), /return 1;/);
  }),
);

test(
  'the open file is offered and not sent, the selection is sent unless it is removed, a named file is offered; never a secret',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('leaves.py');
    const chat = await ChatPage.open(window);
    const offered = (label: string) => chat.frame.locator('.composer .offer', { hasText: label });
    await offered('leaves.py').waitFor();
    await chat.ask('What is a lock?');
    await chat.ended(0);
    assert.doesNotMatch(sent(), /tea/);
    for (const theme of ['dark2026', 'light2026', 'contrast'] as const) await window.screenshot('chat-editor', theme);
    await window.openFile('pool.ts');
    await window.selectLines(2, 3);
    await chat.composer().click();
    await chat.button("Don't send src/pool.ts:2-3").waitFor();
    await chat.ask('What does this do?');
    await chat.ended(1);
    assert.match(sent(), /pool\.ts:2-3/);
    await chat.composer().pressSequentially('What does leaves.py do?', { delay: 20 });
    await offered('leaves.py').click();
    await chat.frame.locator('.composer .chip', { hasText: 'leaves.py' }).waitFor();
    await chat.composer().press('Enter');
    await chat.ended(2);
    assert.match(sent(), /return .{1,3}tea/);
    await window.openFile('.env');
    await window.selectLines(1, 1);
    await chat.ask('And this?');
    await chat.ended(3);
    assert.doesNotMatch(sent(), /canary-7f3a/);
  }),
);
