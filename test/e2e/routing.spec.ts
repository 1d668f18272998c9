import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud, ollama } = models;
const ANSWERS = 'llama3.2:3b';
const PRIVATE = { 'gearshift.tiers.localAnswers': [`ollama/${ANSWERS}`], 'gearshift.private': true };
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

test(
  'Auto says why it chose a tier and what the others would cost; one click asks another, and three such clicks offer a rule',
  code.inWindow(async (window) => {
    const chat = await ChatPage.open(window);
    await chat.frame.locator('.tier-button', { hasText: 'Auto' }).waitFor();
    cloud.next('first-token:1500');
    await chat.ask('Write a function that groups these orders by customer, with a unit test for empty input.');
    const answer = chat.answer(0);
    // Shown before the answer begins.
    const route = answer.locator('.route');
    await route.getByText(/Auto → mid · /).waitFor();
    assert.equal(await answer.locator('.small-print').count(), 0);
    assert.match((await route.getAttribute('title')) ?? '', /Auto chose mid: .*complexity is \d/s);
    const menu = answer.getByRole('button', { name: 'Why this tier, and the others' });
    const entry = (name: string | RegExp) => chat.frame.getByRole('menuitem', { name });
    await menu.click();
    await entry(/Ask frontier instead\s*about \$0\.\d+/).click();
    await route.getByText('frontier instead of mid').waitFor();
    await chat.ended(0);
    assert.deepEqual(askedModels(), ['mid', 'frontier']);
    assert.equal(cloud.book.calls[0]?.closedBy, 'client');
    assert.match((await route.getAttribute('title')) ?? '', /You chose frontier; Auto had chosen mid: /);

    const always = entry(/Always do this for similar questions/);
    await menu.click();
    await entry(/Ask mid instead/).waitFor();
    assert.equal(await always.count(), 0, 'one override is no habit');
    await window.press('Escape');
    for (const thing of ['invoices', 'payments']) {
      await chat.newThread();
      await chat.ask(`Write a function that groups these ${thing} by customer, with a unit test for empty input.`);
      await chat.ended(0);
      await menu.click();
      await entry(/Ask frontier instead/).click();
      await route.getByText('frontier instead of mid').waitFor();
      await chat.ended(0);
    }
    // After three equal ones a rule is offered, which says what it does to the last questions.
    await menu.click();
    await always.click();
    const dialog = window.page.locator('.monaco-dialog-box');
    await dialog.getByText(/then frontier, because you chose frontier 3 times for such questions\. Until 20/).waitFor();
    await dialog.getByText(/Of your last questions \(\d+\), it matches \d/).waitFor();
    await dialog.getByRole('button', { name: 'Add Rule' }).click();
    await chat.newThread();
    await chat.ask('Write a function that groups these refunds by customer, with a unit test for empty input.');
    await chat.answer(0).locator('.route', { hasText: 'Auto → frontier · you chose frontier 3 times' }).waitFor();
    await chat.ended(0);
    assert.equal(askedModels().at(-1), 'frontier');
    // The settings list it apart, and a rule can be written there as a sentence.
    await window.command('Gearshift: Open Settings');
    const page = await window.webview('#routing');
    const learned = page.getByRole('group', { name: 'Learned from your choices' });
    await learned.getByText('Right 1 of 1 times').waitFor();
    await page.getByRole('button', { name: 'Add rule', exact: true }).click();
    const form = page.getByRole('group', { name: 'Add a rule' });
    await form.getByLabel('the language is').fill('rust');
    await form.getByLabel('because').fill('our Rust code has subtle lifetimes');
    await form
      .getByText('When the language is rust, then frontier, because our Rust code has subtle lifetimes.')
      .waitFor();
    await form.getByText(/Of your last questions \(\d+\), it matches 0/).waitFor();
    await form.getByRole('button', { name: 'Add rule' }).click();
    await page.locator('[data-rule="my-rust"]').waitFor();
  }),
);

test(
  'the settings page tries the rules on what was asked before, and again when they change; nothing is sent',
  code.inWindow({ used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    await chat.ask('Write a function that groups these orders by customer, with a unit test for empty input.');
    await chat.ended(0);
    const sent = cloud.book.calls.length;
    await window.command('Gearshift: Open Settings');
    const page = await window.webview('#routing');
    const routing = page.locator('#routing');
    await routing.getByRole('textbox', { name: 'Request' }).fill('rename x to count');
    await routing.getByRole('button', { name: 'Try the rules', exact: true }).click();
    await routing.locator('.tried').getByText('by the rule simple').waitFor();
    await routing.getByRole('button', { name: 'Try the rules on my last questions' }).click();
    const row = routing.locator('.past tbody tr').first();
    await row.getByText('groups these orders by customer').waitFor();
    await row.getByText('by the rule default').first().waitFor();
    assert.equal(await row.locator('.tag').count(), 0);
    await routing.getByRole('slider', { name: 'Complexity at which Auto switches to frontier' }).press('Home');
    await row.getByText('another tier').waitFor();
    await row.getByText('by the rule complex').waitFor();
    assert.equal(cloud.book.calls.length, sent);
  }),
);

test(
  'in private mode Auto asks the model on this machine, and another tier says why it sends nothing',
  code.inWindow({ settings: PRIVATE, used: true }, async (window) => {
    const before = cloud.book.entries.length;
    const chat = await ChatPage.open(window);
    await chat.ask('Design a sharding scheme for this multi-region ledger and argue about its consistency.');
    await chat.answer(0).locator('.route', { hasText: 'private mode is on' }).waitFor();
    await chat.chooseTier('mid');
    await chat.ask('And now?');
    await chat.answer(1).locator('.status', { hasText: 'Private mode is on' }).waitFor();
    assert.equal(cloud.book.entries.length, before);
  }),
);

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
  'in doubt a local model rates how hard a question is, and the reason says so with its cost; turned off, no model is asked',
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
