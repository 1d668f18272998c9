import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** What can be done with turns that were already taken, in real VS Code. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'a.ts': 'let a;\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

const RICH = [
  '| name | line |\n|---|---:|\n| a | 1 |',
  '1. first\n   - inner\n2. second',
  'It grows as $x^2 + y_i$.',
  '<img src="http://127.0.0.1:1/x.png" onerror="document.title=1"><b>bold?</b>',
].join('\n\n');

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
    await chat.answer(0).getByRole('button', { name: 'Continue from this answer' }).click();
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
  'an answer cut at its limit continues in place; a selection is quoted; the arrow brings questions back',
  code.inWindow({ used: true }, async (window) => {
    cloud.script([{ text: 'The first half, ', finish: 'length' }, 'the second half.']);
    const chat = await ChatPage.open(window);
    await chat.ask('long?');
    await (await chat.ended(0)).getByRole('button', { name: 'Continue', exact: true }).click();
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

test(
  'a thread opens at its end; a user who scrolls up stays there while an answer grows, and goes back with a click',
  code.inWindow({ used: true }, async (window) => {
    const block = `\`\`\`ts\n${'const line = 1;\n'.repeat(20)}\`\`\``;
    cloud.script(
      ({ messages }) =>
        `Long, ${String(messages?.at(-1)?.content)}\n\n${block}\n\n${'Words. '.repeat(100)}\n\n${block}\n\nThe end.`,
    );
    const chat = await ChatPage.open(window);
    const log = chat.frame.locator('.log');
    const toEnd = chat.button('Jump to latest');
    const below = (): Promise<number> => log.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight);
    for (const [n, question] of ['one?', 'two?', 'three?', 'four?'].entries()) {
      await chat.ask(question);
      await chat.ended(n);
      assert.ok((await below()) <= 2, `${await below()} px below after answer ${n}`);
    }
    await chat.newThread();
    await chat.frame.locator('.empty').waitFor();
    await chat.openHistory();
    await chat.frame.locator('.history [data-row]', { hasText: 'one?' }).click();
    await chat.answer(3).locator('.ending').waitFor();
    // Sizes that are only guessed until they are seen must not leave it half-way.
    for (let look = 0; look < 10; look++, await window.page.waitForTimeout(50))
      assert.ok((await below()) <= 2, `${await below()} px below after opening`);
    assert.equal(await toEnd.count(), 0);

    cloud.settings.tokensPerSecond = 60;
    await chat.ask('five?');
    await chat.answer(4).getByText('Long, five').waitFor();
    await log.focus();
    await window.press('Home');
    await toEnd.waitFor();
    await chat.ended(4);
    assert.equal(await log.evaluate((it) => it.scrollTop), 0);
    await toEnd.click();
    await toEnd.waitFor({ state: 'hidden' });
    assert.ok((await below()) <= 2, `${await below()} px below after the click`);
    cloud.settings.tokensPerSecond = Infinity;
  }),
);

test(
  'parts of an answer: which model answered instead of which, reasoning, links to files, code as a new file and compared',
  code.inWindow({ used: true, settings: { 'gearshift.tiers.mid': ['cloud/gone', 'cloud/mid'] } }, async (window) => {
    const block = '```ts\nlet b = 2;\n```';
    cloud.script({
      reasoning: 'First of all, which file?',
      text: `The name stands in \`a.ts:1\`.\n\n${block}\n\n${RICH}`,
    });
    await window.openFile('a.ts');
    let chat = await ChatPage.open(window);

    // A megabyte becomes context at once, and is not in the field.
    await window.page.evaluate((text) => navigator.clipboard.writeText(text), 'const a = 1;\n'.repeat(80_000));
    await chat.composer().click();
    await window.press('ControlOrMeta+v');
    const pasted = chat.frame.locator('.composer .chip');
    await pasted.waitFor();
    assert.equal(await chat.composer().inputValue(), '');
    await pasted.getByRole('button', { name: /^Remove/ }).click();
    await pasted.waitFor({ state: 'hidden' });

    await chat.composer().pressSequentially('What is');
    await chat.composer().press('Shift+Enter');
    await chat.composer().pressSequentially('its name?');
    assert.equal(await chat.composer().inputValue(), 'What is\nits name?');
    assert.equal(cloud.book.calls.length, 0);
    await chat.composer().press('Enter');
    // No one knows what the second model costs: that is asked about where the question was asked, seen from elsewhere too.
    const card = (): Locator => chat.frame.locator('.consent', { hasText: 'gone did not answer' });
    await card().waitFor();
    await chat.frame.locator('.status', { hasText: 'Waiting for your answer.' }).waitFor();
    await window.screenshot('chat-step-up');
    await window.press('ControlOrMeta+Shift+e');
    const waits = window.page.locator('.activitybar .action-item', { has: window.page.locator('.badge-content') });
    await waits.filter({ has: window.page.locator('[aria-label^="Gearshift"]') }).waitFor();
    chat = await ChatPage.open(window);
    await card().getByRole('button', { name: 'Use mid' }).click();
    const answer = await chat.ended(0);
    await card().waitFor({ state: 'hidden' });
    assert.match(JSON.stringify(cloud.book.calls.at(-1)?.body), /What is\\nits name\?/);

    const badge = answer.locator('.badge', { hasText: 'fallback' });
    assert.match((await badge.getAttribute('title')) ?? '', /gone/);
    await answer.locator('.model', { hasText: 'mid' }).waitFor();
    assert.match(await answer.locator('.small-print .fallback').innerText(), /gone/);

    assert.equal(await answer.getByText('First of all').count(), 0);
    await answer.locator('.reasoning summary').click();
    await answer.getByText('First of all, which file?').waitFor();

    assert.deepEqual(await answer.locator('table th, table td').allInnerTexts(), ['name', 'line', 'a', '1']);
    assert.equal(await answer.locator('ol > li').count(), 2);
    await answer.locator('ol li ul li', { hasText: 'inner' }).waitFor();
    await answer.getByText('It grows as $x^2 + y_i$.').waitFor();
    await answer.getByText('<b>bold?</b>').waitFor();
    assert.equal(await answer.locator('img, b').count(), 0, 'no HTML of the model');

    await answer.locator('.code-block').hover();
    await answer.getByRole('button', { name: 'More for this code' }).click();
    await chat.frame.getByRole('menuitem', { name: 'Compare with the editor' }).click();
    await window.page.locator('.monaco-diff-editor .view-line', { hasText: 'let b = 2;' }).waitFor();
    await answer.locator('.code-block').hover();
    await answer.getByRole('button', { name: 'More for this code' }).click();
    await chat.frame.getByRole('menuitem', { name: 'Open as a new file' }).click();
    await window.page.locator('.tab.active', { hasText: 'Untitled-1' }).waitFor();
    await window.page.locator('.editor-instance .view-line', { hasText: 'let b = 2;' }).last().waitFor();

    await answer.locator('.file-link', { hasText: 'a.ts:1' }).click();
    await window.page.locator('.tab.active', { hasText: 'a.ts' }).waitFor();
    assert.equal(code.onDisk('a.ts'), 'let a;\n', 'nothing was changed');
  }),
);
