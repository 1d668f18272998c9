import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** A chat that Auto answers, as a user has it: a thread that stays on its tier, and the model that is asked in doubt. */

const models = await startModels();
const { cloud, ollama } = models;
const ANSWERS = 'llama3.2:3b';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'gearshift.chat.tier': 'auto' },
  env: KEY_ENV,
  files: { 'a.ts': 'const a = 1;\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  ollama.reset();
});

const askedModels = (): unknown[] => cloud.book.calls.map(({ body }) => (body as { model: string }).model);

const SIX = [
  'Redesign the architecture of this ledger: decide on partition boundaries, migration and consistency.',
  'Why not shard by account?',
  'Show the schema of the partition table.',
  'And the index?',
  'Rename partition_id to shard_id in it.',
  'How do we move an account between partitions of the ledger?',
];

test(
  'a chat of six questions stays on the tier that it began with, and each answer says so; the user can still leave it',
  code.inWindow(async (window) => {
    const chat = await ChatPage.open(window);
    for (const [i, question] of SIX.entries()) {
      await chat.ask(question);
      await chat.ended(i);
      const words =
        i === 0 ? /Auto chose frontier: its complexity is/ : /Auto chose frontier: this chat stays on frontier/;
      // A question that would go there by itself says why.
      const own = /Auto chose frontier: its complexity is/;
      const said = await chat.routeOf(chat.answer(i));
      assert.ok(words.test(said) || own.test(said), said);
    }
    assert.deepEqual(
      askedModels(),
      SIX.map(() => 'frontier'),
    );
    const stayed = chat.frame.locator('.route[title*="this chat stays on frontier"]');
    assert.ok((await stayed.count()) >= 3, 'by themselves some would have gone elsewhere');
    await chat.routeMenu(chat.answer(5), /Ask mid instead/);
    await chat.answer(5).locator('.tier-name', { hasText: 'mid' }).waitFor();
    await chat.ended(5);
    await chat.ask('And what of the old accounts?');
    await chat.ended(6);
    assert.match(await chat.routeOf(chat.answer(6)), /Auto chose mid: /, 'the chat goes on from there');
  }),
);

const UNSURE = 'migrate the parser that our service uses';

test(
  'in doubt a local model is asked how hard a question is, which the reason tells with its cost; turned off, it is not',
  code.inWindow({ settings: { 'gearshift.tiers.localAnswers': [`ollama/${ANSWERS}`] }, used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    await chat.newThread();
    ollama.script('{"complexity": 5}');
    await chat.ask(UNSURE);
    await chat
      .answer(0)
      .locator(`.route[title*="Auto chose frontier: ollama/${ANSWERS} rated it 5 of 5 (free)"]`)
      .waitFor();
    await chat.ended(0);
    const rated = ollama.book.calls.length;
    assert.ok(rated > 0);
    await window.command('Gearshift: Open Settings');
    const page = await window.webview('#routing');
    await page.getByRole('checkbox', { name: /When unsure, ask the cheapest model/ }).click();
    await chat.newThread();
    await chat.ask(UNSURE);
    await chat.answer(0).locator('.route[title*="its complexity is 3.4 of 5"]').waitFor();
    await chat.ended(0);
    assert.equal(ollama.book.calls.length, rated, 'no model was asked');
  }),
);
