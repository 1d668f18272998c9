import assert from 'node:assert/strict';
import test from 'node:test';
import { accept } from './accept.ts';

/** [language, document, answer, document after Tab] */
const CASES: readonly (readonly [string, string, string, string])[] = [
  // What the editor closed is written once.
  ['typescript', 'console.log("█")', 'hello");', 'console.log("hello");'],
  ['typescript', "import x from '█'", "./x';", "import x from './x';"],
  ['javascript', "require('█')", "fs');", "require('fs');"],
  ['typescript', 'const t = `█`', ' a ${b}`;', 'const t = ` a ${b}`;'],
  ['json', '{ "k": "█" }', 'v", "w": 2 }', '{ "k": "v", "w": 2 }'],
  ['java', 'System.out.println("█");', 'Hello");\n    }', 'System.out.println("Hello");'],
  ['go', 'fmt.Println("█")', 'a")\n\treturn', 'fmt.Println("a")\n\treturn'],
  ['python', 'print(f"█")', '{x}")', 'print(f"{x}")'],
  ['php', "echo htmlspecialchars('█');", "a');", "echo htmlspecialchars('a');"],
  ['html', '<a href="█"></a>', '/home">Home</a>', '<a href="/home">Home</a>'],
  ['html', '<a href="█"', '/home">Home</a>', '<a href="/home">Home</a>'],
  ['html', '<input name="q" █ />', 'type="search" />\n</form>', '<input name="q" type="search" />'],
  ['html', '<p>█</p>', 'Hello</p>', '<p>Hello</p>'],
  ['typescriptreact', '<p>█</p>', 'Hello</p>\n', '<p>Hello</p>'],
  // A body ends on a line of its own.
  ['typescript', 'function f() {█}', '\n  return 1;\n', 'function f() {\n  return 1;\n}'],
  ['typescript', 'function f() {█}', '\n  return 1;\n}', 'function f() {\n  return 1;\n}'],
  ['typescript', 'function f() {█}', '\n  return 1;', 'function f() {\n  return 1;\n}'],
  ['typescript', '  const a = [█];', '\n    1,\n    2,\n', '  const a = [\n    1,\n    2,\n  ];'],
  ['go', 'func f() int {█}', '\n\treturn 1\n', 'func f() int {\n\treturn 1\n}'],
  ['css', '.a {█}', '\n  color: red;\n', '.a {\n  color: red;\n}'],
  ['json', '{ "a": {█} }', '\n  "b": 1\n', '{ "a": {\n  "b": 1\n} }'],
  ['python', 'x = {█}', '\n    "a": 1,\n', 'x = {\n    "a": 1,\n}'],
  ['typescript', 'it("x", async () => {█});', '\n  await y();\n', 'it("x", async () => {\n  await y();\n});'],
  ['typescript', 'it("x", async () => {█});', '\n  await y();\n});', 'it("x", async () => {\n  await y();\n});'],
  ['python', 'def f():\n    """█"""', '\n    Doc.\n    ', 'def f():\n    """\n    Doc.\n    """'],
  ['typescript', 'const t = `█`;', '\n  a\n', 'const t = `\n  a\n`;'],
  ['html', '<ul>█</ul>', '\n  <li>a</li>\n', '<ul>\n  <li>a</li>\n</ul>'],
  ['typescript', 'useEffect(() => {█}, [a]);', '\n  b();\n', 'useEffect(() => {\n  b();\n}, [a]);'],
  ['typescript', 'useEffect(() => {█}, [a]);', '\n  b();\n}, [a]);\nc();', 'useEffect(() => {\n  b();\n}, [a]);'],
  ['go', 'defer func() {█}()', '\n\tb()\n}()', 'defer func() {\n\tb()\n}()'],
  ['javascript', 'a(function () {█}, 1);', '\n    b();\n', 'a(function () {\n    b();\n}, 1);'],
  // What is rightly said before closers that are still needed keeps them.
  ['typescript', 'expect(foo█)', ').toBe(1', 'expect(foo).toBe(1)'],
  ['typescript', 'expect(foo█);', ').toBe(1', 'expect(foo).toBe(1);'],
  ['typescriptreact', '<a onClick={(e█)}>', ') => go(e', '<a onClick={(e) => go(e)}>'],
  ['typescript', 'a = f(x█)', ') + g(y', 'a = f(x) + g(y)'],
  ['typescript', 'const s = `${a█}`;', '} and ${b', 'const s = `${a} and ${b}`;'],
  ['c', 'memcpy(a, sizeof(do█);', 'uble)', 'memcpy(a, sizeof(double));'],
  ['c', 'f(█) + g(1);', 'a) + h(2);', 'f(a) + g(1);'],
  // Of what is left of an answer, the line has all: nothing is inserted.
  ['python', 'print("hello█")', '")', 'print("hello")'],
  ['python', 'print("hello"█)', ')', 'print("hello")'],
  ['typescript', 'console.log("hello█")', '");', 'console.log("hello");'],
  ['typescript', 'a(b(c█));', '));', 'a(b(c));'],
  ['typescript', 'function f() {█}', '\n}', 'function f() {}'],
  ['json', '{ "k": ["v█"] }', '"] }', '{ "k": ["v"] }'],
  ['html', '<p>Hello█</p>', '</p>', '<p>Hello</p>'],
  ['typescript', 'f(█value)', 'value', 'f(value)'],
  // The line lacks one of them.
  ['typescript', 'foo(bar(█)', ')', 'foo(bar())'],
  ['typescript', 'foo(bar("a█")', '"))', 'foo(bar("a"))'],
  // The other lines.
  ['ruby', 'class A\n  def a\n  end█\nend', '\n\n  def b\n  end', 'class A\n  def a\n  end\n\n  def b\n  end\nend'],
  ['json', '[\n  {█},\n  { "a": 2 }\n]', ' "a": 1 ', '[\n  { "a": 1 },\n  { "a": 2 }\n]'],
  ['java', 'import a.Foo;█\n', '\nimport a.Foo;Bar', 'import a.Foo;\nimport a.Foo;Bar\n'],
];

for (const [language, marked, answer, wanted] of CASES)
  test(`${language}: ${JSON.stringify(marked)} with ${JSON.stringify(answer)}`, () =>
    assert.equal(accept(language, marked, answer), wanted));
