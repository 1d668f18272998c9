import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Uri } from 'vscode';
import { SettingsPanel } from '../../../src/editor/settings/settingsPanel.ts';
import type { SettingsState } from '../../../src/protocol/settings.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { modelsAnswer, openSettingsPage, type SettingsPageTest } from '../../support/settingsPage.ts';
import { setEnv, settle, until } from '../../support/window.ts';

/** The page's data, check-up, import and life: what is deleted, found, taken over and left alone. */

const LAB = { kind: 'openai', baseUrl: 'https://lab.example/v1' };
const DAY_MS = 86_400_000;

/** A settled call of so many days ago. */
async function spend(page: SettingsPageTest, attemptId: string, daysAgo: number): Promise<void> {
  const openedAt = Date.now() - daysAgo * DAY_MS;
  await page.store.open(openedRow(attemptId, { openedAt }));
  await page.store.settle(settledRow(attemptId, { closedAt: openedAt + 5 }));
}

test('a period of the ledger is deleted, the rest stays, and what was deleted comes back', async (t) => {
  const page = await openSettingsPage(t);
  await spend(page, 'today', 0);
  await spend(page, 'old', 100);
  await spend(page, 'older', 400);
  const cleared = await page.after({ kind: 'clearLedger', range: 'older-90' }, (s) => s.data.cleared);
  assert.equal(cleared.data.cleared, '2 rows were deleted.');
  assert.equal(cleared.data.canRestore, true);
  assert.deepEqual(
    (await page.store.rows({ since: 0, limit: 9 })).map((row) => row.attemptId),
    ['today'],
  );
  const back = await page.after({ kind: 'restoreLedger' }, (s) => !s.data.canRestore);
  assert.equal(back.data.cleared, '2 rows are back.');
  const left = async () => (await page.store.rows({ since: 0, limit: 9 })).map((row) => row.attemptId);
  await page.after({ kind: 'clearLedger', range: 'older-365' }, (s) => s.data.cleared === '1 row was deleted.');
  assert.deepEqual(await left(), ['today', 'old']);
  page.say({ kind: 'clearLedger', range: 'this-month' });
  await until(async () => (await left()).join() === 'old');
  page.say({ kind: 'clearLedger', range: 'all' });
  await until(async () => (await left()).length === 0);
  const none = await page.after({ kind: 'clearLedger', range: 'all' }, (s) => s.data.cleared.startsWith('There'));
  assert.equal(none.data.canRestore, false);
});

test('a ledger that cannot be opened leaves the page usable, and a failed deletion says what failed', async (t) => {
  const page = await openSettingsPage(t, { store: () => Promise.reject(new Error('the disk is gone')) });
  assert.deepEqual(page.state.data, { location: '', size: '', cleared: '', canRestore: false });
  assert.ok(page.state.presets.list.length > 0);
  await page.done({ kind: 'clearLedger', range: 'all' });
  assert.deepEqual(page.host.said, ['That did not work: the disk is gone']);
});

test('the place of the ledger opens in the system, other commands in VS Code', async (t) => {
  const page = await openSettingsPage(t);
  const ran: unknown[] = [];
  for (const id of [
    'revealFileInOS',
    'gearshift.meter.open',
    'gearshift.ledger.export',
    'workbench.action.openSettingsJson',
  ])
    page.host.commands.set(id, (...args: unknown[]) => void ran.push([id, String(args[0] ?? '')]));
  await page.done({ kind: 'revealLedger' });
  await page.done({ kind: 'openMeter' });
  await page.done({ kind: 'exportLedger' });
  await page.done({ kind: 'openJson', setting: 'gearshift.tiers.mid' });
  assert.deepEqual(ran, [
    ['revealFileInOS', Uri.file(page.store.location).toString()],
    ['gearshift.meter.open', ''],
    ['gearshift.ledger.export', ''],
    ['workbench.action.openSettingsJson', '[object Object]'],
  ]);
});

const find = (state: SettingsState, text: RegExp) => {
  const at = state.doctor.findings.findIndex((finding) => text.test(finding.text));
  return { at, finding: state.doctor.findings[at] };
};

test('the check-up names what is wrong with its remedy, and the remedy does what it says', async (t) => {
  const page = await openSettingsPage(t, {
    settings: {
      'completions.enabled': false,
      'tiers.mid': ['openrouter/x'],
      'tiers.frontier': [],
      confirmAbove: 'much',
    },
    ledgerNotices: ['The ledger was repaired.'],
  });
  page.host.settings.set('editor.inlineSuggest.enabled', false);
  const state = await page.after({ kind: 'runDoctor' }, (s) => s.doctor.state === 'done');
  assert.ok(find(state, /confirmAbove/).finding);
  assert.ok(find(state, /The ledger was repaired\./).finding);
  assert.match(find(state, /key/).finding?.fix ?? '', /key/i);
  const inline = find(state, /editor\.inlineSuggest\.enabled|ghost text/i);
  await page.after({ kind: 'fix', finding: inline.at }, () => page.host.settings.get('editor.inlineSuggest.enabled'));
  const again = await page.after({ kind: 'runDoctor' }, (s) => find(s, /inlineSuggest/).at < 0);
  const off = again.doctor.findings.findIndex(({ text }) => text === 'Completions are turned off.');
  assert.ok(off >= 0, JSON.stringify(again.doctor.findings));
  await page.after({ kind: 'fix', finding: off }, (s) => s.completions.enabled);
  assert.equal(page.setting('completions.enabled'), true);
  const key = find(page.state, /key/i);
  page.host.willType(/API key for OpenRouter/, 'sk-1');
  await page.after({ kind: 'fix', finding: key.at }, () => page.secrets.values.size > 0);
  await page.done({ kind: 'fix', finding: 999 });
});

test('the check-up sends no key of a variable and no code without consent', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: { ...LAB, apiKeyEnv: 'LAB_KEY' } }, 'tiers.mid': ['lab/big'] },
    env: { LAB_KEY: 'sk-env' },
    answer: () => modelsAnswer('big'),
  });
  await page.after({ kind: 'runDoctor' }, (s) => s.doctor.state === 'done');
  assert.doesNotMatch(JSON.stringify(page.sent.map(({ headers }) => [...headers])), /sk-env/);
});

test('a check-up of settings that a workspace tries to set says that they are not taken', async (t) => {
  const page = await openSettingsPage(t);
  page.host.workspaceSettings.set('gearshift.tiers.mid', ['evil/x']);
  page.host.workspaceSettings.set('gearshift.private', false);
  const state = await page.after({ kind: 'runDoctor' }, (s) => s.doctor.state === 'done');
  for (const setting of [/sets gearshift\.tiers\.mid\./, /sets gearshift\.private\./])
    assert.equal(find(state, setting).finding?.level, 'warning');
  assert.equal(
    page.config.settings.tiers.mid.some(({ provider }) => provider === 'evil'),
    false,
  );
});

const CONTINUE = `
models:
  - name: Big
    provider: openai
    model: big
    apiBase: https://lab.example/v1
    apiKey: sk-plain-text
    roles: [chat]
    requestOptions:
      headers: { X-Team: compilers, x-api-key: hidden-1 }
rules: [be brief]
`;

test('an import shows what it would take, takes it after the answer, and no key gets into the settings', async (t) => {
  const page = await openSettingsPage(t, { files: { 'config.yaml': CONTINUE } });
  const file = page.host.uri('config.yaml');
  const choose = (): void => {
    page.host.willPick(/Import settings/, 'Choose a file…');
    page.host.willChooseFiles(file);
  };
  choose();
  page.say({ kind: 'importSettings' });
  await until(() => page.host.messages.length > 0);
  assert.equal(page.host.messages[0]?.modal, true);
  assert.equal(page.host.messages[0].text, 'Import from Continue config.yaml?');
  assert.match(page.host.messages[0].detail ?? '', /Imported:.*Not imported:.*rules/s);
  assert.equal(page.setting('providers'), undefined, 'closing the question takes nothing');
  assert.equal(page.state.imported, null);
  choose();
  page.host.willClick(/Import from/, 'Import');
  const state = await page.after({ kind: 'importSettings' }, (s) => s.imported);
  assert.ok((state.imported?.took.length ?? 0) > 0);
  const [name = ''] = Object.keys(page.setting('providers') as object);
  assert.equal(page.provider(name).baseUrl, 'https://lab.example/v1');
  assert.deepEqual(page.provider(name).headers, { 'X-Team': 'compilers' });
  assert.ok(page.config.settings.tiers.mid.some(({ provider, model }) => provider === name && model === 'big'));
  assert.deepEqual([...page.secrets.values.values()].sort(), ['sk-plain-text', '{"x-api-key":"hidden-1"}']);
  assert.doesNotMatch(JSON.stringify([[...page.host.settings], page.posted, page.host.messages]), /sk-plain|hidden-1/);
  assert.equal(state.imported?.source, 'Continue config.yaml');
});

test('T26 each address and key of an import is shown before it is taken, whatever else the file holds and calls itself', async (t) => {
  const model = (n: number): string => `  - { name: "m${n}", provider: ollama, model: "m${n}", roles: [chat] }\n`;
  const fillers = Array.from({ length: 60 }, (_, n) => model(n)).join('');
  const named = 'x\\n• provider openai at api.openai.com\\u202e';
  const evil = (n = 0): string =>
    `  - { name: "${named}", provider: openai, model: big${n}, apiBase: "https://evil${n}.example/v1", apiKey: "\${{ secrets.SPEC_IMPORT_KEY }}" }\n`;
  const head = 'name: x\nversion: 1.0.0\nschema: v1\nmodels:\n';
  setEnv(t, { SPEC_IMPORT_KEY: 'sk-from-the-environment-1' });
  const page = await openSettingsPage(t, {
    files: {
      'config.yaml': head + fillers + evil(),
      'many/config.yaml': head + Array.from({ length: 41 }, (_, n) => evil(n)).join(''),
    },
  });
  const ask = async (name: string): Promise<void> => {
    page.host.willPick(/Import settings/, 'Choose a file…');
    page.host.willChooseFiles(page.host.uri(name));
    const { length } = page.host.messages;
    page.say({ kind: 'importSettings' });
    await until(() => page.host.messages.length > length);
  };
  await ask('config.yaml');
  const detail = page.host.messages.at(-1)?.detail ?? '';
  assert.match(detail, /part of this workspace/);
  assert.match(detail, /at evil0\.example/);
  assert.match(detail, /from the environment variable SPEC_IMPORT_KEY/);
  assert.doesNotMatch(detail, /^• provider openai at/m, 'no name of the file makes a line of its own');
  assert.doesNotMatch(detail, /\u202e/);
  await ask('many/config.yaml');
  assert.match(page.host.messages.at(-1)?.text ?? '', /too many addresses and keys.*nothing was imported/);
  assert.equal(page.setting('providers'), undefined);
});

test('a file that is not a configuration is reported without quoting it', async (t) => {
  const page = await openSettingsPage(t, {
    files: {
      'config.json': '{ "models": [ { "apiKey": "sk-secret-in-a-broken-file" ',
      'large.yaml': 'x'.repeat(1024 * 1024 + 1),
    },
  });
  for (const name of ['config.json', 'large.yaml']) {
    page.host.willPick(/Import settings/, 'Choose a file…');
    page.host.willChooseFiles(page.host.uri(name));
    const { length } = page.host.said;
    page.say({ kind: 'importSettings' });
    await until(() => page.host.said.length > length);
  }
  assert.match(page.host.said[0] ?? '', /config\.json cannot be read/);
  assert.match(page.host.said[1] ?? '', /too large/);
  assert.doesNotMatch(JSON.stringify([page.host.messages, page.host.channels]), /sk-secret/);
});

test('Continue’s own folder and the environment are offered where they have something', async (t) => {
  const page = await openSettingsPage(t, { files: { 'home/config.json': '// mine\n{ "models": [] }' } });
  const folder = path.dirname(page.host.uri('home/config.json').fsPath);
  process.env['CONTINUE_GLOBAL_DIR'] = folder;
  t.after(() => delete process.env['CONTINUE_GLOBAL_DIR']);
  assert.ok(fs.existsSync(folder));
  page.host.willPick(/Import settings/, 'Continue config.json');
  await page.done({ kind: 'importSettings' });
  await until(() => page.host.said.some((text) => text.endsWith('The file names no model and no key.')));
  page.host.willPick(/Import settings/, undefined);
  const asked = t.mock.method(page.host, 'pick');
  await page.done({ kind: 'importSettings' });
  await until(() => asked.mock.callCount() === 1);
  await settle();
  assert.equal(page.host.said.length, 1);
});

test('where nothing is found, the list says where Gearshift looked, and each place opens the file dialog', async (t) => {
  setEnv(t, { CONTINUE_GLOBAL_DIR: '/nowhere/continue', CLINE_DIR: '/nowhere/cline' });
  const page = await openSettingsPage(t, { files: { 'mine.yaml': CONTINUE } });
  const shown: { label: string; description?: string }[] = [];
  t.mock.method(page.host, 'pick', (items: readonly { label: string; description?: string }[]) => {
    shown.push(...items);
    return items.at(-1);
  });
  page.host.willChooseFiles(page.host.uri('mine.yaml'));
  page.say({ kind: 'importSettings' });
  await until(() => page.host.messages.length > 0);
  for (const [tool, place] of [
    ['Continue', '/nowhere/continue/config.yaml'],
    ['Cline', '/nowhere/cline/data/globalState.json'],
    ['Copilot', 'User/chatLanguageModels.json'],
    ['Aider', '.aider.conf.yml'],
  ] as const)
    assert.ok(
      shown.some(({ label, description = '' }) => label === tool && description.endsWith(path.normalize(place))),
      `${tool} ${place}`,
    );
  assert.equal(page.host.messages[0]?.text, 'Import from Continue mine.yaml?');
});

test('a key that the user has stays, unless the user chooses to replace it', async (t) => {
  const page = await openSettingsPage(t, {
    files: { '.env': 'OPENAI_API_KEY=sk-new-0123456789\nGROQ_API_KEY=gsk_0123456789\n' },
  });
  await page.keys.store(page.provider('openai'), 'sk-mine');
  const keysNow = (): unknown[] => [...page.secrets.values.values()].sort();
  for (const [button, after] of [
    ['Import', ['gsk_0123456789', 'sk-mine']],
    ['Import and Replace Keys', ['gsk_0123456789', 'sk-new-0123456789']],
  ] as const) {
    page.host.willPick(/Import settings/, 'Choose a file…');
    page.host.willChooseFiles(page.host.uri('.env'));
    page.host.willClick(/Import from \.env/, button);
    await page.after({ kind: 'importSettings' }, (s) => s.imported);
    await until(() => keysNow().join() === after.join(), keysNow().join());
  }
  assert.match(page.host.messages[0]?.detail ?? '', /already have a key, which is kept: openai/);
});

test('the page draws what is written elsewhere, and says what could not be written', async (t) => {
  const page = await openSettingsPage(t);
  await page.change('confirmAbove', 3);
  page.panel.refresh();
  await until(() => page.state.budgets.confirmAbove === 3);
  page.host.refuseSettings = new Error('settings.json has errors in it');
  await page.done({ kind: 'setSwitch', setting: 'private', on: true });
  assert.deepEqual(page.host.said, ['That did not work: settings.json has errors in it']);
  assert.equal(page.state.privacy.private, false);
});

test('a hidden page is sent nothing, one that is shown again is; after the end nothing is', async (t) => {
  const page = await openSettingsPage(t);
  await settle();
  page.shown.setVisible(false);
  const { length } = page.posted;
  page.panel.refresh();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(page.posted.length, length);
  page.shown.setVisible(true);
  await page.done({ kind: 'ready' });
  assert.equal(
    page.posted.filter(({ kind }) => kind === 'init').length,
    2,
    'a page that was taken down is loaded again',
  );
  page.panel.show('ollama');
  assert.deepEqual(page.posted.at(-1), { kind: 'reveal', section: 'ollama' });
  page.panel.refresh();
  page.panel.dispose();
  page.page.dispose();
  const last = page.posted.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(page.posted.length, last);
  assert.equal(page.host.said.length, 0);
  assert.ok(page.panel instanceof SettingsPanel);
});

test('a model that lacks its key cannot answer, and one that was not asked yet is neither good nor bad', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { 'tiers.local': ['ollama/qwen'], 'tiers.mid': ['openrouter/x'], 'tiers.frontier': ['anthropic/y'] },
  });
  await page.keys.store(page.provider('anthropic'), 'sk-1');
  const state = await page.done({ kind: 'ready' });
  const marks = Object.fromEntries(state.diagnostics.map(({ ref, ok }) => [ref, ok]));
  assert.deepEqual(marks, { 'ollama/qwen': null, 'openrouter/x': false, 'anthropic/y': null });
});
