import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** What can be done with turns that were already taken, in real VS Code. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({ settings: settingsFor(models), env: KEY_ENV, files: { 'a.ts': 'let a;\n' } });
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

const contents = (n: number): string[] =>
  (cloud.book.calls[n]?.body as { messages: { content: string }[] }).messages.slice(1).map(({ content }) => content);

test(
  'another tier answers side by side, one answer is chosen; an edited question is a branch; all of it survives a reload',
  code.inWindow(async (window) => {
    cloud.script(['From mid.', 'From frontier.', 'Goes on.', 'Other branch.']);
    const chat = await ChatPage.open(window);
    await chat.ask('first?');
    await (await chat.ended(0)).getByRole('button', { name: 'Escalate this' }).click();
    await (await chat.ended(1)).getByText('From frontier.').waitFor();
    await chat.frame.locator('.side-by-side').waitFor();
    await window.screenshot('chat-compare');
    const [asked, answered, note] = contents(1);
    assert.deepEqual([asked, answered], ['first?', 'From mid.'], 'the same context went to both, with the answer');
    assert.match(note ?? '', /came from a smaller model/);
    await chat.answer(0).getByRole('button', { name: 'Go on from this answer' }).click();
    await chat.answer(0).locator('.compare-chosen').waitFor();
    await chat.ask('second?');
    await chat.frame.locator('article.answer', { hasText: 'Goes on.' }).locator('.ending').waitFor();
    assert.deepEqual(contents(2), ['first?', 'From mid.', 'second?']);
    assert.equal(await chat.frame.locator('.side-by-side').count(), 0);

    const question = chat.frame.locator('article.user').first();
    await question.hover();
    await question.getByRole('button', { name: 'Edit and ask again' }).click();
    await chat.frame.getByRole('textbox', { name: 'Edit the question' }).fill('first, differently?');
    await window.press('Enter');
    await (await chat.ended(0)).getByText('Other branch.').waitFor();
    assert.equal(await chat.frame.locator('article.user').count(), 1);
    await window.reload();
    const again = await ChatPage.open(window);
    await again.frame.getByText('first, differently?').waitFor();
    await again.button('Previous version').first().click();
    await again.frame.getByText('second?').waitFor();
    assert.equal(await again.frame.locator('article.answer').count(), 2);
  }),
);

test(
  'an answer cut at its limit goes on in place; a selection is quoted; the arrow brings questions back',
  code.inWindow(async (window) => {
    cloud.script([{ text: 'The first half, ', finish: 'length' }, 'the second half.']);
    const chat = await ChatPage.open(window);
    await chat.ask('long?');
    await (await chat.ended(0)).getByRole('button', { name: 'Continue' }).click();
    await chat.answer(0).getByText('The first half, the second half.').waitFor();
    await chat.ended(0);
    assert.equal(await chat.frame.locator('article.answer').count(), 1);
    await chat.answer(0).locator('.markdown p').selectText();
    await chat.button('Quote the selection').click();
    await chat.frame.locator('.composer textarea:focus').waitFor();
    assert.equal(await chat.composer().inputValue(), '> The first half, the second half.\n\n');
    await chat.clear();
    await chat.composer().press('ArrowUp');
    assert.equal(await chat.composer().inputValue(), 'long?');
  }),
);
