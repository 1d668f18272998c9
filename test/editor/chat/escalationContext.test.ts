import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { Estimate } from '../../../src/core/gateway/call.ts';
import { escalationQuestion, gatherEscalation } from '../../../src/editor/chat/attach.ts';
import { gatherOutput, gatherParts, gatherTestFailure } from '../../../src/editor/chat/escalationContext.ts';
import { previewParts } from '../../../src/editor/chat/escalationPreview.ts';
import { registerMessagePreview } from '../../../src/editor/chat/messagePreview.ts';
import type { Selected } from '../../../src/editor/chat/attach.ts';
import { startRepository } from '../../support/gitRepository.ts';
import { startHost, type Host } from '../../support/vscode/host.ts';
import { until } from '../../support/settle.ts';

/** What an escalation sends beside the code, and the preview in which the user decides about it. */

const FILES = {
  'src/pool.ts': [
    "import { size } from './size.ts';",
    '',
    'export function take() {',
    '  return size + 1;',
    '}',
    '',
  ].join('\n'),
  'src/size.ts': 'export const size = 1;\n',
  'src/main.ts': "import { take } from './pool.ts';\n\nconsole.log(take());\n",
  'node_modules/lib/index.ts': 'export const lib = 1;\n',
  '.env': 'KEY=topsecret\n',
};

async function selected(host: Host, name: string, ...place: number[]): Promise<Selected> {
  return (await host.show(name, ...place)) as unknown as Selected;
}

const location = (host: Host, name: string, line: number): vscode.Location =>
  new vscode.Location(host.uri(name) as unknown as vscode.Uri, new vscode.Range(line, 0, line, 5));

const take = new vscode.DocumentSymbol(
  'take',
  '',
  vscode.SymbolKind.Function,
  new vscode.Range(2, 0, 4, 1),
  new vscode.Range(2, 16, 2, 20),
);

test('without a selection the enclosing function goes, with its name, its problems and what encloses it', async (t) => {
  const host = startHost(t, { files: FILES });
  host.commands.set('vscode.executeDocumentSymbolProvider', () => [take]);
  const problem = new vscode.Diagnostic(new vscode.Range(3, 9, 3, 13), 'size is\n  unknown', 0);
  problem.source = 'ts';
  const hint = new vscode.Diagnostic(new vscode.Range(3, 9, 3, 13), 'a hint', 3);
  const elsewhere = new vscode.Diagnostic(new vscode.Range(0, 0, 0, 3), 'unused', 1);
  host.diagnostics.set(host.uri('src/pool.ts').toString(), [problem, hint, elsewhere] as never);
  const made = await gatherEscalation(await selected(host, 'src/pool.ts', 3, 4));
  assert.equal(made?.text, 'export function take() {\n  return size + 1;\n}');
  assert.equal(made.label, 'src/pool.ts:3-5');
  assert.deepEqual(made.notes.split('\n'), [
    'File: src/pool.ts',
    'Language: typescript',
    'Inside: take',
    'Diagnostics:',
    '- line 4: error: size is unknown (ts)',
  ]);
  assert.match(escalationQuestion(made), /^Find the cause of the problems/);
});

test('a language without symbols sends a short file completely, and of a long one the lines around the cursor', async (t) => {
  const long = Array.from({ length: 400 }, (_, i) => `line ${i}`).join('\n');
  const host = startHost(t, { files: { ...FILES, 'long.txt': long } });
  const short = await gatherEscalation(await selected(host, 'src/size.ts', 0));
  assert.equal(short?.text, FILES['src/size.ts']);
  assert.match(escalationQuestion(short), /^Review this code/);
  const part = await gatherEscalation(await selected(host, 'long.txt', 200));
  assert.deepEqual([part?.text.split('\n')[0], part?.text.split('\n').at(-1)], ['line 140', 'line 260']);
});

test('definitions, callers and changes are included; what is installed, secret or already in the code is not', async (t) => {
  const { host } = startRepository(t, FILES);
  host.write('src/pool.ts', FILES['src/pool.ts'].replace('+ 1', '+ 2'));
  host.commands.set('vscode.executeDocumentSymbolProvider', () => [take]);
  host.commands.set('vscode.executeDefinitionProvider', (_: vscode.Uri, at: vscode.Position) => {
    if (at.line === 3 && at.character === 9) return [location(host, 'src/size.ts', 0)];
    if (at.character === 2) return [location(host, 'node_modules/lib/index.ts', 0)];
    if (at.character === 7) return [location(host, '.env', 0)];
    return [location(host, 'src/pool.ts', 3)];
  });
  host.commands.set('vscode.prepareCallHierarchy', (_: vscode.Uri, at: vscode.Position) => [{ at: at.character }]);
  host.commands.set('vscode.provideIncomingCalls', (item: { at: number }) =>
    item.at === 16 ? [{ from: { uri: host.uri('src/main.ts'), range: new vscode.Range(2, 0, 2, 5) } }] : [],
  );
  const parts = await gatherParts(await selected(host, 'src/pool.ts', 3, 4));
  assert.deepEqual(
    parts?.map(({ attachment, on }) => `${on ? '+' : '-'} ${attachment.label}`),
    [
      '+ src/pool.ts:3-5',
      '+ imports of src/pool.ts',
      '+ definition src/size.ts:1',
      '+ caller src/main.ts:3',
      '- git diff of src/pool.ts',
    ],
  );
  assert.doesNotMatch(JSON.stringify(parts), /topsecret|const lib/);
});

test('a language server that does not answer delays nothing, and one that fails causes no error', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const host = startHost(t, { files: FILES });
  host.commands.set('vscode.executeDefinitionProvider', () => new Promise(() => undefined));
  host.commands.set('vscode.prepareCallHierarchy', () => Promise.reject(new Error('crashed')));
  const editor = await selected(host, 'src/pool.ts', 2, 0, 4, 1);
  let ended = false;
  const gathered = gatherParts(editor).finally(() => (ended = true));
  while (!ended) {
    t.mock.timers.tick(1_500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(
    (await gathered)?.map(({ attachment }) => attachment.label),
    ['src/pool.ts:3-5', 'imports of src/pool.ts'],
  );
});

test("a secret file is not escalated without the user's consent", async (t) => {
  const host = startHost(t, { files: FILES });
  assert.equal(await gatherParts(await selected(host, '.env', 0)), undefined);
  assert.match(host.said.join(), /\.env looks like a file with secrets/);
});

test('a failed test brings its message, what was expected, and the code that it names', async (t) => {
  const host = startHost(t, { files: FILES });
  const parts = await gatherTestFailure({
    test: { label: 'takes one' },
    message: {
      message: new vscode.MarkdownString('wrong at src/size.ts:1:3'),
      expectedOutput: '2',
      actualOutput: '1',
      location: location(host, 'src/pool.ts', 3),
    },
  });
  assert.deepEqual(
    parts?.map(({ attachment }) => attachment.label),
    ['failure of takes one', 'code src/pool.ts:1-5', 'code src/size.ts:1'],
  );
  assert.match(parts[0]?.attachment.text ?? '', /^wrong at src\/size\.ts:1:3\nExpected: 2\nActual: 1$/);
  assert.equal(await gatherTestFailure(undefined), undefined);
  assert.equal(await gatherTestFailure({ message: {} }), undefined);
});

test('the output of a program brings code of the workspace that it names, each place once, and no secrets', async (t) => {
  const host = startHost(t, { files: FILES });
  const text = [
    `at take (${host.uri('src/pool.ts').fsPath}:4:10)`,
    'at take (src/pool.ts:3:1)',
    'size.ts:1:1 - error',
    'at .env:1:1',
    'at node_modules/lib/index.ts:1:1',
    'at /etc/passwd:1:1',
  ].join('\n');
  const output = {
    id: 'o',
    kind: 'terminal' as const,
    label: 'terminal',
    path: '',
    language: '',
    text,
    notes: '',
    tokens: 9,
  };
  const parts = await gatherOutput(output);
  assert.deepEqual(
    parts.map(({ attachment }) => attachment.label),
    ['terminal', 'code src/pool.ts:1-5', 'code src/size.ts:1'],
  );
});

const ESTIMATE: Estimate = {
  model: { provider: 'cloud', model: 'large' },
  inputTokens: 1_000,
  likely: 2_000_000,
  atMost: 9_000_000,
} as Estimate;

/** A preview of two parts, the second of which is not ticked. */
function preview(
  t: TestContext,
  over: {
    text?: string;
    askAbove?: number;
    estimate?: Estimate | undefined;
    fails?: boolean;
    question?: string;
    askIn?: string;
  } = {},
) {
  const host = startHost(t);
  const attachment = (label: string, text: string) =>
    ({ id: label, kind: 'selection', label, path: label, language: '', text, notes: '', tokens: 5 }) as const;
  const estimated: number[] = [];
  const questions: string[] = [];
  const ask = () =>
    previewParts({
      parts: [
        { attachment: attachment('a.ts', over.text ?? 'let a;'), on: true, secrets: 0, hidden: over.text ? 1 : 0 },
        { attachment: attachment('diff', '+ b'), on: false, secrets: 0, hidden: 0 },
      ],
      question: over.question ?? 'why?',
      askIn: over.askIn,
      estimate: (attachments, question) => {
        estimated.push(attachments.length);
        questions.push(question);
        if (over.fails && estimated.length > 1) return Promise.reject(new Error('no price list'));
        return Promise.resolve('estimate' in over ? over.estimate : ESTIMATE);
      },
      askAbove: over.askAbove ?? 0,
    });
  return { host, ask, estimated, questions };
}

test('a cheap and ordinary escalation is sent without a question, any other is shown first', async (t) => {
  const { host, ask } = preview(t, { askAbove: 5_000_000 });
  host.onQuickPick = () => assert.fail('asked');
  const agreed = await ask();
  assert.deepEqual([agreed?.attachments.map(({ label }) => label), agreed?.atMost], [['a.ts'], undefined]);
  for (const over of [
    { askAbove: 1_000 },
    { askAbove: 5_000_000, text: 'a\u202eb' },
    { askAbove: 5_000_000, estimate: undefined },
  ]) {
    await t.test(JSON.stringify(over), async (t) => {
      const { host, ask } = preview(t, over);
      let titles = '';
      host.onQuickPick = (pick) => {
        titles = pick.title;
        pick.hide();
      };
      assert.equal(await ask(), undefined, 'Escape sends nothing');
      assert.notEqual(titles, '');
    });
  }
});

test('the preview names model, tokens and cost; the checked parts are sent, at most for the cost that was shown', async (t) => {
  const { host, ask, estimated } = preview(t);
  let title = '';
  host.onQuickPick = (pick) => {
    title = pick.title;
    pick.choose(({ label }) => label === 'diff');
    setImmediate(() => pick.accept());
  };
  const agreed = await ask();
  assert.match(title, /^Send to large · ~1\.0k tokens · ~\$0\.002.*, at most \$0\.009.* · no secrets found/);
  assert.deepEqual(
    agreed?.attachments.map(({ label }) => label),
    ['diff'],
  );
  assert.ok(agreed && agreed.atMost !== undefined && agreed.atMost >= 9_000_000);
  assert.ok(estimated.length >= 2, 'another choice is estimated again');
});

test('hidden characters are counted, and can be taken out before it is sent', async (t) => {
  const { host, ask } = preview(t, { text: 'a\u202eb' });
  const titles: string[] = [];
  host.onQuickPick = (pick) => {
    titles.push(pick.title);
    pick.press(pick.buttons[0]);
    setImmediate(() => {
      titles.push(pick.title);
      pick.accept();
    });
  };
  const agreed = await ask();
  assert.equal(agreed?.attachments[0]?.text, 'ab');
  assert.match(titles[0] ?? '', /1 hidden character/);
  assert.match(titles[1] ?? '', /hidden characters removed/);
});

test('each part and the whole message can be opened as the model would get them, while the preview stays open', async (t) => {
  const key = `sk-ant-api03-${'a1B2'.repeat(23)}AA`;
  const { host, ask } = preview(t, { text: `let k = '${key}';\u202e` });
  const documents = registerMessagePreview();
  t.after(() => documents.dispose());
  const texts = (): string[] => host.editors.map(({ document }) => document.getText());
  const look = async (pick: Parameters<Host['onQuickPick']>[0]): Promise<void> => {
    const [first] = pick.items as { label: string; buttons: readonly unknown[] }[];
    assert.ok(first);
    pick.pressOf(first, first.buttons[0]);
    await until(() => texts().some((text) => text.includes('source="a.ts"')));
    assert.equal(texts().at(-1)?.includes('why?'), false, 'one part alone');
    pick.press(pick.buttons[0]); // without the hidden characters
    pick.press(pick.buttons[0]);
    await until(() => texts().some((text) => text.endsWith('why?\n')));
    const whole = texts().find((text) => text.endsWith('why?\n')) ?? '';
    assert.match(whole, /source="a\.ts"/);
    assert.doesNotMatch(whole, /source="diff"|\u202e/, 'what is not ticked is not sent');
    assert.match(whole, /«masked secret/);
    assert.ok(!texts().join('').includes(key));
    assert.equal(pick.isShown, true);
    pick.hide();
  };
  host.onQuickPick = (pick) => void look(pick);
  assert.equal(await ask(), undefined);
});

test('with nothing checked nothing is sent, and the preview stays open', async (t) => {
  const { host, ask } = preview(t);
  host.onQuickPick = (pick) => {
    pick.choose(() => false);
    pick.accept();
    assert.equal(pick.isShown, true);
    pick.hide();
  };
  assert.equal(await ask(), undefined);
});

test('the user types the question into the preview itself, which shows its price, also where it is cheap', async (t) => {
  const { host, ask, questions } = preview(t, { askAbove: 5_000_000, question: '', askIn: 'Ask about this code' });
  host.onQuickPick = (pick) => {
    assert.equal(pick.placeholder, 'Ask about this code');
    assert.ok(pick.items.every((item) => (item as { alwaysShow?: boolean }).alwaysShow));
    pick.accept();
    pick.type('   ');
    pick.accept();
    assert.equal(pick.isShown, true, 'an empty question is not sent');
    pick.type('  is it safe? ');
    pick.choose(({ label }) => label === 'a.ts');
    setImmediate(() => pick.accept());
  };
  const agreed = await ask();
  assert.deepEqual([agreed?.question, agreed?.attachments.map(({ label }) => label)], ['is it safe?', ['a.ts']]);
  assert.equal(questions.at(-1), 'is it safe?', 'the price is that of the question as it is typed');
  assert.ok(agreed?.atMost !== undefined);
});

test('an empty box asks the proposed question', async (t) => {
  const { host, ask } = preview(t, { question: 'What does it say?', askIn: 'Enter alone asks: What does it say?' });
  host.onQuickPick = (pick) => void setImmediate(() => pick.accept());
  assert.equal((await ask())?.question, 'What does it say?');
});

test('where the question is known, text in the box only searches the parts', async (t) => {
  const { host, ask } = preview(t);
  host.onQuickPick = (pick) => {
    pick.type('a.ts');
    setImmediate(() => pick.accept());
  };
  assert.equal((await ask())?.question, 'why?');
});

test('an estimate that fails while the user chooses is an unknown price, not an unhandled rejection', async (t) => {
  const { host, ask } = preview(t, { fails: true });
  const titles: string[] = [];
  host.onQuickPick = (pick) => {
    pick.choose(({ label }) => label === 'diff');
    setImmediate(() => {
      titles.push(pick.title);
      pick.accept();
    });
  };
  const agreed = await ask();
  assert.match(titles[0] ?? '', /price unknown/);
  assert.deepEqual(
    agreed?.attachments.map(({ label }) => label),
    ['diff'],
  );
});
