import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Checkpoints over several answers and files, with VS Code's default settings and without Git. */

const models = await startModels();
const { cloud } = models;
const SUM = 'export function add(a: number, b: number) {\n  return a - b;\n}\n';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'sum.ts': SUM, 'use.ts': 'add(1, 2);\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});

const replace = (name: string, from: string, to: string): string =>
  `\`${name}\`:\n\n\`\`\`ts\n<<<<<<< SEARCH\n${from}\n=======\n${to}\n>>>>>>> REPLACE\n\`\`\``;

test(
  'three answers change two files and make a third; before each of them can be restored, and the restore is undone',
  code.inWindow(async (window) => {
    const { page } = window;
    const chat = await ChatPage.open(window);
    const answers = [
      `${replace('sum.ts', '  return a - b;', '  return a + b;')}\n\n\`fresh.ts\`:\n\n\`\`\`ts\nexport const fresh = 1;\n\`\`\``,
      replace('use.ts', 'add(1, 2);', 'add(2, 3);'),
      replace('sum.ts', '  return a + b;', '  return b + a;'),
    ];
    for (const [n, answer] of answers.entries()) {
      cloud.script(answer);
      await chat.ask(`Question ${n + 1}`);
      await chat.ended(n);
      if (n === 0) await chat.button('Apply all changes').click();
      else {
        await chat.answer(n).locator('.code-block').hover();
        await chat.answer(n).getByRole('button', { name: 'Apply as a change' }).click();
      }
      await page.locator('.monaco-diff-editor').first().waitFor();
      await window.command('Gearshift: Apply Proposed Change');
      await page.locator('.monaco-diff-editor').first().waitFor({ state: 'hidden' });
      await chat.answer(n).getByRole('button', { name: 'Restore to before this answer' }).waitFor();
    }
    const saveAll = () => window.command('File: Save All Files');
    await saveAll();
    const changed = SUM.replace('a - b', 'b + a');
    await code.savedAs('sum.ts', changed);
    await code.savedAs('use.ts', 'add(2, 3);\n');
    await code.savedAs('fresh.ts', 'export const fresh = 1;\n');

    const restored = window.notification('files were restored');
    const restore = async (n: number): Promise<void> => {
      await window.command('Notifications: Clear All Notifications');
      await restored.first().waitFor({ state: 'hidden' });
      await chat.answer(n).getByRole('button', { name: 'Restore to before this answer' }).click();
      await window.dialog('You can undo the restore').getByRole('button', { name: 'Restore' }).click();
      await restored.first().waitFor();
    };
    await restore(1);
    await saveAll();
    await code.savedAs('use.ts', 'add(1, 2);\n');
    await code.savedAs('sum.ts', SUM.replace('a - b', 'a + b'));
    assert.equal(code.onDisk('fresh.ts'), 'export const fresh = 1;\n');

    await restore(0);
    await saveAll();
    await code.savedAs('sum.ts', SUM);
    await code.savedAs('fresh.ts', undefined);

    await restored.last().getByRole('button', { name: 'Undo Restore' }).click();
    // The undo says the same as the restore before, so the editor shows when it is done.
    const sum = await window.openFile('sum.ts');
    await sum.locator('.view-line', { hasText: 'return a + b;' }).waitFor();
    await saveAll();
    await code.savedAs('sum.ts', SUM.replace('a - b', 'a + b'));
    await code.savedAs('fresh.ts', 'export const fresh = 1;\n');

    // By the list, also after a reload.
    await window.reload();
    await window.command('Gearshift: Restore Files to a Checkpoint');
    await window.pick('Question 1');
    await window.dialog('You can undo the restore').getByRole('button', { name: 'Restore' }).click();
    await code.savedAs('fresh.ts', undefined);
  }),
);
