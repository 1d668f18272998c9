import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { EventEmitter, workspace, type TextDocument, type Uri } from 'vscode';
import { OutcomeWatch } from '../../../src/editor/insights/outcomeWatch.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { openWindow } from '../../support/window.ts';

/** Code of an answer in the editor: pasted, inserted, edited, and found in commits. */

const CODE = 'export function mean(list: number[]) {\n  return sum(list) / list.length;\n}';
const BY = { callId: 'call-1', tier: 'mid', task: 'chat', model: 'lab/big' } as const;

/** A repository as VS Code's git extension tells of it. */
class Repository {
  readonly rootUri: Uri;
  readonly #changed = new EventEmitter<void>();
  readonly state: {
    HEAD: { name?: string; commit?: string } | undefined;
    workingTreeChanges: { uri: Uri }[];
    readonly onDidChange: EventEmitter<void>['event'];
  } = { HEAD: { name: 'main', commit: 'a1' }, workingTreeChanges: [], onDidChange: this.#changed.event };

  constructor(rootUri: Uri) {
    this.rootUri = rootUri;
  }
  /** @param open files that are not, or not whole, in the commit */
  head(name: string, commit: string, open: readonly Uri[] = []): void {
    this.state.HEAD = { name, commit };
    this.state.workingTreeChanges = open.map((uri) => ({ uri }));
    this.#changed.fire();
  }
}

async function watch(t: TestContext) {
  const { host, log } = openWindow(t);
  const [folder] = host.folders;
  assert.ok(folder);
  const repository = new Repository(folder.uri);
  const opened = new EventEmitter<Repository>();
  const api = { repositories: [repository], onDidOpenRepository: opened.event };
  host.extensions.set('vscode.git', {
    isActive: true,
    exports: { getAPI: () => api },
    activate: () => Promise.resolve(),
  });
  const store = await openSqliteLedger({ file: path.join(host.root, 'ledger.db'), windowId: 'w1' });
  t.after(() => store.close());
  const outcomes = new OutcomeWatch(() => Promise.resolve(store), log);
  t.after(() => outcomes.dispose());
  host.write('a.ts', 'const a = 1;\n');
  await host.show('a.ts');
  return {
    host,
    outcomes,
    repository,
    async rows() {
      await outcomes.end();
      const all = await store.answerOutcomes({ since: 0, until: Number.MAX_SAFE_INTEGER });
      return all.map(({ kind, kept, characters, callId }) => ({ kind, kept, characters, callId }));
    },
  };
}

test('code that is copied from an answer and pasted is followed to the next commit that holds its file', async (t) => {
  const { host, outcomes, repository, rows } = await watch(t);
  outcomes.followCode(BY, { text: CODE });
  assert.equal(outcomes.survivalTracker.size, 0, 'copied is not pasted');
  host.type('a.ts', 'const a = 1;\nlet other;\n');
  assert.equal(outcomes.survivalTracker.size, 0, 'another text is not the copied one');
  // The editor indents what is pasted.
  const indented = CODE.replaceAll('\n', '\n    ');
  host.type('a.ts', `const a = 1;\nlet other;\n${indented}\n`);
  assert.equal(outcomes.survivalTracker.size, 1);
  host.type('a.ts', `const a = 1;\nlet other;\n${indented}\n${indented}\n`);
  assert.equal(outcomes.survivalTracker.size, 1, 'a copy is followed once');

  const file = host.uri('a.ts');
  repository.head('main', 'b2', [file]);
  assert.deepEqual(await rows(), [], 'a commit without the file says nothing of it');
  repository.head('feature', 'c3');
  assert.deepEqual(await rows(), [], 'a checkout is no commit');
  repository.head('feature', 'd4');
  const [row, ...more] = await rows();
  assert.deepEqual(more, []);
  assert.ok(row && row.kind === 'there-commit' && row.callId === 'call-1');
  assert.equal(row.kept, row.characters);
  repository.head('feature', 'e5');
  assert.equal((await rows()).length, 1, 'the next commit alone counts');
});

test('of inserted code that was changed before the commit, a part is found', async (t) => {
  const { host, outcomes, repository, rows } = await watch(t);
  const document = host.find(host.uri('a.ts'));
  assert.ok(document);
  host.type('a.ts', `${CODE}\nconst a = 1;\n`);
  outcomes.followCode(BY, { text: CODE, placed: { document: document as never, at: [0] } });
  host.type('a.ts', `${CODE.replace('sum(list) / list.length', '0')}\nconst a = 1;\n`);
  repository.head('main', 'b2');
  const [row] = await rows();
  assert.equal(row?.kind, 'there-commit');
  assert.ok(row.kept !== null && row.kept > 0 && row.kept < row.characters, `${row.kept} of ${row.characters}`);
});

test('code in a new file is followed when the file gets its name, to its commit; a draft that is thrown away is given up', async (t) => {
  const { host, outcomes, repository, rows } = await watch(t);
  const draft = async () => {
    const document = await workspace.openTextDocument({ content: CODE, language: 'typescript' });
    outcomes.followCode(BY, { text: CODE, placed: { document, at: [0] } });
    return document;
  };
  const close = (document: TextDocument) => {
    host.documents.splice(host.documents.indexOf(document as never), 1);
    host.didClose.fire(document as never);
  };
  const kept = await draft();
  host.write('mean.ts', CODE);
  await host.show('mean.ts');
  close(kept);
  assert.equal(outcomes.survivalTracker.size, 1, 'it is followed in the file');
  host.type('mean.ts', CODE.replace('sum(list) / list.length', '0'));
  repository.head('main', 'b2');
  const [row] = await rows();
  assert.equal(row?.kind, 'there-commit');
  assert.ok(row.kept !== null && row.kept > 0 && row.kept < row.characters);

  t.mock.timers.enable({ apis: ['setTimeout'] });
  const before = outcomes.survivalTracker.size;
  close(await draft());
  assert.equal(outcomes.survivalTracker.size, before + 1, 'a file may still open');
  t.mock.timers.tick(1_000);
  assert.equal(outcomes.survivalTracker.size, before);
});

test('a copy that is not pasted, or pasted with other words, is not followed; without Git nothing breaks', async (t) => {
  const { host, outcomes, rows } = await watch(t);
  outcomes.followCode(BY, { text: CODE });
  host.type('a.ts', `const a = 1;\n${CODE.replace('mean', 'median')}\n`);
  assert.equal(outcomes.survivalTracker.size, 0);
  host.extensions.delete('vscode.git');
  host.type('a.ts', 'const a = 1;\n');
  host.type('a.ts', `const a = 1;\n${CODE}\n`);
  assert.equal(outcomes.survivalTracker.size, 1);
  assert.deepEqual(await rows(), []);
});
