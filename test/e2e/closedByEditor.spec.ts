import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { openVSCode, QUIET_TYPING, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/**
 * Ghost text behind what VS Code closes by itself, with its default settings: brackets, quotes and tags stand in the
 * document before the user typed their other half, and the model says them as well.
 */

interface Form {
  readonly file: string;
  /** What the user types into the empty file. */
  readonly keys: string;
  readonly answer: string;
  /** The document after Tab. */
  readonly document: string;
  /** What the user types instead of Tab to come to the same document. */
  readonly through: string;
}

const FORMS: readonly Form[] = [
  {
    file: 'call.ts',
    keys: 'console.log("',
    answer: 'hello");',
    document: 'console.log("hello");',
    through: 'hello");',
  },
  {
    file: 'import.ts',
    keys: "import x from '",
    answer: "./x';",
    document: "import x from './x';",
    through: "./x';",
  },
  {
    file: 'template.ts',
    keys: 'const t = `',
    answer: 'a ${1}`;',
    document: 'const t = `a ${1}`;',
    through: 'a ${1}`;',
  },
  {
    file: 'body.ts',
    keys: 'function f() {',
    answer: '\n    return 1;\n}',
    document: 'function f() {\n    return 1;\n}',
    through: '\nreturn 1;',
  },
  { file: 'call.py', keys: 'print("', answer: 'hello")', document: 'print("hello")', through: 'hello")' },
  {
    file: 'body.py',
    keys: 'x = {',
    answer: '\n    "a": 1,\n',
    document: 'x = {\n    "a": 1,\n}',
    through: '\n"a": 1,',
  },
  {
    file: 'call.go',
    keys: 'var x = f("',
    answer: 'hello")',
    document: 'var x = f("hello")',
    through: 'hello")',
  },
  {
    file: 'body.go',
    keys: 'func f() int {',
    answer: '\n\treturn 1\n',
    document: 'func f() int {\n    return 1\n}',
    through: '\nreturn 1',
  },
  {
    file: 'value.json',
    keys: '{ "k": "',
    answer: 'v", "w": 2 }',
    document: '{ "k": "v", "w": 2 }',
    through: 'v", "w": 2 }',
  },
  {
    file: 'body.json',
    keys: '{ "a": [',
    answer: '\n  1\n',
    document: '{ "a": [\n  1\n]}',
    through: '',
  },
  { file: 'call.php', keys: '<?php f("', answer: 'hello");', document: '<?php f("hello");', through: 'hello");' },
  {
    file: 'body.php',
    keys: '<?php function f() {',
    answer: '\n    return 1;\n',
    document: '<?php function f() {\n    return 1;\n}',
    through: '\nreturn 1;',
  },
];

const models = await startModels();
const { ollama } = models;
const files = FORMS.flatMap(({ file }) => ['tab', 'typed', 'quiet'].map((way) => `${way}-${file}`));
const code = await openVSCode({
  settings: settingsFor(models),
  env: KEY_ENV,
  // A document without any text is not completed.
  files: Object.fromEntries(files.map((file) => [file, '\n\n'])),
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(async () => {
  await ollama.book.quiet(500);
  ollama.reset();
});

/** The model knows what comes behind the keys of the form, and nothing anywhere else. */
async function begin(window: Window, { keys, answer }: Form, file: string): Promise<void> {
  ollama.script(({ prompt }) => (prompt.includes(`${keys}<|fim_suffix|>`) ? answer : ''));
  await window.openFile(file);
  await window.goTo(1, 1);
  await window.type(keys);
  await window.ghostText();
}

async function documentBecomes(window: Window, file: string, document: string): Promise<void> {
  const read = async (): Promise<string> => (await window.editorText(file)).trimEnd();
  for (let i = 0; i < 30 && (await read()) !== document; i++) await window.page.waitForTimeout(100);
  assert.equal(await read(), document);
  // What the editor reads includes ghost text: none may offer what stands there already.
  await ollama.book.quiet(500);
  assert.equal(await read(), document);
}

for (const form of FORMS) {
  test(
    `${form.file}: ${form.keys} and Tab`,
    code.inWindow({ used: true }, async (window) => {
      await begin(window, form, `tab-${form.file}`);
      await window.acceptGhostText();
      await documentBecomes(window, `tab-${form.file}`, form.document);
    }),
  );
  if (form.through)
    test(
      `${form.file}: ${form.keys} and typed through`,
      code.inWindow({ used: true }, async (window) => {
        await begin(window, form, `typed-${form.file}`);
        await window.closeSuggestWidget();
        for (const key of form.through) {
          await window.type(key);
          await window.closeSuggestWidget();
        }
        await documentBecomes(window, `typed-${form.file}`, form.document);
      }),
    );
}

test(
  'with automatic closing switched off the whole answer is inserted',
  code.inWindow({ settings: QUIET_TYPING, used: true }, async (window) => {
    for (const form of FORMS.filter(({ file }) => file.startsWith('call.'))) {
      await begin(window, form, `quiet-${form.file}`);
      await window.acceptGhostText();
      await documentBecomes(window, `quiet-${form.file}`, form.document);
    }
  }),
);
