import { after, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Theme, type Window } from './harness.ts';
import { startOllama } from '../servers/ollama.ts';
import { startOpenAi } from '../servers/openai.ts';
import { fillLedger } from './fillLedger.ts';
import { KEY_ENV, LOCAL_MODEL } from './models.ts';

/** Pictures of every surface in dark, light and high contrast. They are looked at, the README shows some. */

const POOL = `/** Lends out connections, at most \`size\` at a time. */
export class Pool {
  private readonly waiting: (() => void)[] = [];
  private lent = 0;

  constructor(private readonly size: number) {}

  async take(): Promise<void> {
    if (this.lent < this.size) {
      this.lent++;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  give(): void {
    
  }
}
`;

const ANSWER = `\`give()\` never wakes a waiter, so every \`take()\` beyond the limit waits **forever**.

Give the connection to the next waiter, or count it as free:

\`\`\`ts
give(): void {
  const next = this.waiting.shift();
  // The connection changes hands, so the count stays.
  if (next) next();
  else this.lent--;
}
\`\`\`

Two more things worth a test:

1. \`give()\` without a matching \`take()\` must not make \`lent\` negative.
2. Waiters are served in the order they came.
`;

const INLINE_EDIT = `\`\`\`ts
  /** Waits while all are lent out. */
  async take(): Promise<void> {
    if (this.lent < this.size) {
      this.lent += 1;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
\`\`\``;

/** The models of the shipped settings, with answers that take as long as real ones. */
const MID = 'deepseek/deepseek-v4-flash';
const FRONTIER = 'anthropic/claude-opus-5.5';
const PRICES = {
  [MID]: { input: 0.09, output: 0.18, cacheRead: 0.018 },
  [FRONTIER]: { input: 5, output: 25, cacheRead: 0.5 },
} as const;
const ollama = await startOllama({
  models: [LOCAL_MODEL, { name: 'llama3.2:3b', capabilities: ['completion'], family: 'llama' }],
});
const cloud = await startOpenAi({
  apiKey: 'sk-right',
  promptCache: 'read',
  ttftMs: 600,
  tokensPerSecond: 90,
  models: [
    { name: MID, price: PRICES[MID] },
    { name: FRONTIER, price: PRICES[FRONTIER], reasoning: true },
  ],
});
const SETTINGS = {
  'gearshift.providers': {
    ollama: { kind: 'ollama', baseUrl: ollama.url },
    openrouter: { kind: 'openai', baseUrl: cloud.baseUrl, prices: PRICES, apiKeyEnv: 'GEARSHIFT_TEST_KEY' },
  },
  'gearshift.tiers.local': [`ollama/${LOCAL_MODEL}`],
  'gearshift.tiers.mid': [`openrouter/${MID}`],
  'gearshift.tiers.frontier': [`openrouter/${FRONTIER}`],
  'gearshift.chat.tier': 'mid',
};
cloud.script(({ messages }) =>
  JSON.stringify(messages).includes('Pool')
    ? { text: ANSWER, reasoning: 'What calls the waiting resolvers? Nothing does.' }
    : 'A **mutex** lets one thread at a time into a section of code; the others wait until it is released.',
);
ollama.script('const next = this.waiting.shift();\n    if (next) next();\n    else this.lent--;');
const code = await openVSCode({
  consents: [cloud.url],
  settings: SETTINGS,
  env: KEY_ENV,
  files: { 'src/pool.ts': POOL },
});
after(async () => {
  await code.close();
  await Promise.all([ollama.stop(), cloud.stop()]);
});

/** The same servers under another origin, which the user has not agreed to yet. */
const ELSEWHERE = {
  'gearshift.providers': {
    ...SETTINGS['gearshift.providers'],
    elsewhere: {
      kind: 'openai',
      baseUrl: cloud.baseUrl.replace('127.0.0.1', 'localhost'),
      apiKeyEnv: 'GEARSHIFT_TEST_KEY',
    },
  },
  'gearshift.tiers.mid': [`elsewhere/${MID}`],
};
/** By the name in the file of the picture: VS Code's own default themes, and high contrast. */
const THEMES: Readonly<Record<'dark' | 'light' | 'contrast', Theme>> = {
  dark: 'dark2026',
  light: 'light2026',
  contrast: 'contrast',
};
const LOOKS = Object.entries(THEMES);

/** Drags the sidebar to a width of 260 pixels. */
async function makeNarrow(window: Window): Promise<void> {
  const box = await window.page.locator('.part.sidebar').boundingBox();
  if (!box) throw new Error('no side bar');
  await window.page.mouse.move(box.x + box.width, 400);
  await window.page.mouse.down();
  await window.page.mouse.move(box.x + 260, 400, { steps: 5 });
  await window.page.mouse.up();
  await window.page.mouse.move(900, 500);
}

test(
  'completion, chat with an escalation, meter and settings',
  code.inWindow(async (window) => {
    const chat = await ChatPage.open(window);
    await chat.ask('What is a mutex?');
    await chat.ended(0);
    const editor = await window.openFile('pool.ts');
    await window.selectLines(2, 19);
    await window.contextMenu(editor, 'Gearshift', 'Escalate');
    await window.menuItem('Explain');
    await window.page.locator('.quick-input-widget:visible').getByText('Send to claude-opus').waitFor();
    await window.screenshot('escalate-preview');
    await window.press('Enter');
    const escalated = await ChatPage.find(window);
    await escalated.frame.locator('.badge', { hasText: 'escalated' }).waitFor();
    await escalated.ended(0);
    await fillLedger(code, 45);
    for (const [look, theme] of LOOKS) {
      await window.setTheme(theme);
      await window.openFile('pool.ts');
      await window.goTo(1);
      await window.screenshot(`chat-${look}`);
      await window.goTo(17, 999);
      await window.command('Trigger Inline Suggestion');
      await window.ghostText();
      await window.screenshot(`completion-${look}`);
      await window.command('Gearshift: Open Insights');
      // Hidden pages are drawn again when they are shown.
      await (await window.webview('.ledger')).locator('.ledger').waitFor();
      await window.hoverMeter();
      await window.screenshot(`meter-${look}`);
      await window.command('Gearshift: Open Settings');
      const settings = await window.webview('[data-provider]');
      await settings.locator('[data-ollama] .readiness.ready').waitFor();
      await settings.evaluate(() => document.fonts.ready.then(() => undefined));
      await window.screenshot(`settings-${look}`);
      for (const section of ['Completions', 'Privacy']) {
        await settings.getByRole('navigation').getByRole('link', { name: section }).click();
        await settings.locator(`#${section.toLowerCase()}-title:focus`).waitFor();
        await window.screenshot(`settings-${section.toLowerCase()}-${look}`);
      }
    }
    await escalated.frame.locator('.tier-button').click();
    await window.screenshot('tiers');
  }),
);

test(
  'empty, consent, failure, and a sidebar of 260 pixels',
  code.inWindow({ settings: ELSEWHERE, used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    const newChat = async (): Promise<void> => {
      await chat.newThread();
      await chat.frame.locator('.empty').waitFor();
    };
    for (const [look, theme] of LOOKS) {
      await window.setTheme(theme);
      await newChat();
      await window.screenshot(`empty-${look}`);
      await chat.ask('Why does this deadlock?');
      await chat.frame.locator('.consent').waitFor();
      await window.screenshot(`consent-${look}`);
      await chat.button('Not now').click();
      await chat.ended(0);
    }
    await newChat();
    await chat.ask('Why does this deadlock?');
    await chat.button('Allow').click();
    await chat.ended(0);
    await window.setSetting('gearshift.tiers.mid', ['openrouter/nobody']);
    await chat.ask('And this one?');
    await chat.ended(1);
    await makeNarrow(window);
    for (const [look, theme] of LOOKS) {
      await window.setTheme(theme);
      await window.screenshot(`narrow-${look}`);
    }
  }),
);

test(
  'an inline edit in the editor: the box and the changes',
  code.inWindow({ used: true }, async (window) => {
    const editor = await window.openFile('pool.ts');
    const { page } = window;
    for (const [look, theme] of LOOKS) {
      await window.setTheme(theme);
      await window.openFile('pool.ts');
      await window.selectLines(8, 14);
      await window.press('ControlOrMeta+Alt+j');
      await page.locator('.review-widget .monaco-editor.focused').waitFor();
      await window.type('count the waiting ones, and say so');
      await window.screenshot(`inline-box-${look}`);
      cloud.script(INLINE_EDIT);
      await window.press('Enter');
      await page.locator('.codelens-decoration a', { hasText: 'Accept (Alt+Enter)' }).first().waitFor();
      await editor.locator('.view-line', { hasText: 'async take' }).waitFor();
      await page.locator('.review-widget .comment-body', { hasText: 'this.lent += 1' }).waitFor();
      await window.screenshot(`inline-changes-${look}`);
      await window.press('Shift+Alt+Backspace');
      await page.locator('.codelens-decoration a').first().waitFor({ state: 'hidden' });
    }
  }),
);

test(
  'lists, menus and the history of the chat at 260 pixels, and the settings in a narrow editor',
  code.inWindow({ used: true, settings: { 'gearshift.chat.tier': 'auto' } }, async (window) => {
    const chat = await ChatPage.open(window);
    await makeNarrow(window);
    await chat.newThread();
    await window.openFile('pool.ts');
    for (const [look, theme] of LOOKS) {
      await window.setTheme(theme);
      const take = (name: string): Promise<void> => window.screenshot(`narrow-${name}-${look}`);
      await chat.newThread();
      await chat.ask('Why does `Pool` deadlock? Name the line, and write a test that shows it.');
      const answer = await chat.ended(0);
      await take('answer');
      await answer.getByRole('button', { name: 'Why this tier, and the others' }).click();
      await chat.frame.getByRole('menuitem').first().waitFor();
      await take('route');
      await window.press('Escape');
      await chat.frame.locator('.tier-button').click();
      await chat.frame.locator('#tier-mid').waitFor();
      await take('tiers');
      await window.press('Escape');
      for (const [name, key] of [
        ['context', '@'],
        ['prompts', '/'],
        ['recipes', '/bu'],
      ] as const) {
        await chat.composer().click();
        await chat.composer().pressSequentially(key);
        await chat.frame.locator('.suggestions[aria-busy=false] li').first().waitFor();
        await take(name);
        await chat.clear();
      }
      await chat.ask('@codebase Who gives connections back to the pool?');
      await chat.ended(1);
      await chat.frame.locator('article.user .pieces summary').last().click();
      await take('codebase');
      await chat.openHistory();
      await take('history');
      await window.press('Escape');
      await chat.frame.locator('.history').waitFor({ state: 'hidden' });
    }
    await window.page.setViewportSize({ width: 600, height: 800 });
    await window.command('Gearshift: Open Settings');
    const settings = await window.webview('[data-provider]');
    await window.screenshot('narrow-settings');
    for (const section of ['Providers', 'Budgets', 'Prices', 'Routing', 'Data', 'Diagnostics']) {
      await settings.locator(`#${section.toLowerCase()}`).evaluate((element) => element.scrollIntoView());
      await window.page.waitForTimeout(300);
      await window.screenshot(`narrow-settings-${section.toLowerCase()}`);
    }
  }),
);
