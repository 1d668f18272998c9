import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { ChatSession } from '../../../src/core/chat/session.ts';
import type { Answer, Attachment } from '../../../src/core/chat/conversation.ts';
import { PriceBook } from '../../../src/core/money/pricing.ts';
import { Recipes } from '../../../src/editor/recipes/recipes.ts';
import { RecipeDiagnostics } from '../../../src/editor/recipes/diagnostics.ts';
import { createRecipe } from '../../../src/editor/recipes/create.ts';
import { EditApplier } from '../../../src/editor/edits/proposals.ts';
import { Codebase } from '../../../src/editor/codebase/codebase.ts';
import { Checkpoints } from '../../../src/editor/edits/checkpoints.ts';
import { runConsent, runView } from '../../../src/editor/chat/runView.ts';
import type { Services } from '../../../src/editor/platform/services.ts';
import type { SharedPartTypes } from '../../../src/editor/platform/sharedParts.ts';
import type { LedgerRow } from '../../../src/core/ledger/ledger.ts';
import { NO_USAGE } from '../../../src/core/common/types.ts';
import { attachFile } from '../../../src/editor/chat/attach.ts';
import { CheckpointStore } from '../../../src/storage/checkpoints.ts';
import { openChatStore } from '../../../src/storage/chatStore.ts';
import { AFTER, BEFORE, GOOD, MID, TOP } from '../../core/recipes/rig.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { UNASKED } from '../../support/chatSession.ts';
import { bookLog } from '../../support/bookLog.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { until } from '../../support/settle.ts';
import { startHost } from '../../support/vscode/host.ts';

const PRICES = { 'qwen-mid': MID, 'mistral-mid': MID, 'claude-top': TOP, 'gpt-top': TOP } as const;

/** The stage of a shipped recipe that a prompt is of. */
const stageOf = (prompt: string): string =>
  prompt.includes('Write a plan')
    ? 'plan'
    : prompt.includes('Build what the plan says')
      ? 'work'
      : prompt.includes('You review a change')
        ? 'review'
        : prompt.includes('Extract from the text below')
          ? 'facts'
          : prompt.includes('Answer the question from the facts')
            ? 'answer'
            : prompt.includes('Judge whether the draft')
              ? 'verdict'
              : prompt.includes('so that it can be used as it is')
                ? 'draft'
                : prompt.includes('A draft and what is wrong')
                  ? 'final'
                  : prompt.includes('Which texts should be searched')
                    ? 'queries'
                    : prompt.includes('Extract from the passages below')
                      ? 'claims'
                      : prompt.includes('Answer the question from the claims')
                        ? 'synthesis'
                        : '?';

type Chat = SharedPartTypes['vsCodeChat'];
const NO_AGENT = "VS Code's chat does not use your tiers.";

/** The shipped recipes in an editor with a real session, real edits and checkpoints, and a server that counts. */
async function recipesIn(
  t: TestContext,
  files: Record<string, string> = { 'src/add.js': BEFORE },
  folders: readonly string[] = ['project'],
) {
  const host = startHost(t, { files, folders });
  const folder = host.folders[0]?.uri.fsPath ?? assert.fail();
  const log = bookLog();
  const names = Object.keys(PRICES) as (keyof typeof PRICES)[];
  const server = await startOpenAi({ models: names.map((name) => ({ name, price: PRICES[name] })) });
  t.after(() => server.stop());
  const answers: Record<string, string> = { ...GOOD, facts: '{"facts":[{"fact":"F1"}]}', answer: 'The answer.' };
  server.script(({ prompt }) => answers[stageOf(prompt)] ?? 'ok');
  const { gateway, settings } = testGateway({
    ...openAiAt(server.url, { prices: PRICES }),
    'tiers.mid': ['cloud/qwen-mid', 'cloud/mistral-mid'],
    'tiers.frontier': ['cloud/claude-top', 'cloud/gpt-top'],
  });
  const session = new ChatSession({
    gateway,
    store: openChatStore(path.join(host.root, 'chats'), (line) => log.errors.push(line)),
    chain: () => [],
    ...UNASKED,
    log: (line) => void log.errors.push(line),
  });
  await session.restore(undefined);
  const checkpoints = new Checkpoints(new CheckpointStore(path.join(host.root, 'checkpoints'), () => undefined), log);
  const survival = { applied: () => undefined, retracted: () => undefined } as never;
  const edits = new EditApplier(
    log,
    () => Promise.resolve(survival),
    (...kept) => checkpoints.keep(...kept),
  );
  const memory = new Map<string, unknown>();
  // VS Code's chat, for tests that have one.
  const chat: Pick<Chat, 'obstacle' | 'run'> = {
    obstacle: () => Promise.resolve(NO_AGENT),
    run: () => assert.fail('the agent was asked'),
  };
  const rows: LedgerRow[] = [];
  const codebase = new Codebase({ file: path.join(host.root, 'workspace.index'), log });
  host.ends.push(() => Promise.resolve(codebase.dispose()));
  const services = {
    context: {
      extensionUri: vscode.Uri.file(path.resolve(import.meta.dirname, '../../..')),
      globalStorageUri: vscode.Uri.file(path.join(host.root, 'storage')),
      globalState: {
        get: (key: string, otherwise: unknown) => memory.get(key) ?? otherwise,
        update: (key: string, value: unknown) => Promise.resolve(void memory.set(key, value)),
      },
      workspaceState: {
        get: (key: string) => memory.get(key),
        update: (key: string, value: unknown) => Promise.resolve(void memory.set(key, value)),
      },
    },
    config: { settings, agree: () => Promise.resolve() },
    trusted: () => host.trusted,
    gateway,
    prices: new PriceBook(),
    shared: { get: (name: string) => Promise.resolve({ edits, checkpoints, codebase, vsCodeChat: chat }[name]) },
    ledger: { ready: Promise.resolve({ rows: () => Promise.resolve(rows) }) },
    log,
  } as unknown as Services;
  const recipes = new Recipes(services, async () => {});
  host.ends.push(async () => {
    edits.dispose();
    checkpoints.dispose();
    await session.dispose();
  });
  const all = await recipes.library.recipes();
  const answer = (): Answer => {
    const found = session.thread.turns.findLast((turn): turn is Answer => turn.role === 'assistant');
    if (!found?.run) throw new Error('no run');
    return found;
  };
  const run = () => answer().run ?? assert.fail();
  /** Starts a recipe and agrees to its card. */
  const start = async (name: string, task: string, attachments: readonly Attachment[]) => {
    const recipe = all.get(name) ?? assert.fail(name);
    const running = recipes.start(session, recipe, { text: `/${name} ${task}`, task, attachments });
    await until(() => session.consent !== null, 'the card');
    const consent = session.consent ?? assert.fail();
    session.decideConsent(consent.id, true);
    return { consent, result: await running };
  };
  const act = (what: Parameters<Recipes['act']>[1]['do'], stage?: number): Promise<void> =>
    recipes.act(session, { kind: 'run', turnId: answer().id, do: what, ...(stage === undefined ? {} : { stage }) });
  const attached = async (name: string): Promise<Attachment> => {
    const uri = vscode.Uri.file(path.join(folder, name));
    return (await attachFile(await vscode.workspace.openTextDocument(uri))) ?? assert.fail(name);
  };
  const file = path.join(folder, 'src/add.js');
  const textNow = async (): Promise<string> =>
    (await vscode.workspace.openTextDocument(vscode.Uri.file(file))).getText();
  const calls = (): string[] => server.book.calls.map(({ body }) => stageOf(JSON.stringify(body)));
  return {
    host,
    folder,
    log,
    server,
    session,
    checkpoints,
    edits,
    recipes,
    all,
    answers,
    memory,
    chat,
    rows,
    answer,
    run,
    start,
    act,
    attached,
    textNow,
    calls,
  };
}

const NO_COMMAND = { label: '', command: '', cwd: '/' };

test('build: the card, the edited plan, the diff, the check, the review; and the files of before come back', async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  const { consent } = await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  const card = runConsent(consent.run ?? assert.fail());
  assert.deepEqual(
    card.stages.map(({ name, model }) => [name, model]),
    [
      ['plan', 'claude-top'],
      ['approve', ''],
      ['work', 'qwen-mid'],
      ['check', ''],
      ['review', 'claude-top'],
      ['All stages', ''],
    ],
  );
  assert.match(card.stages.at(-1)?.cost ?? '', /^likely \$0\.\d+, at most \$2\.00$/);
  assert.match(card.limits.join(' '), /\$2\.00 for the run, 30 requests for each stage, 45 min/);
  assert.equal(rig.run().status, 'paused');
  assert.deepEqual(rig.calls(), ['plan']);

  await rig.act('open', 0);
  const plan = vscode.workspace.textDocuments.find(({ uri }) => uri.path.endsWith('/plan.md')) ?? assert.fail();
  const edit = new vscode.WorkspaceEdit();
  edit.replace(plan.uri, new vscode.Range(0, 0, plan.lineCount, 0), 'EDITED-PLAN');
  await vscode.workspace.applyEdit(edit);
  await rig.act('approve', 1);
  assert.equal(rig.run().status, 'paused', 'the diff waits for the user');
  assert.equal(await rig.textNow(), BEFORE, 'nothing is written before the user applies it');
  assert.match(JSON.stringify(rig.server.book.calls[1]?.body), /EDITED-PLAN/);
  assert.doesNotMatch(JSON.stringify(rig.server.book.calls[1]?.body), /make add add/);

  await rig.act('go-on', 2);
  assert.match(rig.host.messages.at(-1)?.text ?? '', /Apply the changes first/);
  await rig.edits.apply(undefined);
  assert.equal(await rig.textNow(), AFTER);
  await rig.act('go-on', 2);
  assert.equal(rig.run().status, 'done');
  assert.deepEqual(rig.calls(), ['plan', 'work', 'review']);
  const review = JSON.stringify(rig.server.book.calls[2]?.body);
  assert.match(review, /EDITED-PLAN/);
  assert.match(review, /a \+ b/);
  const view = runView(rig.run(), '');
  assert.deepEqual(
    view.rows.map(({ status }) => status),
    ['done', 'done', 'done', 'done', 'done'],
  );
  assert.equal(rig.answer().facts?.nanoUsd, rig.server.book.totals().costNano);
  assert.ok(rig.checkpoints.has([rig.answer().id]));
  await rig.checkpoints.restore([rig.answer().id], 'x', { ask: false });
  assert.equal(await rig.textNow(), BEFORE);
});

type AgentRun = Parameters<Chat['run']>[0];
type AgentEnd = Extract<Awaited<ReturnType<Chat['run']>>, { available: true }>;

const USED = { ...NO_USAGE, input: 200, cacheRead: 800, output: 50 };
const AGENT_END: AgentEnd = {
  ...{
    available: true,
    state: 'done',
    error: '',
    conversation: 'c1',
    text: 'I built it.',
    failure: null,
    place: null,
    limitWords: '',
  },
  ...{ cost: { requests: 2, nanoUsd: 9_000, isUnknown: false }, usage: USED, models: ['qwen-mid'], attempts: 2 },
  model: { provider: 'cloud', model: 'qwen-mid' },
};

type Write = (name: string, text: string | null) => Promise<void>;

/** VS Code's agent, which writes files as it likes. */
function withAgent(
  { chat, folder }: Pick<Awaited<ReturnType<typeof recipesIn>>, 'chat' | 'folder'>,
  work: (write: Write, run: AgentRun) => Promise<Partial<AgentEnd>>,
): AgentRun[] {
  const runs: AgentRun[] = [];
  const write: Write = async (name, text) => {
    const file = path.join(folder, name);
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === file);
    if (text === null) return fs.rmSync(file);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (!document) return fs.writeFileSync(file, text);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
    await vscode.workspace.applyEdit(edit);
    await document.save();
  };
  chat.obstacle = () => Promise.resolve('');
  chat.run = async (run) => {
    runs.push(run);
    return { ...AGENT_END, ...(await work(write, run)) };
  };
  return runs;
}

test("build by VS Code's agent: the approved plan, the stage's model and limits; the diff, the check and the way back", async (t) => {
  const files = {
    'src/add.js': BEFORE,
    'src/old.js': 'export const old = 1;\n',
    'src/use.js': 'function total() {\n  return made("A-CALLER");\n}\n',
    '.gitignore': 'out/\n',
  };
  const rig = await recipesIn(t, files);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  const progress: number[] = [];
  const runs = withAgent(rig, async (write, run) => {
    await write('src/add.js', AFTER);
    await write('src/new.js', 'export function made(x) {\n  return x;\n}\n');
    await write('src/old.js', null);
    await write('out/built.js', 'generated');
    run.progress?.({ ...AGENT_END, attempts: 1 });
    progress.push(rig.run().stages[2]?.requests ?? -1);
    return {};
  });
  const settled = { usage: USED, cost: { nanoUsd: 6_000, source: 'reported' } };
  for (const conversation of ['c1', 'c1', 'c1', 'another'])
    rig.rows.push({ conversation, run: '', settled } as unknown as LedgerRow);
  const { consent } = await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  assert.match(consent.run?.remarks.join(' ') ?? '', /done by VS Code's agent Gearshift Build/);
  for (const [i, row] of rig.rows.entries()) rig.rows[i] = { ...row, run: rig.answer().id };
  rig.answers['plan'] = 'unused';
  await rig.act('approve', 1);
  const [run] = runs;
  assert.deepEqual([run?.agent, run?.model], ['Gearshift Build', 'mid']);
  assert.match(
    run?.prompt ?? '',
    /Build what the plan says[^]*make add add[^]*The files for this task: `src\/add\.js`/,
  );
  assert.doesNotMatch(run?.prompt ?? '', /a - b|Show every change/, 'the agent reads files by itself');
  assert.deepEqual(
    run?.files?.map(({ path: file }) => path.basename(file)),
    ['add.js'],
  );
  const { limits } = run ?? {};
  assert.deepEqual([limits?.tier, limits?.requests, limits?.run], ['mid', 30, rig.answer().id]);
  assert.equal(limits?.chain[0]?.model, 'qwen-mid');
  assert.equal(limits?.nanoUsd, 2e9);
  assert.deepEqual(progress, [1], 'the row counts while the agent works');
  assert.equal(rig.run().status, 'done');
  assert.deepEqual(rig.calls(), ['plan', 'review']);
  assert.equal(rig.server.book.calls.at(-1)?.model, 'claude-top');
  const review = JSON.stringify(rig.server.book.calls.at(-1)?.body);
  assert.match(review, /a \+ b/);
  assert.match(review, /src\/new\.js/);
  assert.match(review, /A-CALLER/, 'the reviewer reads the callers of what changed');
  assert.match(review, /make add add[^]*No new errors/, 'it sees the plan and what the check says');
  assert.doesNotMatch(review, /generated/, 'what Git ignores is no part of the change');
  const work = rig.run().stages[2];
  assert.deepEqual([work?.requests, work?.nanoUsd, work?.usage.cacheRead], [3, 18_000, 2_400], 'as the ledger has it');
  assert.match(runView(rig.run(), '').rows[2]?.facts ?? '', /cached \(80%\).*3 requests/);
  await rig.checkpoints.restore([rig.answer().id], 'x', { ask: false });
  for (const [name, text] of Object.entries(files))
    assert.equal(
      (await vscode.workspace.openTextDocument(vscode.Uri.file(path.join(rig.folder, name)))).getText(),
      text,
    );
  assert.ok(!fs.existsSync(path.join(rig.folder, 'src/new.js')));
});

test('in a workspace with several folders the reviewer reads the callers in the folder of the change', async (t) => {
  const use = 'function total() {\n  return made("A-CALLER");\n}\n';
  const rig = await recipesIn(t, { 'src/add.js': BEFORE, 'src/use.js': use }, ['project', 'other']);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  withAgent(rig, async (write) => {
    await write('src/new.js', 'export function made(x) {\n  return x;\n}\n');
    return {};
  });
  await rig.start('build', 'Add made', [await rig.attached('src/add.js')]);
  await rig.act('approve', 1);
  assert.equal(rig.run().status, 'done');
  const review = JSON.stringify(rig.server.book.calls.at(-1)?.body);
  assert.match(review, /b\/project\/src\/new\.js[^]*project\/src\/use\.js[^]*A-CALLER/);
});

test("a red check sends VS Code's agent back once, and after a limit or a stop the run keeps everything", async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', {
    ...{ label: 'test', cwd: rig.folder },
    command: `node -e "const ok = require('fs').readFileSync('src/add.js', 'utf8').includes('a + b'); console.log(ok ? 'GREEN' : 'RED-OUTPUT'); process.exit(ok ? 0 : 1)"`,
  });
  let round = 0;
  const runs = withAgent(rig, async (write) => {
    await write('src/add.js', ++round === 1 ? BEFORE.replace('-', '*') : AFTER);
    return {};
  });
  await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  await rig.act('approve', 1);
  assert.equal(rig.run().status, 'done');
  assert.equal(runs.length, 2);
  assert.match(runs[1]?.prompt ?? '', /a \* b[^]*RED-OUTPUT[^]*Make it right/);
  assert.deepEqual(
    runs[1]?.limits?.chain.map(({ model }) => model),
    ['qwen-mid'],
    'the same model once more',
  );
  assert.deepEqual([runs[1]?.limits?.requests, rig.run().stages[2]?.requests], [28, 4]);
  await rig.checkpoints.restore([rig.answer().id], 'x', { ask: false });
  assert.equal(await rig.textNow(), BEFORE, 'before the first of both rounds');

  for (const [over, status, words] of [
    [{ state: 'failed', limitWords: 'The stage has used up its requests.' }, 'stopped', /used up its requests/],
    [{ state: 'failed', error: 'No such agent' }, 'failed', /No such agent/],
    [{ state: 'failed', failure: { kind: 'budget', detail: 'Budget: $0.00 left.' } }, 'stopped', /\$0\.00 left/],
    [{ state: 'cancelled' }, 'stopped', /Stopped/],
  ] as const) {
    withAgent(rig, async (write) => {
      await write('src/add.js', `${AFTER}// ${over.state}\n`);
      return over as Partial<AgentEnd>;
    });
    await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
    await rig.act('approve', 1);
    assert.equal(rig.run().status, status);
    assert.match(rig.run().stages[2]?.words ?? '', words);
    assert.equal(rig.run().stages[3]?.status, 'waiting', 'nothing after it is started');
    assert.equal(rig.run().stages[2]?.nanoUsd, 9_000, 'what it cost counts');
    await rig.checkpoints.restore([rig.answer().id], 'x', { ask: false });
    assert.equal(await rig.textNow(), BEFORE);
  }
});

test("where VS Code's agent cannot run, the work is one answer with edits, and the card and the row say why", async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  const { consent } = await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  assert.match(consent.run?.remarks.join(' ') ?? '', /one answer with edits.*does not use your tiers/);
  await rig.act('approve', 1);
  assert.deepEqual(rig.calls(), ['plan', 'work']);
  assert.match(rig.run().stages[2]?.words ?? '', /Waits until you apply.*does not use your tiers/);
});

test('a failing command sends the work back once with its output, then to the next model, then to a person', async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', {
    label: 'test',
    command: `node -e "console.log('RED-OUTPUT'); process.exit(3)"`,
    cwd: rig.host.root,
  });
  await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  await rig.act('approve', 1);
  await rig.edits.apply(undefined);
  await rig.act('go-on', 2);
  assert.equal(rig.run().status, 'paused', 'the second attempt is shown as a diff');
  assert.match(JSON.stringify(rig.server.book.calls[2]?.body), /RED-OUTPUT/);
  await rig.act('go-on', 2);
  assert.match(JSON.stringify(rig.server.book.calls[3]?.body), /RED-OUTPUT/);
  assert.equal(rig.server.book.calls[3]?.model, 'mistral-mid');
  await rig.act('go-on', 2);
  assert.equal(rig.run().status, 'handed-over');
  assert.match(rig.run().stages[3]?.output ?? '', /RED-OUTPUT[^]*Exit code: 3/);
  assert.ok(!rig.calls().includes('review'));
});

test('changes that a red check failed on are applied only after a question that shows its output', async (t) => {
  const rig = await recipesIn(t);
  const check = (command: string): void =>
    void rig.memory.set('gearshift.recipes.check', { label: 'test', command, cwd: rig.host.root });
  check(`node -e "console.log('RED-OUTPUT'); process.exit(3)"`);
  await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  await rig.act('approve', 1);
  await rig.edits.apply(undefined);
  assert.equal(await rig.textNow(), AFTER, 'before the check has looked at it, nothing is asked');
  // Each further round proposes one more line.
  for (const round of [1, 2]) {
    const line = `// round ${round}`;
    rig.answers['work'] =
      `src/add.js\n\`\`\`js\n<<<<<<< SEARCH\n${AFTER}=======\n${line}\n${AFTER}>>>>>>> REPLACE\n\`\`\``;
    await rig.act('go-on', 2);
    assert.equal(rig.run().status, 'paused');
  }
  await rig.act('go-on', 2);
  assert.equal(rig.run().status, 'handed-over');
  assert.match(runView(rig.run(), '').words, /check failed.*not approved.*restore the files/);
  const asked = rig.host.messages.length;
  await rig.edits.apply(undefined);
  assert.equal(rig.host.messages.length, asked + 1, 'asked, and refused');
  assert.match(JSON.stringify(rig.host.messages.at(-1)), /The check of this run failed.*RED-OUTPUT.*Exit code: 3/);
  assert.equal(await rig.textNow(), AFTER);
  rig.host.willClick(/The check of this run failed/, 'Apply Anyway');
  await rig.edits.apply(undefined);
  assert.equal(await rig.textNow(), `// round 2\n${AFTER}`);
});

test('new errors in the editor block the run as well', async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  await rig.act('approve', 1);
  await rig.edits.apply(undefined);
  const uri = vscode.Uri.file(path.join(rig.folder, 'src/add.js'));
  rig.host.diagnostics.set(uri.toString(), [new vscode.Diagnostic(new vscode.Range(0, 0, 0, 1), 'NEW-ERROR') as never]);
  await rig.act('go-on', 2);
  assert.match(JSON.stringify(rig.server.book.calls[2]?.body), /NEW-ERROR/);
});

test('extract: the reasoning model never gets the text, and what it saved is shown', async (t) => {
  const long = Array.from({ length: 900 }, (_, i) => `SECRET-LINE ${i} something happened`).join('\n');
  const rig = await recipesIn(t, { 'log.txt': long });
  rig.host.willPick(/What should/, 'Facts');
  const { consent } = await rig.start('extract', 'Why?', [await rig.attached('log.txt')]);
  assert.equal(rig.run().status, 'done');
  assert.deepEqual(rig.calls(), ['facts', 'answer']);
  const [facts, answer] = rig.server.book.calls.map(({ body }) => JSON.stringify(body));
  assert.match(facts ?? '', /SECRET-LINE 7/);
  assert.doesNotMatch(answer ?? '', /SECRET-LINE/);
  assert.match(answer ?? '', /F1/);
  assert.match(runView(rig.run(), '').words, /read about \d+ tokens in place of about/);
  assert.equal(rig.answer().text, 'The answer.');
  assert.ok((consent.run?.likely ?? 0) > 0);
});

test('the share of drafts that were good enough is counted, and shown before the next run', async (t) => {
  const rig = await recipesIn(t);
  await rig.start('draft', 'A title', []);
  rig.answers['verdict'] = '{"score": 2, "reason": "bad"}';
  await rig.start('draft', 'A title', []);
  assert.deepEqual(rig.calls(), ['draft', 'verdict', 'draft', 'verdict', 'final']);
  const { consent } = await rig.start('draft', 'A title', []);
  assert.match(consent.run?.remarks.join(' ') ?? '', /So far 1 of 2 drafts were good enough/);
});

test('research: the index, the text, the documentation and an attached page are searched; places that do not exist are dropped', async (t) => {
  const padding = Array.from({ length: 40 }, (_, i) => `const other${i} = ${i};`).join('\n');
  const rig = await recipesIn(t, {
    'src/pool.js': `${padding}\nfunction waitBeforeNextAttempt(failures) {\n  return 100 * 2 ** failures;\n}\n${padding}`,
    'docs/limits.md': 'One\nThe MAX_TRIES limit is five.\n',
    'src/unrelated.js': 'export const color = "red";\n',
    'out/generated.js': 'MAX_TRIES MAX_TRIES\n',
    '.gitignore': 'out/\n',
    '.env': 'MAX_TRIES=7\n',
  });
  const page: Attachment = {
    ...{ id: 'u', kind: 'url', label: 'https://example.com/retry', path: '', language: '', notes: '', tokens: 9 },
    text: 'Title\n\nServers answer 429 with MAX_TRIES.',
  };
  rig.answers['queries'] = '{"queries":["wait before the next attempt","MAX_TRIES"]}';
  const claim = (place: string, line: number): object => ({ claim: `CLAIM-${place}-${line}`, path: place, line });
  const places = [
    claim('src/pool.js', 42),
    claim('src/pool.js', 42),
    claim('src/pool.js', 4_000),
    claim('src/none.js', 1),
    claim('https://example.com/retry', 3),
    claim('https://example.com/retry', 4),
    claim('https://example.com/other', 1),
  ];
  rig.answers['claims'] = JSON.stringify({ claims: places });
  rig.answers['synthesis'] = 'See src/pool.js:42, https://example.com/retry:3 and src/gone.js:9.';
  await rig.start('research', 'How long until the next attempt?', [page]);
  assert.equal(rig.run().status, 'done');
  assert.deepEqual(rig.calls(), ['queries', 'claims', 'synthesis']);
  assert.deepEqual(
    rig.server.book.calls.map(({ model }) => model),
    ['qwen-mid', 'qwen-mid', 'claude-top'],
    'only the last stage is expensive',
  );
  const [, claims, synthesis] = rig.server.book.calls.map(({ body }) => JSON.stringify(body));
  for (const words of [
    '42:   return 100',
    '41: function waitBeforeNextAttempt',
    '2: The MAX_TRIES limit',
    '3: Servers answer 429',
  ])
    assert.ok(claims?.includes(words), words);
  assert.doesNotMatch(claims ?? '', /generated|MAX_TRIES=7|color/);
  assert.equal(claims?.match(/waitBeforeNextAttempt/g)?.length, 1, 'what the index shows is not shown twice');
  const kept = new Set(synthesis?.match(/CLAIM-\S+?-\d+/g));
  assert.deepEqual(kept, new Set(['CLAIM-src/pool.js-42', 'CLAIM-https://example.com/retry-3']));
  assert.match(rig.run().stages[2]?.words ?? '', /places that do not exist: src\/gone\.js:9$/);
});

test('extract is offered only where it is computed to be cheaper', async (t) => {
  const long = 'word '.repeat(60_000);
  const rig = await recipesIn(t, { 'log.txt': long, 'small.txt': 'x' });
  const offer = await rig.recipes.offer('Why?', [await rig.attached('log.txt')]);
  assert.match(offer?.words ?? '', /^Extract first: about \$0\.\d+ instead of \$0\.\d+$/);
  assert.equal(await rig.recipes.offer('Why?', [await rig.attached('small.txt')]), undefined);
});

test('attachments go with the run, and are not sent again with the next question', async (t) => {
  const rig = await recipesIn(t);
  rig.session.attach(await rig.attached('src/add.js'));
  await rig.start('draft', 'A title', rig.session.attachments);
  assert.deepEqual(rig.session.attachments, []);
  assert.match(JSON.stringify(rig.server.book.calls[0]?.body), /a - b/);
});

test('refusing the card sends nothing', async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  const running = rig.recipes.start(rig.session, rig.all.get('build') ?? assert.fail(), {
    text: '/build x',
    task: 'x',
    attachments: [],
  });
  await until(() => rig.session.consent !== null, 'the card');
  rig.session.decideConsent(rig.session.consent?.id ?? '', false);
  await running;
  assert.deepEqual([rig.run().status, rig.server.book.calls.length], ['stopped', 0]);
});

test('a run that another window reads from the disk is the run that was shown', async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  const shown = rig.run();
  const { id } = rig.session.thread;
  await rig.session.start();
  await rig.session.open(id);
  assert.deepEqual(rig.run(), JSON.parse(JSON.stringify(shown)));
  await rig.act('approve', 1);
  assert.deepEqual(rig.calls(), ['plan', 'work']);
});

test('compare runs the same task with one model beside the run, from the same files', async (t) => {
  const rig = await recipesIn(t);
  rig.memory.set('gearshift.recipes.check', NO_COMMAND);
  await rig.start('build', 'Fix add', [await rig.attached('src/add.js')]);
  await rig.act('approve', 1);
  await rig.edits.apply(undefined);
  await rig.act('go-on', 2);
  const first = rig.answer();
  rig.host.willClick(/Restore 1 file/, 'Restore');
  const comparing = rig.act('compare');
  await until(() => rig.session.consent !== null, 'the card');
  assert.equal(await rig.textNow(), BEFORE);
  rig.session.decideConsent(rig.session.consent?.id ?? '', true);
  await comparing;
  assert.equal(rig.answer().questionId, first.questionId);
  assert.ok(rig.answer().beside);
  assert.deepEqual(
    rig.run().stages.map(({ name, tier }) => [name, tier]),
    [
      ['work', 'frontier'],
      ['check', undefined],
    ],
  );
});

test('recipes of a workspace count only where it is trusted, and win over shipped ones', async (t) => {
  const own = '---\ndescription: Mine\n---\n## a (mid)\n{{task}}\n';
  const rig = await recipesIn(t, { '.gearshift/recipes/draft.md': own, '.gearshift/recipes/broken.md': '## x' });
  assert.equal((await rig.recipes.library.recipes()).get('draft')?.description, 'Mine');
  assert.equal((await rig.recipes.library.recipes()).has('broken'), false);
  const { consent } = await rig.start('draft', 'Write', []);
  assert.ok(consent.run?.remarks.some((remark) => /file of this workspace.*others may have written/.test(remark)));
  rig.host.trusted = false;
  assert.notEqual((await rig.recipes.library.recipes()).get('draft')?.description, 'Mine');
});

test('a wrong line of a recipe file is marked, and a recipe made from a shipped one is right', async (t) => {
  const rig = await recipesIn(t, { '.gearshift/recipes/broken.md': '---\ndescription: x\n---\n## a\ntext' });
  const diagnostics = new RecipeDiagnostics();
  const open = (name: string) =>
    vscode.workspace.openTextDocument(vscode.Uri.file(path.join(rig.folder, '.gearshift/recipes', name)));
  diagnostics.look(await open('broken.md'));
  const shown = rig.host.diagnosticCollections.find(({ name }) => name === 'gearshift-recipes') ?? assert.fail();
  const marked = [...shown.entries.values()].map((list) => list.map(({ range }) => range.start.line));
  assert.deepEqual(marked, [[3]]);
  rig.host.willPick(/Which recipe/, 'build');
  rig.host.willPick(/Where should/, 'This Workspace');
  rig.host.willType(/Name of the recipe/, 'mine');
  await createRecipe(rig.recipes.library);
  diagnostics.look(await open('mine.md'));
  assert.equal((await rig.recipes.library.recipes()).get('mine')?.stages.length, 5);
  assert.ok(fs.existsSync(path.join(rig.folder, '.gearshift/recipes/mine.md')));
  diagnostics.dispose();
});
