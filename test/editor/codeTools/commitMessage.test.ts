import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ActionError } from '../../../src/editor/platform/actionError.ts';
import { CommitMessages } from '../../../src/editor/codeTools/commitMessage.ts';
import { asking, type Reply } from '../../support/asking.ts';
import { bookLog } from '../../support/bookLog.ts';
import { startHost } from '../../support/vscode/host.ts';
import { startRepository } from '../../support/gitRepository.ts';

/** Commit messages: about what is staged, into the box of the SCM view, never over what the user types. */

const FILES = { 'src/pool.ts': 'let size = 1;\n', '.env': 'KEY=1\n', 'notes.md': 'one\n' };

function writing(t: TestContext, reply: Reply, conventional = false) {
  const repository = startRepository(t, FILES);
  const { asker, asked, rejected, sent } = asking(reply);
  const messages = new CommitMessages(
    () => Promise.resolve(asker),
    () => conventional,
    bookLog(),
  );
  return { ...repository, messages, asked, rejected, sent };
}

test('the message is about what is staged, not about what else has changed', async (t) => {
  const { host, git, repository, messages, asked, sent } = writing(t, () => 'Grow the pool');
  host.write('src/pool.ts', 'let size = 8;\n');
  git('add', 'src/pool.ts');
  host.write('notes.md', 'private thoughts\n');
  await messages.write(undefined);
  assert.equal(repository.inputBox.value, 'Grow the pool');
  assert.match(sent(), /\+let size = 8;/);
  assert.doesNotMatch(sent(), /private thoughts/);
  assert.match(sent(), /First version/, 'the style of the last commits goes along');
  assert.deepEqual([asked[0]?.task, asked[0]?.action, host.said], ['commit', 'commit-message', []]);
});

test('with nothing staged it is about all changes and says so; new files are named, secret ones never', async (t) => {
  const { host, repository, messages, sent } = writing(t, () => 'Grow the pool');
  host.write('src/pool.ts', 'let size = 8;\n');
  host.write('.env', 'KEY=topsecret\n');
  const untracked = 7;
  repository.state.workingTreeChanges = [
    { uri: host.write('src/new.ts', 'fresh\n'), status: untracked },
    { uri: host.write('id_rsa', 'key\n'), status: untracked },
    { uri: host.uri('src/pool.ts'), status: 5 },
  ];
  await messages.write(undefined);
  assert.match(sent(), /\+let size = 8;/);
  assert.match(sent(), /src\/new\.ts/);
  assert.doesNotMatch(sent(), /topsecret|id_rsa/);
  assert.match(host.said.join(), /Nothing is staged, so the message covers all changes\./);
});

test('users who never stage get no notification at each message: the status bar says what it covers', async (t) => {
  const { host, repository, messages } = writing(t, () => 'Grow the pool');
  host.write('src/pool.ts', 'let size = 8;\n');
  await messages.write(undefined);
  assert.equal(repository.inputBox.value, 'Grow the pool');
  assert.deepEqual([host.said, host.statusMessages], [[], ['Nothing is staged, so the message covers all changes.']]);
});

test('what the user types in the meantime is kept unless the user wants the written one', async (t) => {
  for (const [click, expected] of [
    [undefined, 'mine'],
    ['Use It', 'Grow the pool'],
  ] as const) {
    await t.test(click ?? 'dismissed', async (t) => {
      const { host, git, repository, messages } = writing(t, () => {
        repository.inputBox.value = 'mine';
        return 'Grow the pool';
      });
      host.write('src/pool.ts', 'let size = 8;\n');
      git('add', '-A');
      if (click) host.willClick(/typed one in the meantime/, click);
      await messages.write(undefined);
      assert.equal(repository.inputBox.value, expected);
    });
  }
});

test('a draft that was there before is sent with it and is replaced', async (t) => {
  const { host, git, repository, messages, sent } = writing(t, () => 'Grow the pool (#12)');
  host.write('src/pool.ts', 'let size = 8;\n');
  git('add', '-A');
  repository.inputBox.value = 'closes #12';
  await messages.write(undefined);
  assert.match(sent(), /closes #12/);
  assert.equal(repository.inputBox.value, 'Grow the pool (#12)');
});

test('the button stops the call, and the box stays as it was', async (t) => {
  let aborted = false;
  const { host, git, repository, messages } = writing(t, (_, signal) => {
    assert.equal(host.contexts.get('gearshift.writesCommitMessage'), true);
    messages.stop();
    aborted = signal.aborted;
    return undefined;
  });
  host.write('src/pool.ts', 'let size = 8;\n');
  git('add', '-A');
  await messages.write(undefined);
  assert.deepEqual([aborted, repository.inputBox.value], [true, '']);
  assert.equal(host.contexts.get('gearshift.writesCommitMessage'), false);
});

test('a second press while a message is written sends nothing', async (t) => {
  const { host, git, messages, asked } = writing(t, async () => {
    await messages.write(undefined);
    return 'Grow the pool';
  });
  host.write('src/pool.ts', 'let size = 8;\n');
  git('add', '-A');
  await messages.write(undefined);
  assert.equal(asked.length, 1);
});

test('another tier that is asked while a message is written waits for the stopped call, and then writes it', async (t) => {
  let again: Promise<void> | undefined;
  const { host, git, repository, messages, asked } = writing(t, async (request) => {
    if (request.tier === 'frontier') return 'Grow the pool to eight';
    again = request.again?.('frontier');
    await new Promise((resolve) => setTimeout(resolve, 20));
    return undefined;
  });
  host.write('src/pool.ts', 'let size = 8;\n');
  git('add', '-A');
  await messages.write(undefined);
  await again;
  assert.deepEqual(
    asked.map(({ tier }) => tier),
    [undefined, 'frontier'],
  );
  assert.equal(repository.inputBox.value, 'Grow the pool to eight');
});

test('every way in which there is nothing to write has a message, and the button comes back', async (t) => {
  const { host, git, api, repository, messages, asked, rejected } = writing(t, () => '```\n```');
  await assert.rejects(messages.write(undefined), /There is no change to describe\./);
  host.write('.env', 'KEY=2\n');
  git('add', '-A');
  await assert.rejects(messages.write(undefined), /There is no change to describe\. .*secret/);
  assert.equal(asked.length, 0);
  host.write('src/pool.ts', 'let size = 8;\n');
  git('add', '-A');
  await messages.write(undefined);
  assert.deepEqual(rejected, ['it contains no commit message'], 'the next model is asked, then the user is told');
  assert.equal(repository.inputBox.value, '');
  api.repositories.length = 0;
  api.getRepository = () => null as never;
  let made = 0;
  host.commands.set('git.init', () => made++);
  const error: unknown = await messages.write(undefined).catch((error: unknown) => error);
  assert.ok(error instanceof ActionError);
  assert.deepEqual([error.message, error.action], ['There is no git repository here.', 'Initialize Repository']);
  await error.run();
  assert.equal(made, 1);
  assert.equal(host.contexts.get('gearshift.writesCommitMessage'), false);
});

test('without the git extension there is a message too', async (t) => {
  startHost(t);
  const { asker } = asking(() => 'x');
  const messages = new CommitMessages(
    () => Promise.resolve(asker),
    () => false,
    bookLog(),
  );
  await assert.rejects(messages.write(undefined), /There is no git repository here/);
});

test('T21 whatever another extension passes, the message is about the window’s own repository, once for two calls at once', async (t) => {
  const { host, git, repository, messages, asked, sent } = writing(t, () => 'Grow the pool');
  host.write('src/pool.ts', 'let size = 8;\n');
  git('add', 'src/pool.ts');
  const odd: readonly unknown[] = [
    null,
    'https://sink.example',
    { rootUri: 'file:///etc' },
    { rootUri: { scheme: 'file', path: '/etc', fsPath: '/etc' } },
    { provider: 'x', key: 'sk-x', baseUrl: 'https://sink.example' },
    [1, 2],
    () => 1,
  ];
  for (const argument of odd) {
    repository.inputBox.value = '';
    await messages.write(argument);
    assert.equal(repository.inputBox.value, 'Grow the pool');
    assert.match(sent(), /\+let size = 8;/);
    assert.doesNotMatch(sent(), /sink\.example|sk-x/);
  }
  assert.equal(asked.length, odd.length);
  await Promise.all([messages.write({}), messages.write({}), messages.write({})]);
  assert.equal(asked.length, odd.length + 1);
});
