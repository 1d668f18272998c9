import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { settle, until } from '../../support/settle.ts';
import type { WebviewPanel } from '../../support/vscode/surfaces.ts';
import { chatIn } from './rig.ts';

/** The chat from the page's side: what a page says, what comes back, and what happens in the editor. */

test('a page that is ready gets its translations, then the state; a question shows up with its answer', async (t) => {
  const { posted, state, ready, ask, turns, calls } = await chatIn(t);
  await ready();
  assert.deepEqual([posted[0]?.kind, posted[1]?.kind], ['init', 'state']);
  assert.deepEqual(
    state()?.tiers.map(({ tier, ready }) => [tier, ready]),
    [
      ['auto', true],
      ['local', true],
      ['mid', true],
      ['frontier', true],
    ],
  );
  await ask('why?');
  assert.deepEqual(
    turns().map(({ role, text }) => [role, text]),
    [
      ['user', 'why?'],
      ['assistant', 'answer'],
    ],
  );
  assert.match(JSON.stringify(calls[0]?.request), /why\?/);
});

test('a message that is not on the list does nothing', async (t) => {
  const { place, calls, posted, log, ready } = await chatIn(t);
  await ready();
  const before = posted.length;
  for (const message of [
    null,
    'ask',
    { kind: 'ask' },
    { kind: 'ask', text: 'x', tier: 'cheapest' },
    { kind: 'eval', code: '1' },
    { kind: 'useCode', turnId: '../../etc', block: 0, use: 'copy' },
  ])
    place.webview.say(message);
  await settle();
  assert.deepEqual([calls.length, posted.length, log.errors], [0, before, []]);
});

test('the page may load its own script and style and nothing else', async (t) => {
  const { place } = await chatIn(t);
  assert.match(place.webview.html, /default-src 'none'/);
  assert.doesNotMatch(place.webview.html, /unsafe-inline|unsafe-eval|https:/);
});

test('a question while an answer is in progress goes back into the composer with the reason', async (t) => {
  const { say, last, replies, ready, answer, calls } = await chatIn(t);
  await ready();
  const gate = Promise.withResolvers<string>();
  replies.push(() => gate.promise);
  say({ kind: 'ask', text: 'first', tier: 'mid' });
  await until(() => calls.length === 1);
  say({ kind: 'ask', text: 'second', tier: 'mid' });
  await until(() => last('refused') !== undefined);
  assert.equal(last('refused')?.words, 'An answer is in progress, so your question was not sent.');
  gate.resolve('done');
  await until(() => answer()?.state === 'done');
  assert.equal(calls.length, 1);
});

test('Stop ends the call and keeps what has come', async (t) => {
  const { say, replies, ready, answer, calls } = await chatIn(t);
  await ready();
  replies.push(async (_, signal) => {
    await until(() => signal.aborted, 'the stop');
    return 'half';
  });
  say({ kind: 'ask', text: 'long', tier: 'mid' });
  await until(() => calls.length === 1);
  say({ kind: 'stop' });
  await until(() => answer()?.state === 'cancelled');
  assert.equal(answer()?.words, 'Stopped.');
});

test('what is attached shows as a chip, is sent with the question and can be removed', async (t) => {
  const { host, say, last, state, ready, ask, calls, turns } = await chatIn(t, {
    files: { 'src/a.ts': 'let secretSauce = 1;\n' },
  });
  await ready();
  say({ kind: 'suggest', seq: 1, mention: 'file', query: 'a.ts' });
  await until(() => last('suggestions') !== undefined);
  const [item] = last('suggestions')?.items ?? [];
  say({ kind: 'choose', suggestionId: item?.id ?? '' });
  await until(() => state()?.chips.length === 1);
  assert.equal(state()?.chips[0]?.label, 'src/a.ts');
  say({ kind: 'attachText', name: '', text: 'zebra\u202e stripes' });
  await until(() => state()?.chips.length === 2);
  const pasted = state()?.chips[1];
  assert.equal(pasted?.hidden, 1);
  say({ kind: 'stripHidden', chipId: pasted?.id ?? '' });
  await until(() => state()?.chips[1]?.hidden === undefined);
  say({ kind: 'detach', chipId: pasted?.id ?? '' });
  await until(() => state()?.chips.length === 1);
  await ask('what is it?');
  assert.match(JSON.stringify(calls[0]?.request), /secretSauce/);
  assert.doesNotMatch(JSON.stringify(calls[0]?.request), /zebra/);
  const [asked] = turns();
  assert.equal(asked?.role === 'user' && asked.chips[0]?.label, 'src/a.ts');
  assert.deepEqual(host.said, []);
});

test('a question waits for what is being attached, and comes back where that fails', async (t) => {
  const { host, say, last, ready, calls, answer } = await chatIn(t);
  await ready();
  host.terminal = { name: 'zsh' };
  let copied = Promise.withResolvers<string>();
  host.commands.set('workbench.action.terminal.copySelection', async () => {
    host.clipboard = await copied.promise;
  });
  const chooseAndAsk = async (seq: number, text: string): Promise<void> => {
    say({ kind: 'suggest', seq, mention: 'terminal', query: '' });
    await until(() => last('suggestions')?.seq === seq);
    say({ kind: 'choose', suggestionId: last('suggestions')?.items[0]?.id ?? '' });
    say({ kind: 'ask', text, tier: 'mid' });
    await settle();
  };
  await chooseAndAsk(1, 'what is it?');
  assert.equal(calls.length, 0);
  copied.resolve('zebra crossing');
  await until(() => answer()?.state === 'done');
  assert.match(JSON.stringify(calls[0]?.request), /zebra crossing/);

  copied = Promise.withResolvers();
  await chooseAndAsk(2, 'and now?');
  copied.resolve('');
  await until(() => last('refused') !== undefined);
  assert.equal(last('refused')?.words, 'Something could not be attached, so your question was not sent.');
  assert.deepEqual(host.said, ['Select the lines in the terminal first.']);
  assert.equal(calls.length, 1);
});

test('what cannot be attached has a message, and nothing is attached', async (t) => {
  const { host, say, last, state, ready } = await chatIn(t, { files: { 'a.ts': 'x\n' } });
  await ready();
  host.terminal = { name: 'zsh' };
  host.commands.set('workbench.action.terminal.copySelection', () => undefined);
  say({ kind: 'suggest', seq: 1, mention: 'terminal', query: '' });
  await until(() => last('suggestions') !== undefined);
  say({ kind: 'choose', suggestionId: last('suggestions')?.items[0]?.id ?? '' });
  await until(() => host.said.length > 0);
  assert.deepEqual(host.said, ['Select the lines in the terminal first.']);
  assert.deepEqual(state()?.chips, []);
});

test('a prompt is sent in its own words with the context that it wants, or says that it has none', async (t) => {
  const { host, say, last, calls, ready, ask } = await chatIn(t, { files: { 'a.ts': 'let code = 1;\n' } });
  await ready();
  say({ kind: 'ask', text: '/explain', tier: 'mid' });
  await until(() => last('refused') !== undefined);
  assert.match(last('refused')?.words ?? '', /\/explain has nothing to work on/);
  assert.equal(calls.length, 0);
  await host.show('a.ts', 0, 0, 0, 13);
  await ask('/explain');
  assert.match(
    JSON.stringify(calls[0]?.request),
    /Explain this code[^]*let code = 1;|let code = 1;[^]*Explain this code/,
  );
});

test('a picture is not sent to a model that is known to take none', async (t) => {
  const { say, last, state, calls, ready } = await chatIn(t, { model: 'codestral' });
  await ready();
  say({ kind: 'attachImage', name: '', mime: 'image/png', data: 'AAAA' });
  await until(() => state()?.chips.length === 1);
  say({ kind: 'ask', text: 'what is this?', tier: 'mid' });
  await until(() => last('refused') !== undefined);
  assert.match(last('refused')?.words ?? '', /^codestral doesn't accept images/);
  assert.equal(calls.length, 0);
});

test('links of answers open in the browser when they are web addresses, and only then', async (t) => {
  const { host, say, ready } = await chatIn(t);
  await ready();
  for (const href of ['https://example.org/a', 'command:workbench.action.quit', 'file:///etc/passwd', 'vscode://x'])
    say({ kind: 'openLink', href });
  await settle();
  assert.deepEqual(host.openedOutside.map(String), ['https://example.org/a']);
});

test('files that an answer names become links once they exist, and open at their line', async (t) => {
  const { host, say, last, replies, ready, ask, answer } = await chatIn(t, {
    files: { 'src/a.ts': 'one\ntwo\nthree\n' },
  });
  await ready();
  replies.push('See `src/a.ts:2` and `src/missing.ts`.');
  await ask('where?');
  await until(() => last('files') !== undefined);
  assert.deepEqual(last('files')?.paths, ['src/a.ts']);
  const turnId = answer()?.id ?? '';
  say({ kind: 'openFile', turnId, path: 'src/a.ts', line: 2 });
  await until(() => host.activeEditor !== undefined);
  assert.equal(host.activeEditor?.selection.active.line, 1);
  say({ kind: 'openFile', turnId, path: '../../etc/passwd' });
  await settle();
  assert.equal(host.tabs.length, 1);
});

test('a link whose file is gone says so', async (t) => {
  const { host, say, last, log, replies, ready, ask, answer } = await chatIn(t, { files: { 'src/a.ts': 'one\n' } });
  await ready();
  replies.push('See `src/a.ts`.');
  await ask('where?');
  await until(() => last('files') !== undefined);
  fs.rmSync(host.uri('src/a.ts').fsPath);
  say({ kind: 'openFile', turnId: answer()?.id ?? '', path: 'src/a.ts' });
  await until(() => host.messages.some(({ kind }) => kind === 'error'));
  assert.match(log.errors.join(), /openFile/);
});

test('an answer is copied as it is, and handed over with its question and without secrets', async (t) => {
  const { host, say, ready, ask, replies, answer } = await chatIn(t);
  await ready();
  replies.push('Use it **so**.');
  await ask('my key is ghp_16C7e42F292c6912E7710c838347Ae178B4a, why?');
  const turnId = answer()?.id ?? '';
  say({ kind: 'copyAnswer', turnId });
  await until(() => host.clipboard === 'Use it **so**.');
  say({ kind: 'handoff', turnId, to: 'file' });
  await until(() => host.activeEditor !== undefined);
  const text = host.activeEditor?.document.getText() ?? '';
  assert.match(text, /why\?/);
  assert.doesNotMatch(text, /ghp_16C7/);
  assert.equal(host.activeEditor?.document.isUntitled, true);
});

test('a block is applied with its question; the card follows what becomes of it, and undoes once', async (t) => {
  const { say, ready, ask, replies, answer, applied, view } = await chatIn(t);
  await ready();
  replies.push('```ts\nlet a = 1;\n```\n');
  await ask('write it');
  const turnId = answer()?.id ?? '';
  say({ kind: 'applyCode', turnId, block: 0 });
  await until(() => applied.length === 1);
  assert.deepEqual(applied[0], ['```ts\nlet a = 1;\n```\n', 'write it', 0]);
  let undone = 0;
  const edit = { id: 'e1', files: ['a.ts'], problems: null, undo: () => Promise.resolve(++undone > 0), fix: null };
  assert.equal(view.showApplied(turnId, edit), true);
  assert.equal(answer()?.applied?.words, 'Applied to a.ts. Looking for new problems …');
  view.showApplied(turnId, { ...edit, problems: ['1: wrong'], fix: () => Promise.resolve() });
  assert.deepEqual([answer()?.applied?.problems, answer()?.applied?.canFix], [['1: wrong'], true]);
  say({ kind: 'applied', turnId, do: 'undo' });
  await until(() => answer()?.applied?.state === 'undone');
  say({ kind: 'applied', turnId, do: 'undo' });
  await settle();
  assert.equal(undone, 1);
  view.showApplied(turnId, { ...edit, problems: ['late'] });
  assert.equal(answer()?.applied?.state, 'undone', 'late problems of what was undone are of no interest');
  say({ kind: 'applied', turnId, do: 'dismiss' });
  await until(() => answer()?.applied === undefined);
});

test('secrets that were masked on their way are restored into code that is used', async (t) => {
  const secret = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
  const { host, say, ready, ask, replies, answer, applied } = await chatIn(t);
  await ready();
  const { nameSecret } = await import('../../../src/editor/platform/installKey.ts');
  replies.push(`\`\`\`\nkey = "«masked secret ${nameSecret(secret)}»"\n\`\`\`\n`);
  await ask(`key = "${secret}" is wrong, why?`);
  const turnId = answer()?.id ?? '';
  say({ kind: 'useCode', turnId, block: 0, use: 'copy' });
  await until(() => host.clipboard !== '');
  assert.equal(host.clipboard, `key = "${secret}"`);
  say({ kind: 'applyAnswer', turnId });
  await until(() => applied.length > 0);
  assert.match(String((applied[0] as string[])[0]), /ghp_16C7/);
});

test('buttons beside a failed answer do what they say, on the answer or in the settings', async (t) => {
  const { host, say, ready, ask, answer, steps, calls, last } = await chatIn(t);
  await ready();
  await ask('why?');
  const turnId = answer()?.id ?? '';
  say({ kind: 'nextStep', next: 'settings' });
  say({ kind: 'nextStep', turnId, next: 'set-key' });
  say({ kind: 'nextStep', turnId, next: 'pull-model' });
  await until(() => host.clipboard !== '');
  assert.deepEqual(steps, [
    ['settings', undefined],
    ['set-key', answer()?.provider],
  ]);
  assert.match(host.clipboard, /^ollama pull /);
  say({ kind: 'nextStep', turnId, next: 'retry' });
  await until(() => calls.length === 2);
  await until(() => answer()?.state === 'done');
  assert.equal(last('refused'), undefined);
});

test('threads: a new one, renamed, searched, deleted and restored', async (t) => {
  const { host, say, last, state, ready, ask } = await chatIn(t);
  await ready();
  await ask('about mutexes');
  const threadId = state()?.thread.id ?? '';
  say({ kind: 'renameThread', threadId, title: 'Locks' });
  await until(() => state()?.thread.title === 'Locks');
  say({ kind: 'newThread' });
  await until(() => state()?.thread.id !== threadId);
  say({ kind: 'searchThreads', seq: 4, query: 'mutexes' });
  await until(() => last('hits')?.seq === 4);
  assert.equal(last('hits')?.hits.length, 1);
  say({ kind: 'deleteThread', threadId });
  await until(() => state()?.threads.some(({ id }) => id === threadId) === false);
  say({ kind: 'undoDelete', threadId });
  await until(() => state()?.threads.some(({ id }) => id === threadId) === true);
  say({ kind: 'undoDelete', threadId: 'never-there' });
  await until(() => host.said.length > 0);
  assert.deepEqual(host.said, ['This chat can no longer be restored.']);
});

test('a thread is exported where the user says; canceling writes nothing, a disk that refuses is reported', async (t) => {
  const { host, say, state, ready, ask } = await chatIn(t);
  await ready();
  await ask('about / mutexes?');
  const threadId = state()?.thread.id ?? '';
  say({ kind: 'exportThread', threadId, format: 'markdown' });
  await settle();
  assert.equal(host.tabs.length, 0);
  host.willChooseFiles(host.uri('chat.md'));
  say({ kind: 'exportThread', threadId, format: 'markdown' });
  await until(() => host.activeEditor !== undefined);
  assert.match(host.onDisk('chat.md') ?? '', /about \/ mutexes\?[^]*answer/);
  host.write('folder.md/x', '');
  host.willChooseFiles(host.uri('folder.md'));
  say({ kind: 'exportThread', threadId, format: 'markdown' });
  await until(() => host.messages.some(({ kind }) => kind === 'error'));
});

test('a page that is hidden is not sent states, and gets them when it is seen again', async (t) => {
  const { place, posted, session, state, ready } = await chatIn(t);
  await ready();
  place.setVisible(false);
  const before = posted.length;
  session.setTier('frontier');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(posted.length, before);
  place.setVisible(true);
  await until(() => state()?.tier === 'frontier');
});

test('there is one chat in an editor tab; it has the same thread, and closing it ends it', async (t) => {
  const { host, view, ready, ask } = await chatIn(t);
  await ready();
  await ask('why?');
  view.openPanel();
  view.openPanel();
  assert.equal(host.panels.length, 1);
  const [panel] = host.panels as [WebviewPanel];
  assert.equal(panel.revealed, 1);
  panel.webview.say({ kind: 'ready' });
  await until(() => panel.webview.posted.some(({ kind }) => kind === 'state'));
  assert.match(JSON.stringify(panel.webview.posted), /why\?/);
  await until(() => panel.webview.posted.some(({ kind }) => kind === 'focus'));
  panel.dispose();
  view.openPanel();
  assert.equal(host.panels.length, 2);
});

test('when the extension ends, no listener is left and nothing more is sent', async (t) => {
  const { host, view, session, posted, ready } = await chatIn(t);
  await ready();
  view.refresh();
  view.dispose();
  const before = posted.length;
  session.setTier('frontier');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(posted.length, before);
  assert.equal(host.contentProviders.size, 0);
});

test('an unknown /word is pointed out before it is sent as text, once', async (t) => {
  const { say, last, calls, ready, ask } = await chatIn(t);
  await ready();
  say({ kind: 'ask', text: '/expl this', tier: 'mid' });
  await until(() => last('refused') !== undefined);
  assert.equal(
    last('refused')?.words,
    'There is no prompt /expl. Did you mean /explain? Press Enter again to send it as text.',
  );
  assert.equal(calls.length, 0);
  await ask('/expl this');
  assert.match(JSON.stringify(calls[0]?.request), /\/expl this/);
});

test('a prompt asks for the words that it needs; giving up sends nothing', async (t) => {
  const files = { '.github/prompts/port.prompt.md': 'Port to ${input:language:such as Go} in ${input:style} style.' };
  const { host, say, last, calls, ready, ask } = await chatIn(t, { files });
  await ready();
  host.willType(/language/, 'Rust');
  host.willType(/style/, 'terse');
  await ask('/port');
  assert.match(JSON.stringify(calls[0]?.request), /Port to Rust in terse style\./);
  say({ kind: 'ask', text: '/port', tier: 'mid' });
  await until(() => last('refused') !== undefined);
  assert.equal(last('refused')?.words, '/port was not sent.');
  assert.equal(calls.length, 1);
});

test("the view's title names the thread, and its button shows the history", async (t) => {
  const { host, view, place, last, ready, ask, state } = await chatIn(t);
  host.commands.set('gearshift.chat.focus', () => undefined);
  await ready();
  await ask('why does it hang?');
  await until(() => place.description === 'why does it hang?', 'the title');
  assert.equal(state()?.inView, true);
  await view.showHistory();
  assert.equal(last('history')?.kind, 'history');
});

test('an answer continues in an agent of VS Code, and shows what the agent cost', async (t) => {
  const handed: unknown[] = [];
  let tell: (words: string) => void = () => undefined;
  const { ready, ask, answer, say, session } = await chatIn(t, {
    toAgent: (use, turn, told) => {
      handed.push([use, turn]);
      tell = told;
      return Promise.resolve();
    },
  });
  await ready();
  await ask('why?');
  const turnId = answer()?.id ?? '';
  say({ kind: 'toAgent', turnId, use: 'build' });
  say({ kind: 'toAgent', turnId: 'unknown', use: 'escalate' });
  await until(() => handed.length > 0);
  assert.deepEqual(handed, [['build', { question: 'why?', answer: 'answer' }]]);
  tell('Gearshift Build: $0.02 for 1 request');
  await until(() => JSON.stringify(answer()).includes('$0.02 for 1 request'));
  assert.equal(session.busy, null);
});

test('the icon of a hidden chat says that a question waits there; while the chat is visible it says nothing', async (t) => {
  const { place, ready, say, session } = await chatIn(t, {
    session: { missingConsent: () => [{ origin: 'https://x.example', model: { provider: 'cloud', model: 'small' } }] },
  });
  await ready();
  say({ kind: 'ask', text: 'may I?', tier: 'mid' });
  await until(() => session.consent !== null, 'the question for consent');
  assert.equal(place.badge, undefined, 'it is on show');
  place.setVisible(false);
  assert.deepEqual(place.badge, { value: 1, tooltip: 'The chat waits for your answer' });
  session.decideConsent(session.consent?.id ?? '', false);
  await until(() => place.badge === undefined, 'the badge to go');
});
