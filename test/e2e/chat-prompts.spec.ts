import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Prompts behind `/`, the workspace's own, and its rules: used where the workspace is trusted, and nowhere else. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  trust: true,
  files: {
    'sum.ts': 'export function add(a: number, b: number) {\n  return a - b;\n}\n',
    'AGENTS.md': 'Always use tabs.\n',
    '.gearshift/prompts/haiku.md': '---\ndescription: As a haiku\nversion: 3\n---\nAnswer as a haiku: {{input}}\n',
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

const sent = (): string => JSON.stringify(cloud.book.calls.at(-1)?.body ?? '');

test(
  'in a workspace that is not trusted its prompts are not offered',
  code.inWindow(async (window) => {
    const chat = await ChatPage.open(window);
    await chat.composer().click();
    await chat.composer().pressSequentially('/', { delay: 20 });
    await chat.frame.locator('.suggestions li', { hasText: '/explain' }).waitFor();
    assert.equal(await chat.frame.locator('.suggestions li', { hasText: '/haiku' }).count(), 0);
  }),
);

test(
  'in a trusted workspace its prompts and rules count; a built-in prompt includes the selection',
  code.inWindow({ used: true }, async (window) => {
    await window.command('Workspaces: Manage Workspace Trust');
    await window.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await window.command('View: Close All Editors');
    await window.openFile('sum.ts');
    await window.selectLines(2, 2);
    const chat = await ChatPage.open(window);
    await chat.composer().click();
    await chat.composer().pressSequentially('/', { delay: 20 });
    await chat.frame.locator('.suggestions li', { hasText: '/haiku' }).waitFor();
    await window.screenshot('chat-prompts');
    const rows = await chat.frame.locator('.suggestions .suggestion-label').allInnerTexts();
    for (const name of ['commit', 'docs', 'explain', 'fix', 'haiku', 'optimize', 'refactor', 'review', 'tests'])
      assert.ok(rows.includes(`/${name}`), name);
    await chat.composer().pressSequentially('expl', { delay: 20 });
    await chat.frame.locator('.suggestions[aria-busy=false] li').first().waitFor();
    await chat.composer().press('Enter');
    assert.equal(await chat.composer().inputValue(), '/explain ');
    await chat.composer().press('Enter');
    await chat.ended(0);
    assert.match(sent(), /<rules source=\\"AGENTS\.md\\">.*Always use tabs/);
    assert.match(sent(), /sum\.ts:2.*return a - b;.*Explain this code to an experienced programmer/);
    await chat.ask('/haiku locks');
    await chat.ended(1);
    assert.match(sent(), /Answer as a haiku: locks/);

    await window.command('View: Close All Editors');
    // The first Enter takes the row of the list, once there is one.
    await chat.composer().fill('/comm');
    await chat.frame.locator('.suggestions[aria-busy=false] li', { hasText: '/commit' }).first().waitFor();
    await chat.composer().press('Enter');
    await chat.frame.locator('.suggestions').waitFor({ state: 'hidden' });
    await chat.composer().press('Enter');
    await chat.frame.locator('.composer-problem', { hasText: 'nothing to work on' }).waitFor();
    // Given back a frame later.
    for (let tries = 20; tries > 0 && (await chat.composer().inputValue()) === ''; tries--)
      await window.page.waitForTimeout(50);
    assert.equal((await chat.composer().inputValue()).trim(), '/commit');
    assert.equal(cloud.book.calls.length, 2);
  }),
);
