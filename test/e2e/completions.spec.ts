import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { OutcomeKind, OutcomeRow } from '../../src/core/ledger/outcomes.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { closedPort } from '../servers/ports.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, LOCAL_MODEL, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { ollama } = models;
const deadPort = await closedPort();
const SUMS = ['sum', 'along', 'overtaken', 'off', 'missing', 'other', 'keys', 'cursors', 'looked', 'outcomes'].map(
  (name) => `${name}.ts`,
);
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  // VS Code has no key of its own for accepting a line, and the palette would hide the suggestion.
  keys: { 'ctrl+alt+l': 'editor.action.inlineSuggest.acceptNextLine' },
  files: {
    // One for each test: in a file that a test before has seen, its suggestions are remembered.
    ...Object.fromEntries(SUMS.map((name) => [name, 'export function add(a: number, b: number) {\n  \n}\n'])),
    'notes.md': '# Notes\n\n',
    'windows.ts': 'export function add(a: number, b: number) {\r\n  \r\n}\r\n',
    'tabs.go': 'package a\n\nfunc add(a, b int) int {\n\t\n}\n',
    'made/code.ts': 'export const made = \n',
    'cells.ipynb': JSON.stringify({
      cells: ['import math\n', 'area = '].map((source) => ({
        cell_type: 'code',
        source: [source],
        metadata: {},
        outputs: [],
        execution_count: null,
      })),
      metadata: { language_info: { name: 'python' } },
      nbformat: 4,
      nbformat_minor: 5,
    }),
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(async () => {
  // What the test before asked for may still be under way.
  await ollama.book.quiet(500);
  ollama.reset();
});

test(
  'a request that is overtaken by typing is closed at the server',
  code.inWindow(async (window) => {
    ollama.always('headers:4000');
    await window.openFile('overtaken.ts');
    await window.goTo(2, 999);
    await window.type('return ');
    await ollama.book.waitFor((book) => book.calls.some(({ body }) => (body as { prompt?: string }).prompt), 10_000);
    ollama.always('ok');
    await window.press('Home');
    await window.type('x');
    await ollama.book.waitFor(
      (book) => book.calls.some(({ closedBy, body }) => closedBy === 'client' && (body as { prompt?: string }).prompt),
      3_000,
    );
  }),
);

test(
  'ghost text appears while typing, and Tab inserts exactly it',
  code.inWindow({ used: true }, async (window) => {
    ollama.script(({ prompt }) => (prompt.includes('return a') ? '' : 'a + b;'));
    await window.openFile('sum.ts');
    await window.goTo(2, 999);
    await window.type('return ');
    assert.equal(await window.ghostText(), 'a + b;');
    await window.acceptGhostText();
    await window.noGhostText();
    assert.equal(
      await window.editorText('sum.ts'),
      'export function add(a: number, b: number) {\n  return a + b;\n}\n',
    );
    // Others may have gone out at pauses in typing, and after the Tab.
    const bodies = ollama.book.calls.map(({ body }) => body as { prompt: string; raw: boolean });
    const body = bodies.find(({ prompt }) =>
      /^<\|fim_prefix\|>.*return <\|fim_suffix\|>\n}\n<\|fim_middle\|>$/s.test(prompt),
    );
    assert.equal(body?.raw, true, JSON.stringify(bodies.map(({ prompt }) => prompt)));
  }),
);

test(
  'typing along keeps the ghost text without another request; word and line can be accepted by themselves',
  code.inWindow({ used: true }, async (window) => {
    ollama.script('const sum = a + b;\n  return sum;');
    await window.openFile('along.ts');
    await window.goTo(2, 999);
    await window.command('Trigger Inline Suggestion');
    assert.equal(await window.ghostText(), 'const sum = a + b;\n  return sum;');
    const before = questions();
    await window.type('con');
    assert.equal((await window.ghostText()).split('\n')[0], 'st sum = a + b;');
    await window.press('ControlOrMeta+ArrowRight');
    await ghostTextBecomes(window, ' sum = a + b;\n  return sum;');
    assert.equal(questions(), before, 'answered from what was offered');
    await window.press('Control+Alt+l');
    await ghostTextBecomes(window, '  return sum;');
    assert.equal(questions(), before);
  }),
);

test(
  'what becomes of suggestions is on the ledger: accepted, in part, typed through, rejected; and there when it is saved',
  code.inWindow({ used: true }, async (window) => {
    const since = Date.now();
    const outcomes = async (): Promise<readonly OutcomeRow[]> => {
      const dir = path.join(code.globalStorageDir, 'ledger');
      const { store } = await openLedger({ dir, windowId: 'spec', clock: Date.now, log: () => undefined });
      const rows = await store.outcomes({ since });
      await store.close();
      return rows;
    };
    const becomes = async (kind: OutcomeKind, characters: number): Promise<void> => {
      let rows: readonly OutcomeRow[] = [];
      for (let n = 0; n < 60; n++) {
        rows = await outcomes();
        if (rows.some((row) => row.kind === kind && row.characters === characters)) return;
        await window.page.waitForTimeout(100);
      }
      assert.fail(`no ${kind} of ${characters}: ${rows.map((row) => `${row.kind} ${row.characters}`).join(', ')}`);
    };
    const suggest = async (text: string): Promise<void> => {
      ollama.script(text);
      await window.press('ControlOrMeta+End');
      await window.type('\n');
      await window.command('Trigger Inline Suggestion');
      await ghostTextBecomes(window, text);
      // So long that it can be seen.
      await window.page.waitForTimeout(200);
    };
    await window.openFile('outcomes.ts');
    await suggest('accepted();');
    await window.acceptGhostText();
    await becomes('accepted', 11);
    await window.press('ControlOrMeta+s');
    await becomes('there-saved', 11);
    await suggest('const part = wanted;');
    await window.press('ControlOrMeta+ArrowRight');
    await ghostTextBecomes(window, ' part = wanted;');
    await window.press('Home');
    await becomes('accepted-part', 5);
    await suggest('through');
    await window.type('through');
    await becomes('typed-through', 7);
    await suggest('refused();');
    await window.type('xyz');
    await becomes('rejected', 10);
    const rows = await outcomes();
    assert.deepEqual(
      [...new Set(rows.map((row) => `${row.tier} ${row.task} ${row.model} ${row.language}`))],
      [`local completion ${LOCAL_MODEL} typescript`],
    );
    assert.ok(rows.some(({ kind, kept }) => kind === 'there-saved' && kept === 11));
  }),
);

test(
  'turning completions off takes effect at once, and "explain" says so',
  code.inWindow({ used: true }, async (window) => {
    ollama.script('a + b;');
    await window.openFile('off.ts');
    await window.goTo(2, 999);
    await window.command('Gearshift: Toggle Inline Completions');
    await window.statusBarItem().locator('.codicon-circle-slash').waitFor();
    await window.command('Gearshift: Explain Missing Completion');
    await window.notification(/Completions are (turned |switched )?off/i).waitFor();
    const before = questions();
    await window.type('x');
    await window.page.waitForTimeout(500);
    assert.equal(questions(), before);
    await window.press('Backspace');
    await window.command('Gearshift: Toggle Inline Completions');
    await window.statusBarItem().locator('.codicon-circle-slash').waitFor({ state: 'hidden' });
    await window.goTo(2, 999);
    await window.type('return ');
    assert.equal(await window.ghostText(), 'a + b;');
  }),
);

test(
  'a missing model and a server that is gone are named in the meter, with the next step',
  code.inWindow({ settings: { 'gearshift.tiers.local': ['ollama/not-here:7b'] }, used: true }, async (window) => {
    await window.openFile('missing.ts');
    await window.goTo(2, 999);
    await window.type('return ');
    await assertHover(window, /not found/i);
    await window.command('Gearshift: Explain Missing Completion');
    await window.notification(/has no model not-here:7b.*ollama pull not-here:7b/i).waitFor();
    await window.setSettings({
      ...code.settings,
      'gearshift.tiers.local': [`gone/${LOCAL_MODEL}`],
      'gearshift.providers': { gone: { kind: 'ollama', baseUrl: `http://127.0.0.1:${deadPort}` } },
    });
    await window.goTo(2, 999);
    await window.type('a');
    await assertHover(window, new RegExp(`no server at 127\\.0\\.0\\.1:${deadPort}`));
  }),
);

test(
  'a model that cannot infill says so instead of writing nonsense',
  code.inWindow({ settings: { 'gearshift.tiers.local': ['ollama/llama3.2:3b'] }, used: true }, async (window) => {
    await window.openFile('other.ts');
    const before = questions();
    await window.goTo(2, 999);
    await window.type('return ');
    await assertHover(window, /can't fill in the middle/i);
    assert.equal(questions(), before);
  }),
);

test(
  'a key cycles through other suggestions, and the chosen one is inserted',
  code.inWindow({ used: true }, async (window) => {
    const byTemperature = new Map([
      [0, 'a + b;'],
      [0.6, 'b + a;'],
      [0.9, 'add(b, a);'],
    ]);
    ollama.script(({ body }) => byTemperature.get((body['options'] as { temperature: number }).temperature));
    await window.openFile('keys.ts');
    await window.goTo(2, 999);
    await window.type('return ');
    assert.equal(await window.ghostText(), 'a + b;');
    const before = questions();
    await window.press('Alt+]');
    await ghostTextBecomes(window, 'b + a;');
    assert.equal(questions(), before + 2);
    await window.press('Alt+]');
    await ghostTextBecomes(window, 'add(b, a);');
    assert.equal(questions(), before + 2, 'they are asked for once');
    await window.acceptGhostText();
    await window.noGhostText();
    assert.match(await window.editorText('keys.ts'), /return add\(b, a\);/);
  }),
);

test(
  'I07 I12 I49 line ends and tabs of a file are kept, and undo takes a suggestion back in one step',
  code.inWindow({ used: true }, async (window) => {
    ollama.script({ 'func add': 'sum := a + b\n    return sum', 'function add': 'const sum = a + b;\n  return sum;' });
    await window.openFile('windows.ts');
    await window.goTo(2, 999);
    await window.command('Trigger Inline Suggestion');
    await window.ghostText();
    await window.acceptGhostText();
    await window.press('ControlOrMeta+s');
    await fileBecomes(
      'windows.ts',
      'export function add(a: number, b: number) {\r\n  const sum = a + b;\r\n  return sum;\r\n}\r\n',
    );
    await window.press('ControlOrMeta+z');
    await window.press('ControlOrMeta+s');
    await fileBecomes('windows.ts', 'export function add(a: number, b: number) {\r\n  \r\n}\r\n');
    await window.openFile('tabs.go');
    await window.goTo(4, 999);
    await window.command('Trigger Inline Suggestion');
    await window.ghostText();
    await window.acceptGhostText();
    await window.press('ControlOrMeta+s');
    await fileBecomes('tabs.go', 'package a\n\nfunc add(a, b int) int {\n\tsum := a + b\n\treturn sum\n}\n');
  }),
);

test(
  'I45 several cursors, a file that is turned off and a snooze get no suggestions, and each says so',
  code.inWindow({ settings: { 'gearshift.completions.files': { 'made/**': false } }, used: true }, async (window) => {
    ollama.script('a + b;');
    const explained = async (words: RegExp): Promise<void> => {
      await window.command('Gearshift: Explain Missing Completion');
      await window.notification(words).waitFor();
      await window.command('Notifications: Clear All Notifications');
    };
    await window.openFile('cursors.ts');
    await window.goTo(1, 1);
    const asked = questions();
    await window.press('ControlOrMeta+Alt+ArrowDown');
    await window.type('x');
    await window.page.waitForTimeout(400);
    assert.equal(questions(), asked, 'several cursors');
    await window.press('Escape');
    await window.openFile('made/code.ts');
    await window.goTo(1, 999);
    const before = questions();
    await window.type('f');
    await explained(/turned off for files that match made/);
    assert.equal(questions(), before, 'a glob');
    await window.openFile('cursors.ts');
    await window.command('Gearshift: Snooze Completions…');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: '15 minutes' }).click();
    await assertHover(window, /snoozed until/i);
    await window.goTo(2, 999);
    await window.type('return ');
    await explained(/snoozed for 15 more minutes/);
    assert.equal(questions(), before, 'a snooze');
    await window.command('Gearshift: Snooze Completions…');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Resume now' }).click();
    await window.goTo(2, 999);
    await window.type('a');
    assert.equal(await window.ghostText(), 'a + b;');
  }),
);

test(
  'I26 a cell of a notebook is completed with the cells above it',
  code.inWindow({ used: true }, async (window) => {
    ollama.script('math.pi * 2');
    await window.quickOpen('cells.ipynb');
    const cell = window.page.locator('.notebook-editor .cell-list-container .monaco-editor').nth(1);
    await cell.locator('.view-line').first().click();
    await window.press('End');
    await window.type('1 + ');
    assert.equal(await window.ghostText(), 'math.pi * 2');
    const body = ollama.book.calls.at(-1)?.body as { prompt: string };
    assert.match(body.prompt, /import math\n+area = 1 \+ <\|fim_suffix/);
  }),
);

test(
  'the last request can be inspected: prompt, times, answer and filters',
  code.inWindow({ used: true }, async (window) => {
    ollama.script('\n}\n');
    await window.openFile('looked.ts');
    await window.goTo(2, 999);
    await window.type('return');
    await window.command('Gearshift: Explain Missing Completion');
    const notice = window.notification(/No suggestion here/);
    await notice.getByRole('button', { name: 'Show Details' }).click();
    const shown = window.page.locator('.editor-instance .monaco-editor[data-uri^="gearshift-explanation"]');
    await shown.waitFor();
    await shown.locator('.view-line', { hasText: 'The last request for a completion' }).waitFor();
  }),
);

/** Waits until a file of the workspace was saved with this text. */
async function fileBecomes(name: string, text: string): Promise<void> {
  const read = (): string => fs.readFileSync(path.join(code.workspace, name), 'utf8');
  for (let i = 0; i < 50 && read() !== text; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(read(), text);
}

/** Requests for a completion so far; loading a model has no prompt. */
const questions = (): number => ollama.book.calls.filter(({ body }) => (body as { prompt?: string }).prompt).length;

/** Waits until the ghost text on show is this. */
async function ghostTextBecomes(window: Window, text: string): Promise<void> {
  let shown = '';
  for (let i = 0; i < 40; i++) {
    shown = await window.ghostText();
    if (shown === text) return;
    await window.page.waitForTimeout(100);
  }
  assert.equal(shown, text);
}

/** Waits until the meter's hover has words; it is drawn again each time. */
async function assertHover(window: Window, words: RegExp): Promise<void> {
  let text = '';
  for (let i = 0; i < 20; i++) {
    const hover = await window.hoverMeter();
    text = await hover.innerText();
    if (words.test(text)) return;
    await window.page.waitForTimeout(300);
  }
  assert.match(text, words);
}
