import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { Dismissals } from '../../../src/core/codeTools/dismissals.ts';
import { Authorship, type AuthoredLines } from '../../../src/core/insights/authorship.ts';
import { ReviewChanges } from '../../../src/editor/codeTools/review.ts';
import { asking, type Reply } from '../../support/asking.ts';
import { bookLog } from '../../support/bookLog.ts';
import { until } from '../../support/settle.ts';
import type { Host } from '../../support/vscode/host.ts';
import { startRepository } from '../../support/gitRepository.ts';

/** The review of changes: findings at their lines, as comments and problems, until they are dismissed. */

const FILES = { 'src/pool.ts': 'let a = 1;\nlet size = 1;\nlet z = 1;\n', '.env': 'KEY=1\n' };

function reviewing(t: TestContext, reply: Reply) {
  const repository = startRepository(t, FILES);
  const { asker, asked, rejected, sent } = asking(reply);
  const kept: { dismissed: readonly string[]; authored: readonly AuthoredLines[] } = { dismissed: [], authored: [] };
  const hash = (text: string): string => text;
  const authorship = new Authorship({
    load: () => kept.authored,
    save: (authored) => void (kept.authored = authored),
    hash,
  });
  /** As after a new start of the window. */
  const open = (): ReviewChanges => {
    const opened = new ReviewChanges({
      oneShot: () => Promise.resolve(asker),
      authorship: () => Promise.resolve(authorship),
      dismissals: new Dismissals({ load: () => kept.dismissed, save: (keys) => void (kept.dismissed = keys), hash }),
      log: bookLog(),
    });
    t.after(() => opened.dispose());
    return opened;
  };
  return { ...repository, review: open(), open, authorship, asked, rejected, sent };
}

const finding = (over: object = {}): object => ({
  path: 'src/pool.ts',
  line: 2,
  severity: 'error',
  title: 'Size is never checked',
  detail: 'A negative size hangs.',
  quote: 'let size = 8;',
  ...over,
});
const answer = (...findings: object[]): string => JSON.stringify({ findings });

/** What is on show: `file:line severity title`, comments and problems apart. */
function onShow({ commentControllers, diagnosticCollections }: Host) {
  const [controller, collection] = [commentControllers[0], diagnosticCollections[0]];
  return {
    comments: (controller?.threads ?? []).map(
      ({ uri, range, label, comments: [comment] }) =>
        `${uri.path.split('/').at(-1)}:${(range?.start.line ?? -1) + 1} ${label} ${comment?.body.value.split('\n')[0]}`,
    ),
    problems: [...(collection?.entries ?? [])].flatMap(([uri, found]) =>
      found.map(
        ({ range, severity, message }) => `${uri.split('/').at(-1)}:${range.start.line + 1} ${severity} ${message}`,
      ),
    ),
  };
}

test('a finding is a comment and a problem at its line, and both go when it is dismissed', async (t) => {
  const { host, review, asked } = reviewing(t, () => answer(finding()));
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await review.run(undefined);
  assert.deepEqual(onShow(host), {
    comments: ['pool.ts:2 error Size is never checked'],
    problems: ['pool.ts:2 0 Size is never checked'],
  });
  assert.deepEqual([asked[0]?.task, host.said], ['review', ['1 finding. Cost: free (small).']]);
  assert.equal(host.contexts.get('gearshift.hasReviewFindings'), true);
  review.dismiss({ thread: host.commentControllers[0]?.threads[0] });
  assert.deepEqual(onShow(host), { comments: [], problems: [] });
  assert.equal(host.contexts.get('gearshift.hasReviewFindings'), false, 'the palette offers no clearing');
});

test("a model's text is shown as plain text, without links or commands", async (t) => {
  const { host, review } = reviewing(t, () => answer(finding({ title: '[Fix](command:workbench.action.quit)' })));
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await review.run(undefined);
  const body = host.commentControllers[0]?.threads[0]?.comments[0]?.body as { value: string; isTrusted?: unknown };
  assert.doesNotMatch(body.value, /(?<!\\)\]\(/);
  assert.equal(body.isTrusted, undefined);
});

test('findings that name no line of the change are counted and not shown', async (t) => {
  const { host, review } = reviewing(t, () =>
    answer(finding(), finding({ path: '../../etc/passwd' }), finding({ path: 'src/other.ts' })),
  );
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await review.run(undefined);
  assert.deepEqual(onShow(host).comments.length, 1);
  assert.match(host.said.join(), /^1 finding\. 2 findings were dropped because they don't point to a changed line\./);
});

test('with more than one kind of change the user says which; closing the list sends nothing', async (t) => {
  const { host, git, review, asked, sent } = reviewing(t, () => answer());
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  git('add', '-A');
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 9'));
  host.willPick(/What should be reviewed/, undefined);
  await review.run(undefined);
  assert.equal(asked.length, 0);
  host.willPick(/What should be reviewed/, 'Staged changes');
  await review.run(undefined);
  assert.match(sent(), /let size = 8;/);
  assert.doesNotMatch(sent(), /let size = 9;/);
  assert.deepEqual(host.said, ['The review found nothing. Cost: free (small).']);
});

test('a branch is reviewed against the one that it came from', async (t) => {
  const { host, git, repository, review, sent } = reviewing(t, () => answer());
  git('checkout', '-q', '-b', 'feature');
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  git('commit', '-qam', 'Grow');
  repository.state.HEAD = { commit: git('rev-parse', 'HEAD').trim() };
  await review.run(undefined);
  assert.match(sent(), /let size = 8;/);
});

test('secret files never leave, and where only those changed nothing is asked', async (t) => {
  const { host, review, asked } = reviewing(t, () => answer());
  host.write('.env', 'KEY=topsecret\n');
  await assert.rejects(review.run(undefined), /There are no changes to review\. .*secret/);
  assert.equal(asked.length, 0);
});

test('an answer in another form is not accepted; a canceled one says nothing, and both show nothing', async (t) => {
  const answers = ['Looks good to me!', undefined];
  const { host, review, rejected } = reviewing(t, () => answers.shift());
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await review.run(undefined);
  await review.run(undefined);
  assert.deepEqual([rejected, host.said], [['it contains no list of findings'], []]);
  assert.deepEqual(onShow(host), { comments: [], problems: [] });
});

test('Cancel in the progress ends the call', async (t) => {
  const { host, review } = reviewing(t, (_, signal) => {
    host.progress[0]?.cancel();
    return signal.aborted ? undefined : answer(finding());
  });
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await review.run(undefined);
  assert.deepEqual([onShow(host).comments, host.said], [[], []]);
});

test('a line that the file no longer has is left out', async (t) => {
  const { host, review } = reviewing(t, () => {
    host.type('src/pool.ts', 'let a = 1;');
    return answer(finding());
  });
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await host.open(host.uri('src/pool.ts'));
  await review.run(undefined);
  assert.deepEqual(onShow(host), { comments: [], problems: [] });
});

test('a new review takes the place of the last; two at once leave no comment that cannot be dismissed', async (t) => {
  let asked = 0;
  const { host, review } = reviewing(t, async () => {
    const title = `Finding ${++asked}`;
    // The answers of the two come in the same moment.
    if (asked > 1) await until(() => asked === 3);
    return answer(finding({ title }));
  });
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await review.run(undefined);
  host.documents.length = 0;
  await Promise.all([review.run(undefined), review.run(undefined)]);
  assert.equal(onShow(host).comments.length, 1);
  assert.equal(onShow(host).problems.length, 1);
  review.clear();
  assert.deepEqual(onShow(host), { comments: [], problems: [] });
});

test('an answer that comes after the extension ended shows nothing and causes no error', async (t) => {
  const { host, review } = reviewing(t, () => {
    review.dispose();
    return answer(finding());
  });
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('size = 1', 'size = 8'));
  await review.run(undefined);
  assert.deepEqual([host.commentControllers[0]?.isDisposed, host.diagnosticCollections[0]?.isDisposed], [true, true]);
  assert.deepEqual(onShow(host), { comments: [], problems: [] });
});

const CHANGED = FILES['src/pool.ts'].replace('size = 1', 'size = 8');

test('a dismissed finding is not raised again, not in another window and not when lines were added above it', async (t) => {
  const { host, review, open } = reviewing(t, ({ messages }) => {
    const line = (messages.at(-1)?.content ?? '').split('\n').findIndex((text) => /let size = 8;/.test(text));
    const number = Number(/^\s*(\d+)/.exec((messages.at(-1)?.content ?? '').split('\n')[line] ?? '')?.[1]);
    return answer(
      finding({ line: number, kind: 'edge-case', title: `Worded as never before ${Math.random()}` }),
      finding({ line: number, kind: 'security', title: 'Another kind' }),
    );
  });
  host.write('src/pool.ts', CHANGED);
  await review.run(undefined);
  const [first] = host.commentControllers[0]?.threads ?? [];
  review.dismiss({ thread: first });
  host.write('src/pool.ts', `// new\n// lines\n${CHANGED}`);
  host.documents.length = 0;
  await review.run(undefined);
  assert.deepEqual(onShow(host).comments, ['pool.ts:4 error Another kind']);
  assert.match(host.said.at(-1) ?? '', /^1 finding\. 1 finding that you dismissed before is not shown\./);

  const later = open();
  host.willClick(/dismissed before/, 'Show Dismissed');
  await later.run(undefined);
  await until(() => (host.commentControllers.at(-1)?.threads.length ?? 0) === 2);
  await later.run(undefined);
  assert.equal(host.commentControllers.at(-1)?.threads.length, 2, 'shown again means raised again');
});

test('the reviewer reads the functions that changed, their callers and their tests, and nothing that no model may see', async (t) => {
  const lines = [
    'import { log } from "./log";',
    'export function take(n: number) {',
    '  const found = n;',
    '  log(found);',
    '  return found;',
    '}',
    '',
    'export function other() {',
    '  return 1;',
    '}',
  ];
  const { host, git, review, sent } = reviewing(t, () => answer());
  host.write('src/take.ts', `${lines.join('\n')}\n`);
  host.write('src/caller.ts', 'import { take } from "./take";\n\nexport const all = () => take(100);\n');
  host.write('test/take.test.ts', 'test("takes", () => {\n  equal(take(2), 2);\n});\n');
  host.write('src/.env.ts/.env', 'take(1) canary\n');
  host.write('src/unrelated.ts', 'export const untaken = 1;\n');
  git('add', '-A', '-f');
  git('commit', '-qm', 'More');
  host.write('src/take.ts', `${lines.join('\n').replace('const found = n;', 'const found = n + 1;')}\n`);
  await review.run(undefined);
  assert.match(sent(), /src\/take\.ts \(changed: take\):\n {4}2 export function take/);
  assert.match(sent(), /src\/caller\.ts \(uses take\):[\s\S]* {4}3 export const all = \(\) => take\(100\);/);
  assert.match(sent(), /test\/take\.test\.ts \(tests take\):[\s\S]*equal\(take\(2\), 2\)/);
  assert.doesNotMatch(sent(), /canary|untaken|function other/);
});

test('the model that wrote the lines is named to be avoided; lines of the user name none', async (t) => {
  const { host, review, authorship, asked } = reviewing(t, () => answer());
  host.write('src/pool.ts', CHANGED);
  await review.run(undefined);
  assert.deepEqual(asked[0]?.avoid, []);
  authorship.note('writer-1', ['  let size = 8;\n}']);
  host.documents.length = 0;
  await review.run(undefined);
  assert.deepEqual(asked[1]?.avoid, ['writer-1']);
  assert.match(
    host.said.at(-1) ?? '',
    /Cost: free \(small\)\. writer-1 wrote some of these lines, so its family was not asked\./,
  );
});

/** The kinds of answers of a language server to what declares something in `src/take.ts` and who uses it. */
const SERVERS = {
  'a language server': (host: Host) => {
    const at = (line: number, column = 0, end = line): vscode.Range => new vscode.Range(line, column, end, column);
    const take = new vscode.DocumentSymbol('take(n)', '', vscode.SymbolKind.Function, at(0, 0, 3), at(0, 16));
    host.commands.set('vscode.executeDocumentSymbolProvider', () => [take]);
    host.commands.set('vscode.executeReferenceProvider', (_: vscode.Uri, { line, character }: vscode.Position) =>
      line === 0 && character === 16 ? [new vscode.Location(host.uri('src/caller.ts'), at(2))] : [],
    );
  },
  'a language server that never answers': (host: Host) => {
    for (const name of ['vscode.executeDocumentSymbolProvider', 'vscode.executeReferenceProvider'])
      host.commands.set(name, () => new Promise(() => undefined));
  },
  'a language server that fails': (host: Host) => {
    for (const name of ['vscode.executeDocumentSymbolProvider', 'vscode.executeReferenceProvider'])
      host.commands.set(name, () => Promise.reject(new Error('crashed')));
  },
};

for (const [name, serve] of Object.entries(SERVERS))
  test(`the callers of what changed are read with ${name}`, async (t) => {
    const { host, git, review, sent } = reviewing(t, () => answer());
    host.write('src/take.ts', 'export function take(n: number) {\n  return n;\n}\n');
    host.write('src/caller.ts', 'import { take } from "./take";\n\nexport const all = () => take(100);\n');
    git('add', '-A', '-f');
    git('commit', '-qm', 'More');
    host.write('src/take.ts', 'export function take(n: number) {\n  return n + 1;\n}\n');
    serve(host);
    await review.run(undefined);
    assert.match(sent(), /src\/take\.ts \(changed: take\)/);
    assert.match(sent(), /src\/caller\.ts \(uses take\):[\s\S]*take\(100\)/);
  });
