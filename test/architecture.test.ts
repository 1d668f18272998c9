import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOMS, roomOf } from './tools/rooms.mjs';

/** Who may import whom, and what each room may know of the world outside. */
const SRC = path.resolve(import.meta.dirname, '../src');

interface Import {
  readonly from: string;
  readonly what: string;
  readonly typeOnly: boolean;
}

const sources = fs
  .readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => name.replaceAll('\\', '/'));

const imports: Import[] = sources.flatMap((from) => {
  const text = fs.readFileSync(path.join(SRC, from), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?from\s+)?'([^']+)'|import\('([^']+)'\)/g,
  );
  return [...found].map(([, type, fixed, lazy]): Import => {
    const name = fixed ?? lazy ?? '';
    const what = name.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(from), name)) : name;
    return { from, what, typeOnly: type !== undefined };
  });
});

const room = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file);
const isOurs = (what: string): boolean => sources.includes(what) || what.endsWith('.json');
const offenders = (wrong: (found: Import) => boolean): string[] =>
  imports.filter(wrong).map(({ from, what }) => `${from} imports ${what}`);

test('the check sees every source file, and every relative import leads to one', () => {
  assert.ok(sources.length > 40);
  assert.deepEqual(
    offenders(({ what }) => /^(core|editor|storage|protocol|webview)\//.test(what) && !isOurs(what)),
    [],
  );
});

test("only the editor's folder and main.ts import vscode", () => {
  assert.deepEqual(
    offenders(({ from, what }) => what === 'vscode' && !['editor', 'main.ts'].includes(room(from))),
    [],
  );
});

test('the core imports no editor, disk or DOM API, only itself and small libraries', () => {
  const allowed = new Set(['@vscode/l10n', 'valibot', 'tokenx', 'marked', 'ollama/browser', 'openai', 'js-yaml']);
  assert.deepEqual(
    offenders(({ from, what }) => room(from) === 'core' && room(what) !== 'core' && !allowed.has(what)),
    [],
  );
});

test('each room imports only what the table of rooms allows', () => {
  const allowed = (from: string, what: string): boolean => {
    const [a, b] = [roomOf(from), roomOf(what)];
    return a === undefined || b === undefined || a === b || (ROOMS[a]?.includes(b) ?? false);
  };
  assert.deepEqual(
    offenders(({ from, what }) => isOurs(what) && !allowed(from, what)),
    [],
  );
});

test('every source file except the entry is in a room, every room has files, and no room imports itself by way of others', () => {
  const rooms = new Set(sources.map(roomOf));
  assert.deepEqual(
    sources.filter((file) => roomOf(file) === undefined && file !== 'main.ts'),
    [],
  );
  assert.deepEqual(
    Object.keys(ROOMS).filter((name) => !rooms.has(name)),
    [],
  );
  const visit = (name: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(name), `cycle: ${[...trail, name].join(' -> ')}`);
    for (const next of ROOMS[name] ?? []) visit(next, [...trail, name]);
  };
  for (const name of Object.keys(ROOMS)) visit(name, []);
});

test('the protocol imports only types from the core', () => {
  assert.deepEqual(
    offenders(({ from, what, typeOnly }) => room(from) === 'protocol' && room(what) === 'core' && !typeOnly),
    [],
  );
});

test('pages import from the core only what runs in a page', () => {
  const shared = new Set([
    'core/common/codeBlocks.ts',
    // Its two patterns: the page refuses a header by the rule of the host.
    'core/common/headers.ts',
    'core/chat/fileLinks.ts',
    // Which file a code block is for, and whether it is for a shell.
    'core/edits/answerPaths.ts',
    'core/edits/commands.ts',
    'core/chat/mentions.ts',
    'core/common/hiddenCharacters.ts',
    // Plurals and numbers of the user's language.
    'core/common/language.ts',
    'core/common/format.ts',
    // What people call a provider.
    'core/common/brands.ts',
    // The icon of a tier's state, which the meter's hover has too.
    'core/common/stateIcon.ts',
  ]);
  assert.deepEqual(
    offenders(
      ({ from, what, typeOnly }) => room(from) === 'webview' && room(what) === 'core' && !typeOnly && !shared.has(what),
    ),
    [],
  );
});

test('model clients appear only in core/providers', () => {
  assert.deepEqual(
    offenders(({ from, what }) => /^(ollama|openai)(\/|$)/.test(what) && !from.startsWith('core/providers/')),
    [],
  );
});

test('there is no cycle of imports', () => {
  const graph = new Map<string, string[]>();
  for (const { from, what, typeOnly } of imports)
    if (isOurs(what) && !typeOnly) graph.set(from, [...(graph.get(from) ?? []), what]);
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(file), `cycle: ${[...trail.slice(trail.indexOf(file)), file].join(' -> ')}`);
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});
