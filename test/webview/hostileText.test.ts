import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { AnswerTurnView, ChatState } from '../../src/protocol/chat.ts';
import { HOSTILE, servePage, type HostedPage } from './panelPages.ts';

/** Threats (T) that only a real page can show: what a model says, in the chat page of a real browser. */

const SINK = 'http://127.0.0.1:1';

const TURN: AnswerTurnView = {
  role: 'assistant',
  id: 'a1',
  text: '',
  reasoning: '',
  tier: 'mid',
  route: null,
  before: [],
  escalated: false,
  model: 'm',
  provider: 'p',
  state: 'done',
  tried: [],
  words: '',
  next: 'none',
  canContinue: false,
  footer: null,
};

const stateOf = (turns: ChatState['turns'], busy: string | null = null): ChatState => ({
  thread: { id: 't1', title: 'Links' },
  inView: false,
  turns,
  threads: [],
  tiers: [{ tier: 'mid', model: 'm', price: '', ready: true, state: 'ready', models: [] }],
  tier: 'mid',
  model: null,
  chips: [],
  offers: [],
  contextMeter: null,
  busy,
  consent: null,
  notice: '',
  noticeNext: 'none',
});

const server = await servePage('chat');
after(() => server.close());

async function open(state: ChatState): Promise<HostedPage> {
  const hosted = await server.open({ width: 400, height: 900 });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state });
  return hosted;
}

/** Asserts that no text became an element, ran, was fetched or was stopped by the policy of the page. */
async function isHarmless(hosted: HostedPage, text: string): Promise<void> {
  const { ran, elements } = await hosted.harm();
  assert.equal(ran, false, text);
  assert.deepEqual(
    elements.filter((html) => !/^<a [^>]*title="https?:/.test(html)),
    [],
    text,
  );
  assert.deepEqual(await hosted.violations(), [], text);
}

/** Each way in which HTML, CSS or Markdown load something (T06). */
const LOADS = [
  ...[`![x](${SINK}/?d=1)`, `![x][y]\n\n[y]: ${SINK}/`, `[![x](${SINK}/)](${SINK}/a)`, `<img src="${SINK}/">`],
  ...[
    `<img srcset="${SINK}/ 1x">`,
    `<picture><source srcset="${SINK}/"></picture>`,
    `<video poster="${SINK}/"></video>`,
  ],
  ...[
    `<svg><image href="${SINK}/"/></svg>`,
    `<div style="background:url(${SINK}/)">x</div>`,
    `<style>@import "${SINK}/";</style>`,
  ],
  ...[
    `<link rel="prefetch" href="${SINK}/">`,
    `<link rel="stylesheet" href="${SINK}/">`,
    `<iframe src="${SINK}/"></iframe>`,
  ],
  ...[`<object data="${SINK}/"></object>`, `<embed src="${SINK}/">`, `<input type="image" src="${SINK}/">`],
  ...[`<table background="${SINK}/"><tr><td>x</td></tr></table>`, `<form action="${SINK}/"><button>x</button></form>`],
  ...[
    `<meta http-equiv="refresh" content="0;url=${SINK}/">`,
    `<base href="${SINK}/">`,
    `<audio src="${SINK}/" autoplay></audio>`,
  ],
  ...[`<script src="${SINK}/"></script>`, `<body background="${SINK}/">`, `<track src="${SINK}/">`],
];

test('T06 nothing is requested by an answer that streams in pieces, nor by the same answer in a reloaded page', async () => {
  const text = LOADS.join('\n\n');
  const asked: string[] = [];
  const waiting: AnswerTurnView = { ...TURN, state: 'waiting' };
  const hosted = await open(stateOf([waiting], 'a1'));
  hosted.page.on('request', (request) => asked.push(request.url()));
  for (let at = 0; at < text.length; at += 7)
    await hosted.send({
      kind: 'delta',
      turnId: 'a1',
      text: text.slice(at, at + 7),
      reasoning: '',
      textAt: at,
      reasoningAt: 0,
    });
  await hosted.send({ kind: 'state', state: stateOf([{ ...TURN, text }]) });
  await hosted.page.locator('article').last().waitFor();
  await isHarmless(hosted, 'streamed');
  const reloaded = await open(stateOf([{ ...TURN, text }]));
  reloaded.page.on('request', (request) => asked.push(request.url()));
  await reloaded.page.locator('article').last().waitFor();
  await isHarmless(reloaded, 'reloaded');
  assert.deepEqual(
    asked.filter((url) => url.startsWith(SINK)),
    [],
  );
  assert.deepEqual([...hosted.errors, ...reloaded.errors], []);
});

/** Links that must not be links (T07). */
const LINKS = [
  ...[
    'command:workbench.action.terminal.new',
    'vscode://x/y',
    'vscode-insiders://x',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ],
  ...[
    'JAVASCRIPT:alert(1)',
    'java%0Ascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://a/b',
    'about:blank',
  ],
  ...[
    'mailto:a@b.c',
    'ssh://a',
    'ftp://a/b',
    'chrome://settings',
    '//evil.example',
    '/etc/passwd',
    '../up',
    '#here',
    'https:',
  ],
  ...[
    'https://me:pw@evil.example',
    'https://good.example@evil.example',
    'view-source:https://a.example',
    'tel:1',
    'ws://a.example',
  ],
  ...['intent://x', 'ms-word:x', 'x-apple:y'],
];

test('T07 of thirty links in one answer two can be clicked, and their targets are seen', async () => {
  assert.equal(LINKS.length, 28);
  const good = ['https://example.com/docs', 'http://example.org/'];
  const text = [...LINKS, ...good].map((href, i) => `- [link ${i}](${href})`).join('\n');
  const hosted = await open(stateOf([{ ...TURN, text }]));
  await hosted.page.locator('article').last().waitFor();
  // A link of an answer has no address of its own: the host opens it, after VS Code's own question.
  const links = hosted.page.locator('article a');
  const shown = await links.evaluateAll((all) =>
    all.map((link) => [link.getAttribute('title'), link.getAttribute('href')]),
  );
  assert.deepEqual(
    shown,
    good.map((href) => [href, null]),
  );
  await isHarmless(hosted, 'links');
});

const TAGS = ['img', 'svg', 'iframe', 'video', 'audio', 'body', 'input', 'details', 'marquee', 'object', 'embed', 'math', 'a', 'form', 'isindex', 'style', 'template', 'textarea', 'title', 'xmp']; // prettier-ignore
const EVENTS = [
  'onerror',
  'onload',
  'onclick',
  'onfocus autofocus',
  'ontoggle open',
  'onmouseover',
  'onstart',
  'onanimationstart',
];

test('T09 more than two hundred scripts in answers, questions, names and reasons: none runs', async () => {
  const payloads = [
    ...HOSTILE,
    ...TAGS.flatMap((tag) => EVENTS.map((event) => `<${tag} src=x ${event}="window.pwned=1">`)),
    ...TAGS.map((tag) => `</${tag}><script>window.pwned=1</script>`),
    ...[
      'javascript:window.pwned=1',
      'java\tscript:window.pwned=1',
      'data:text/html,<script>parent.pwned=1</script>',
    ].flatMap((href) => [`[x](${href})`, `<a href="${href}">x</a>`, `<iframe src="${href}">`, `[x]: ${href}\n\n[x]`]),
    ...[
      '{{7*7}}',
      '${window.pwned=1}',
      '<%= window.pwned=1 %>',
      '`${window.pwned=1}`',
      '<!--><script>window.pwned=1</script>-->',
    ],
  ];
  assert.ok(payloads.length >= 200, `${payloads.length}`);
  const hosted = await open(stateOf([]));
  // Many to a page: what runs is seen anyway.
  for (let at = 0; at < payloads.length; at += 20) {
    const some = payloads.slice(at, at + 20);
    const turns = some.flatMap((text, i): ChatState['turns'] => [
      { role: 'user', id: `q${i}`, text, chips: [{ id: `c${i}`, label: text, tokens: 1, detail: text }] },
      {
        ...TURN,
        id: `a${i}`,
        text: `${text}\n\n\`\`\`html\n${text}\n\`\`\``,
        reasoning: text,
        model: text,
        words: text,
      },
    ]);
    const state = stateOf(turns);
    await hosted.send({
      kind: 'state',
      state: { ...state, notice: some.join(' '), thread: { id: 't1', title: some[0] ?? '' } },
    });
    await hosted.page.locator('article').last().waitFor();
    await isHarmless(hosted, some.join('\n'));
  }
  assert.deepEqual(hosted.errors, []);
});
