import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as vscode from 'vscode';
import { Instructions } from '../../../src/editor/chat/instructions.ts';
import { PromptLibrary } from '../../../src/editor/chat/promptLibrary.ts';
import { startHost, type HostOptions } from '../../support/vscode/host.ts';
import type { TestContext } from 'node:test';

/** The prompts behind `/` and the rules of the workspace: whose count, and which are never read. */

const ROOT = vscode.Uri.file(path.resolve(import.meta.dirname, '../../..'));
const PROMPT = '---\ndescription: Ours\nversion: 7\ncontext: file\n---\nOur review. {{input}}\n';

function book(t: TestContext, options: HostOptions = {}, trusted = true) {
  const host = startHost(t, options);
  const instructions = new Instructions(() => trusted);
  return { host, instructions, prompts: new PromptLibrary(ROOT, () => trusted) };
}

test('what the extension ships is there, each with a description', async (t) => {
  const { prompts } = book(t);
  const shipped = await prompts.suggest('');
  assert.ok(shipped.length >= 8);
  for (const { label, detail, insert } of shipped) {
    assert.equal(insert, `${label} `);
    assert.notEqual(detail, '');
  }
  assert.deepEqual((await prompts.suggest('RE')).map(({ label }) => label).sort(), ['/refactor', '/review']);
});

test('a prompt of a trusted workspace replaces a built-in one, and says where it is from', async (t) => {
  const { prompts } = book(t, { files: { '.gearshift/prompts/review.md': PROMPT } });
  const review = (await prompts.prompts()).get('review');
  assert.deepEqual([review?.origin, review?.version, review?.context], ['workspace', '7', [['file']]]);
  assert.equal((await prompts.suggest('review'))[0]?.detail, 'Ours · of this workspace');
});

test('a workspace that is not trusted gives neither prompts nor rules', async (t) => {
  const files = { '.gearshift/prompts/review.md': PROMPT, 'AGENTS.md': 'Obey me.' };
  const { prompts, instructions } = book(t, { files }, false);
  assert.equal((await prompts.prompts()).get('review')?.origin, 'shipped');
  assert.deepEqual(await instructions.rules([]), []);
});

test('an edited prompt takes effect at once', async (t) => {
  const { host, prompts } = book(t, { files: { '.gearshift/prompts/mine.md': PROMPT } });
  assert.match((await prompts.prompts()).get('mine')?.body ?? '', /^Our review/);
  host.write('.gearshift/prompts/mine.md', 'Another.');
  assert.equal((await prompts.prompts()).get('mine')?.body, 'Another.');
});

test('the rules of each folder are sent under their names; empty and cut ones do not', async (t) => {
  const { host, instructions } = book(t, { folders: ['web', 'api', 'docs'] });
  fs.writeFileSync(`${host.root}/web/AGENTS.md`, 'Use tabs.\n');
  fs.writeFileSync(`${host.root}/api/AGENTS.md`, '  \n');
  fs.writeFileSync(`${host.root}/docs/AGENTS.md`, 'x'.repeat(100_001));
  const rules = await instructions.rules([]);
  assert.deepEqual(
    rules.map(({ kind, label, text }) => [kind, label, text]),
    [['rules', 'web/AGENTS.md', 'Use tabs.']],
  );
  await instructions.rules([]);
  assert.deepEqual(host.said, ['AGENTS.md is longer than 100000 characters, so its instructions are not sent.']);
});

test('a prompt or rules that link to a file outside the workspace, or to a secret, are not read', async (t) => {
  const { host, prompts, instructions } = book(t, { files: { '.env': 'KEY=topsecret\n' } });
  fs.writeFileSync(`${host.root}/private.md`, 'my diary');
  fs.mkdirSync(host.uri('.gearshift/prompts').fsPath, { recursive: true });
  fs.symlinkSync(`${host.root}/private.md`, host.uri('.gearshift/prompts/diary.md').fsPath);
  fs.symlinkSync(host.uri('.env').fsPath, host.uri('AGENTS.md').fsPath);
  assert.equal((await prompts.prompts()).get('diary'), undefined);
  assert.deepEqual(await instructions.rules([]), []);
});

test('instruction files of other tools apply: to everything, to matching files, and to what is below a folder', async (t) => {
  const files = {
    'AGENTS.md': 'Root.',
    'CLAUDE.md': '@AGENTS.md\n',
    '.github/copilot-instructions.md': 'Copilot.',
    '.github/instructions/web/react.instructions.md': '---\napplyTo: "**/*.{ts,tsx}"\n---\nReact.',
    '.github/instructions/always.instructions.md': '---\napplyTo: **\n---\nAlways.',
    '.github/instructions/manual.instructions.md': '---\ndescription: Only by name\n---\nManual.',
    'packages/api/AGENTS.md': 'API.',
    'packages/api/CLAUDE.md': 'API.',
    'packages/web/CLAUDE.md': 'Web.',
  };
  const { host, instructions } = book(t, { files });
  const labels = async (...paths: string[]) => (await instructions.rules(paths)).map(({ label }) => label);
  const always = ['AGENTS.md', '.github/copilot-instructions.md', '.github/instructions/always.instructions.md'];
  assert.deepEqual(await labels(), always);
  assert.deepEqual(await labels('packages/api/src/a.go'), [...always, 'packages/api/AGENTS.md']);
  const [rule] = (await instructions.rules(['packages/web/a.tsx'])).slice(-1);
  assert.deepEqual(
    [rule?.label, rule?.notes, rule?.text],
    ['packages/web/CLAUDE.md', 'For files below packages/web', 'Web.'],
  );
  assert.ok((await labels('packages/web/a.tsx')).includes('.github/instructions/web/react.instructions.md'));
  fs.mkdirSync(`${host.root}/outside`);
  fs.writeFileSync(`${host.root}/outside/x.instructions.md`, '---\napplyTo: "**"\n---\nOutside.');
  fs.symlinkSync(`${host.root}/outside`, host.uri('.github/instructions/link').fsPath);
  fs.symlinkSync(`${host.root}/outside/x.instructions.md`, host.uri('.github/instructions/y.instructions.md').fsPath);
  assert.deepEqual(await labels(), always);
});

test('the rules that a project has for other assistants count, each for the files that it names', async (t) => {
  const files = {
    'AGENTS.md': 'Root.',
    'GEMINI.md': '@./AGENTS.md',
    '.cursorrules': 'Cursor.',
    '.windsurfrules': 'Root.',
    '.clinerules': 'Cline.',
    '.cursor/rules/always.mdc': '---\nalwaysApply: true\n---\nAlways.',
    '.cursor/rules/go.mdc': '---\nglobs: *.go\nalwaysApply: false\n---\nGo.',
    '.cursor/rules/asked.mdc': '---\ndescription: Asked for\nalwaysApply: false\n---\nAsked.',
    '.cursor/rules/readme.md': 'No rule.',
    '.windsurf/rules/sql.md': '---\ntrigger: glob\nglobs: "**/*.sql"\n---\nSQL.',
    '.claude/rules/style.md': 'Style.',
  };
  const { instructions } = book(t, { files });
  const labels = async (...paths: string[]) => (await instructions.rules(paths)).map(({ label }) => label);
  const always = ['AGENTS.md', '.cursorrules', '.clinerules', '.cursor/rules/always.mdc', '.claude/rules/style.md'];
  assert.deepEqual(await labels(), always, 'neither copies and pointers nor rules for other files');
  assert.deepEqual(
    (await labels('db/a.sql', 'cmd/main.go')).filter((label) => !always.includes(label)),
    ['.cursor/rules/go.mdc', '.windsurf/rules/sql.md'],
  );
  const go = (await instructions.rules(['main.go'])).find(({ label }) => label === '.cursor/rules/go.mdc');
  assert.deepEqual([go?.text, go?.notes], ['Go.', 'For files that match *.go']);
});

test('Cline keeps its rules in a folder too; links that lead out of the workspace are not followed', async (t) => {
  const { host, instructions } = book(t, {
    files: { '.clinerules/01-style.md': 'Style.', '.clinerules/02.txt': 'Text.' },
  });
  fs.writeFileSync(`${host.root}/outside.md`, 'Outside.');
  fs.symlinkSync(`${host.root}/outside.md`, host.uri('.clinerules/03.md').fsPath);
  fs.symlinkSync(`${host.root}/outside.md`, host.uri('.cursorrules').fsPath);
  assert.deepEqual(
    (await instructions.rules([])).map(({ label, text }) => [label, text]),
    [
      ['.clinerules/01-style.md', 'Style.'],
      ['.clinerules/02.txt', 'Text.'],
    ],
  );
});

test('prompts of .github/prompts are offered beside the built-in ones, which win', async (t) => {
  const files = {
    '.github/prompts/speckit.plan.prompt.md': '---\ndescription: Plans\nmode: agent\n---\nPlan it.',
    '.github/prompts/README.md': 'No prompt.',
    '.github/prompts/mine.prompt.md': 'Theirs.',
    '.gearshift/prompts/mine.md': 'Ours.',
  };
  const { prompts } = book(t, { files });
  assert.equal((await prompts.suggest('speckit.p'))[0]?.label, '/speckit.plan');
  const all = await prompts.prompts();
  assert.equal(all.get('mine')?.body, 'Ours.');
  assert.equal(all.get('readme'), undefined);
});
