import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { ChatFromPage, type UserTurnView } from '../../src/protocol/chat.ts';
import { ANSWER, STATE, failed, waiting, open, posted, COMPARED, BLIND, VOTED, PROBLEMS, withCard } from './chatRig.ts';

test('a failed answer has one button to ask again, whichever step it offers', async () => {
  for (const next of ['retry', 'start-ollama', 'settings'] as const) {
    const hosted = await open({ ...STATE, turns: [{ ...failed, words: 'It failed.', next }] });
    assert.equal(await hosted.page.getByRole('button', { name: 'Retry', exact: true }).count(), 1, next);
  }
});

test('an answer that a budget refused is asked of the cheaper tier with one click', async () => {
  const refused = { ...failed, words: 'Budget $0.30 a day for frontier: …', next: 'settings', useTier: 'mid' } as const;
  const hosted = await open({ ...STATE, turns: [refused] });
  await hosted.page.getByRole('button', { name: 'Use mid' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'reroute', turnId: 'a2', tier: 'mid' }]);
});

test('while no local model answers questions, no button offers the local tier, and the empty chat says how to set one', async () => {
  const tiers = STATE.tiers.map((tier) => (tier.tier === 'local' ? { ...tier, answers: false } : tier));
  const hosted = await open({ ...STATE, tiers });
  await hosted.page.locator('.tier-button').click();
  assert.deepEqual(await hosted.page.locator('.tier-list .tier-name').allInnerTexts(), ['Auto', 'mid', 'frontier']);
  await hosted.page.keyboard.press('Escape');
  await hosted.page.getByRole('button', { name: 'Ask another tier' }).first().click();
  assert.equal(await hosted.page.getByRole('menuitem', { name: /^local/ }).count(), 0);
  await hosted.send({ kind: 'state', state: { ...STATE, tiers, turns: [] } });
  await hosted.page.getByRole('button', { name: 'Choose a local model' }).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'nextStep', next: 'choose-local' }]);
});

test('the tools of an answer name it, never its text', async () => {
  const hosted = await open();
  await hosted.page.locator('.code-block').hover();
  await hosted.page.getByRole('button', { name: 'Copy code' }).click();
  await hosted.page.getByRole('button', { name: 'Insert at cursor' }).click();
  await hosted.page.getByRole('button', { name: 'More for this code' }).click();
  await hosted.page.getByRole('menuitem', { name: 'Open as a new file' }).click();
  await hosted.page.getByRole('button', { name: 'Retry' }).click();
  await hosted.page.getByText('docs').click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'useCode', use: 'copy', turnId: 'a1', block: 0 },
    { kind: 'useCode', use: 'insert', turnId: 'a1', block: 0 },
    { kind: 'useCode', use: 'newFile', turnId: 'a1', block: 0 },
    { kind: 'retry', turnId: 'a1' },
    { kind: 'openLink', href: 'https://example.com/' },
  ]);
});

test('tokens are added to the answer in progress, and an unclosed fence is code already', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  await hosted.send({
    kind: 'delta',
    turnId: 'a3',
    text: 'Here:\n\n```py\nde',
    reasoning: '',
    textAt: 0,
    reasoningAt: 0,
  });
  await hosted.send({ kind: 'delta', turnId: 'a3', text: 'def f():', reasoning: '', textAt: 13, reasoningAt: 0 });
  await hosted.page.locator('article').last().locator('pre', { hasText: 'def f():' }).waitFor();
});

test('two blind answers are voted on by key; the focus then is on what was said', async () => {
  const hosted = await open(BLIND, 260);
  const bar = hosted.page.getByRole('region', { name: 'Which answer is better?' });
  await bar.getByRole('button', { name: 'A is better' }).focus();
  for (const vote of ['a', 'b', 'same', 'neither', 'none'] as const) {
    await hosted.page.keyboard.press('Enter');
    assert.deepEqual(await posted(hosted), [{ kind: 'vote', turnId: 'a1', vote }]);
    await hosted.page.keyboard.press('Tab');
  }
  for (const name of ['Retry', 'Ask another tier', 'Escalate this', 'Keep as a test'])
    assert.equal(await hosted.page.getByRole('button', { name }).count(), 0, `${name} depends on the model`);
  await hosted.send({ kind: 'state', state: VOTED });
  await hosted.page.locator('.vote-told:focus', { hasText: 'B is better' }).waitFor();
  await hosted.page.getByRole('heading', { name: /Answer B/ }).waitFor();
  assert.equal(await bar.count(), 0);
});

test('turns by keyboard: edit, versions, another tier, escalate, continue, choose one of two', async () => {
  const versions = { at: 2, of: 3, previous: 'q0', next: 'q2' };
  const cut = { ...ANSWER, tier: 'mid', canContinue: true, words: 'The answer was cut at the length limit.' } as const;
  const hosted = await open({ ...STATE, turns: [{ ...(STATE.turns[0] as UserTurnView), versions }, cut] });
  const press = async (name: string): Promise<void> => {
    await hosted.page.getByRole('button', { name, exact: true }).focus();
    await hosted.page.keyboard.press('Enter');
  };
  await press('Previous version');
  await press('Next version');
  await press('Continue');
  await press('Escalate this');
  await press('Ask another tier');
  await hosted.page.locator('.menu:focus').waitFor();
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.press('ArrowDown');
  await hosted.page.keyboard.press('Enter');
  assert.equal(await hosted.page.locator('.menu').count(), 0);
  assert.deepEqual(await posted(hosted), [
    { kind: 'useTurn', turnId: 'q0' },
    { kind: 'useTurn', turnId: 'q2' },
    { kind: 'continueAnswer', turnId: 'a1' },
    { kind: 'escalateTurn', turnId: 'a1' },
    { kind: 'retry', turnId: 'a1', tier: 'frontier' },
  ]);
  await press('Edit and ask again');
  await hosted.page.getByRole('textbox', { name: 'Edit the question' }).waitFor();
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.keyboard.type(' Really?');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [
    { kind: 'edit', turnId: 'q1', text: 'Why does this deadlock? Really?', tier: 'mid' },
  ]);
  await hosted.send({ kind: 'state', state: COMPARED });
  await press('Continue from this answer');
  assert.deepEqual(await posted(hosted), [{ kind: 'useTurn', turnId: 'a1' }]);
});

test("by keyboard an answer continues in VS Code's agents, and what they cost is below it", async () => {
  const agentCost = 'Gearshift Build: $0.02 for 3 requests';
  const hosted = await open({ ...STATE, turns: [STATE.turns[0] as UserTurnView, { ...ANSWER, agentCost }] });
  for (const downs of [0, 1]) {
    await hosted.page.getByRole('button', { name: "Continue in VS Code's agents", exact: true }).focus();
    await hosted.page.keyboard.press('Enter');
    await hosted.page.locator('.menu:focus').waitFor();
    if (downs === 0) assert.deepEqual(await hosted.axe(), []);
    for (let n = 0; n < downs; n++) await hosted.page.keyboard.press('ArrowDown');
    await hosted.page.keyboard.press('Enter');
  }
  assert.deepEqual(await posted(hosted), [
    { kind: 'toAgent', turnId: 'a1', use: 'build' },
    { kind: 'toAgent', turnId: 'a1', use: 'escalate' },
  ]);
  await hosted.page.getByText(agentCost).waitFor();
});

test('while an answer is in progress its neighbors cannot be asked again', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  for (const name of ['Retry', 'Ask another tier', 'Edit and ask again'])
    await hosted.page.getByRole('button', { name, exact: true }).first().click({ force: true });
  assert.deepEqual(await posted(hosted), []);
});

test('files that are there become links to file and line; what is not there stays as it was written', async () => {
  const text = 'See `src/pool.ts:40`, `src/gone.ts`, [the lid](src/lid.ts#L3) and [evil](command:x).';
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, text }] });
  assert.equal(await hosted.page.locator('.file-link').count(), 0);
  await hosted.send({ kind: 'files', paths: ['src/pool.ts', 'src/lid.ts'] });
  assert.deepEqual(await hosted.page.locator('.file-link').allInnerTexts(), ['src/pool.ts:40', 'the lid']);
  assert.deepEqual(await hosted.axe(), []);
  await hosted.page.locator('.file-link').first().click();
  await hosted.page.locator('.file-link').last().focus();
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [
    { kind: 'openFile', turnId: 'a1', path: 'src/pool.ts', line: 40 },
    { kind: 'openFile', turnId: 'a1', path: 'src/lid.ts', line: 3 },
  ]);
});

test('turns that the page already has are sent as names; they are not drawn again, and an overlapping piece adds nothing twice', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  await hosted.page.evaluate(() => document.querySelector('.answer')?.setAttribute('data-mark', '1'));
  await hosted.send({ kind: 'delta', turnId: 'a3', text: 'Hello ', reasoning: '', textAt: 0, reasoningAt: 0 });
  await hosted.send({
    kind: 'state',
    state: { ...STATE, busy: 'a3', turns: ['q1', 'a1', { ...waiting, state: 'streaming', text: 'Hello wor' }] },
  });
  await hosted.send({ kind: 'delta', turnId: 'a3', text: 'world', reasoning: '', textAt: 6, reasoningAt: 0 });
  assert.equal(await hosted.page.locator('.answer').count(), 2);
  assert.equal(await hosted.page.locator('.answer[data-mark]').count(), 1);
  assert.equal(await hosted.page.locator('.answer').last().locator('.markdown').innerText(), 'Hello world');
});

test('F49 however many tokens come, the page draws at most 30 times a second, the first at once, and loses none', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  const { draws, after, seconds, firstMs, sent } = await hosted.page.evaluate(async () => {
    const post = (text: string, textAt: number): void =>
      window.postMessage({ kind: 'delta', turnId: 'a3', text, reasoning: '', textAt, reasoningAt: 0 }, '*');
    const frames = new Set<number>();
    let frame = 0;
    let first = 0;
    let isOver = false;
    const next = (at: number): void => {
      frame = at;
      if (!isOver) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    const start = performance.now();
    const observer = new MutationObserver(() => {
      if (frames.size === 0) first = performance.now() - start;
      frames.add(frame);
    });
    const answers = document.querySelectorAll('.answer');
    observer.observe(answers[answers.length - 1] as Element, { childList: true, characterData: true, subtree: true });
    let at = 0;
    for (; performance.now() - start < 2_000;) {
      post(at % 240 === 236 ? 'to\n\n' : 'tok ', at);
      at += 4;
      await new Promise((done) => setTimeout(done));
    }
    const span = (performance.now() - start) / 1_000;
    const during = frames.size;
    for (let n = 0; n < 5_000; n++) {
      post('tok ', at);
      at += 4;
    }
    const flooded = frames.size;
    await new Promise((done) => setTimeout(done, 1_000));
    const after = frames.size - flooded;
    observer.disconnect();
    isOver = true;
    return { draws: during, after, seconds: span, firstMs: first, sent: at };
  });
  assert.ok(draws <= 30 * seconds + 1, `${draws} draws in ${seconds.toFixed(2)} s`);
  assert.ok(after <= 31, `${after} draws in the second after 5,000 tokens at once`);
  assert.ok(draws >= 4, `${draws} draws in ${seconds.toFixed(2)} s`);
  assert.ok(firstMs < 250, `the first after ${firstMs.toFixed(0)} ms`);
  const shown = await hosted.page.locator('.answer').last().locator('.markdown').textContent();
  assert.equal(shown?.match(/to/g)?.length, sent / 4);
});

test('an escalation shows what the user did, with its prompt folded', async () => {
  const asked: UserTurnView = {
    role: 'user',
    id: 'q',
    text: 'Review',
    chips: [],
    prompt: { label: 'Prompt', text: 'Bugs first.' },
  };
  const hosted = await open({ ...STATE, turns: [asked, ANSWER] });
  await hosted.page.getByText('Review', { exact: true }).waitFor();
  assert.ok(!(await hosted.page.getByText('Bugs first.').isVisible()));
  await hosted.page.getByText('Prompt', { exact: true }).click();
  await hosted.page.getByText('Bugs first.').waitFor();
});

test('an answer whose files can be restored says so, and posts the request', async () => {
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, canRestore: true }] });
  await posted(hosted);
  await hosted.page.getByRole('button', { name: 'Restore to before this answer' }).focus();
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'restoreBefore', turnId: 'a1' }]);
});

test('the card of what was applied: problems, undo, fix, dismiss; read aloud when it changes', async () => {
  const hosted = await open(withCard({ ...PROBLEMS, state: 'checking', problems: [], canFix: false }));
  const card = hosted.page.getByRole('region', { name: 'Applied change' });
  assert.equal(await card.getByRole('button', { name: 'Fix' }).count(), 0);
  await hosted.send({ kind: 'turn', turn: { ...ANSWER, applied: PROBLEMS } });
  assert.deepEqual(await card.getByRole('listitem').allInnerTexts(), PROBLEMS.problems);
  await hosted.page.waitForFunction(
    (words) => [...document.querySelectorAll('[aria-live]')].some((live) => live.textContent.includes(words)),
    PROBLEMS.problems[1] ?? '',
  );
  await posted(hosted);
  for (const name of ['Undo', 'Fix', 'Dismiss']) {
    await card.getByRole('button', { name }).focus();
    await hosted.page.keyboard.press('Enter');
  }
  assert.deepEqual(
    await posted(hosted),
    ['undo', 'fix', 'dismiss'].map((what) => ({ kind: 'applied', turnId: 'a1', do: what })),
  );
  await hosted.send({ kind: 'turn', turn: ANSWER });
  assert.equal(await card.count(), 0);
  assert.equal(parsePageMessage(ChatFromPage, { kind: 'applied', turnId: 'a1', do: 'delete' }), undefined);
});

test('the route is one line; its menu says why, asks another tier, and makes a rule, all by keyboard', async () => {
  const hosted = await open();
  const top = hosted.page.locator('.answer-top');
  assert.match((await top.innerText()).replaceAll('\n', ' '), /frontier instead of mid · your choice/);
  assert.ok(((await top.boundingBox())?.height ?? 99) < 30, 'one line');
  await hosted.page.getByRole('button', { name: 'Why this tier, and the others' }).focus();
  await hosted.page.keyboard.press('Enter');
  const menu = hosted.page.getByRole('menu', { name: 'Why this tier, and the others' });
  assert.deepEqual(
    (await menu.getByRole('menuitem').allInnerTexts()).map((text) => text.replace(/\s*\n+\s*/g, ' | ').trim()),
    [
      'You chose frontier; Auto had chosen mid: its complexity is 3 of 5 | Complexity 3.0 of 5 · about $0.031',
      'Ask local instead | free · ollama/qwen2.5-coder:7b',
      'Ask mid instead | about $0.0012 · openrouter/deepseek-v4-flash',
      'Always do this for similar questions | Adds a rule',
    ],
  );
  await posted(hosted);
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'reroute', turnId: 'a1', tier: 'local' }]);
  await hosted.page.keyboard.press('Enter');
  await hosted.page.locator('.menu:focus').waitFor();
  await hosted.page.keyboard.press('End');
  await hosted.page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'rememberRoute', turnId: 'a1' }]);
});

test('a code block names its file and shows Apply at all times; a shell block is run instead', async () => {
  const text = '```ts src/pool.ts\nlet a = 1;\n```\n\n```py\n# leaves.py\nx = 1\n```\n\n```sh\nnpm test\n```\n';
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, text }] });
  assert.deepEqual(await hosted.page.locator('.code-language').allInnerTexts(), ['src/pool.ts', 'leaves.py', 'sh']);
  const apply = hosted.page.getByRole('button', { name: 'Apply as a change' });
  assert.equal(await apply.count(), 2);
  assert.equal(await apply.first().evaluate((node) => getComputedStyle(node).opacity), '1');
  await hosted.send({ kind: 'files', paths: ['src/pool.ts'] });
  await hosted.page.getByRole('button', { name: 'src/pool.ts' }).first().click();
  await hosted.page.getByRole('button', { name: 'Run in terminal' }).click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'openFile', turnId: 'a1', path: 'src/pool.ts' },
    { kind: 'useCode', use: 'terminal', turnId: 'a1', block: 2 },
  ]);
});
