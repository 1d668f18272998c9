import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { COMMANDS, COMMANDS_BY_FEATURE, type FeatureName } from '../../../src/editor/platform/contributions.ts';
import { registerFeatures, type Feature } from '../../../src/editor/platform/features.ts';
import { MANIFEST } from '../../support/manifest.ts';

/** What a feature does is of no interest here: each command answers with the feature's name. */
interface Ran {
  readonly names: string[];
}

const NAMES = Object.keys(COMMANDS_BY_FEATURE) as FeatureName[];

const featureOf = (name: FeatureName, broken = false): Feature<Ran> =>
  ({
    name,
    register: ({ names }: Ran) => {
      if (broken) throw new Error(`${name} is broken`);
      names.push(name);
      return Object.fromEntries(COMMANDS_BY_FEATURE[name].map((command) => [command, () => undefined]));
    },
  }) as unknown as Feature<Ran>;

function register(broken: readonly FeatureName[] = []) {
  const ran: Ran = { names: [] };
  const errors: { readonly where: string; readonly error: unknown }[] = [];
  const features = NAMES.map((name) => featureOf(name, broken.includes(name)));
  const table = registerFeatures(features, ran, { error: (where, error) => errors.push({ where, error }) });
  return { table, errors, ran: ran.names };
}

test('a feature that throws is logged with its error, and takes none of the others down', () => {
  for (const broken of NAMES) {
    const { table, errors, ran } = register([broken]);
    const others = NAMES.filter((name) => name !== broken);
    assert.deepEqual(ran, others);
    assert.deepEqual(Object.keys(table).sort(), others.flatMap((name) => [...COMMANDS_BY_FEATURE[name]]).sort());
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.where ?? '', new RegExp(broken));
    assert.ok(errors[0]?.error instanceof Error && errors[0].error.message === `${broken} is broken`);
  }
});

test('when all features throw, each is logged and nothing else happens', () => {
  const { table, errors } = register(NAMES);
  assert.deepEqual(table, {});
  assert.equal(errors.length, NAMES.length);
});

test('every command of the manifest belongs to exactly one feature, which has to say what it does', () => {
  const contributed = MANIFEST.contributes.commands.map(({ command }) => command);
  assert.deepEqual([...COMMANDS].sort(), contributed.sort());
  assert.equal(new Set(COMMANDS).size, COMMANDS.length);
  // That a feature handles its commands, all of them and no others, is held by the type of `register`.
  const { table, errors } = register();
  assert.deepEqual(Object.keys(table).sort(), contributed);
  assert.equal(errors.length, 0);
});

test('no menu has a command twice: its conditions would be an or, and the palette would list it twice', () => {
  for (const [menu, entries] of Object.entries(MANIFEST.contributes.menus)) {
    const names = entries.map(({ command, submenu }) => command ?? submenu);
    assert.deepEqual(
      names.filter((name, i) => names.indexOf(name) !== i),
      [],
      menu,
    );
  }
});

test('what needs an editor is in the palette only beside an editor, and never for output or a proposal', () => {
  const { menus } = MANIFEST.contributes;
  const palette = new Map(menus['commandPalette']?.map(({ command = '', when = '' }) => [command, when]));
  const needEditor = [...(menus['gearshift.editor'] ?? []), ...(menus['gearshift.escalate'] ?? [])].flatMap(
    ({ command }) => (command && !command.startsWith('gearshift.vscodeChat.') ? [command] : []),
  );
  assert.ok(needEditor.length >= 14);
  for (const command of needEditor)
    assert.match(
      palette.get(command) ?? '',
      /^editorIsOpen && resourceScheme != output && resourceScheme != gearshift-proposal/,
      command,
    );
  // Agents open without an editor too; an edit does not.
  assert.match(palette.get('gearshift.vscodeChat.inline') ?? '', /^editorIsOpen && .*isWorkspaceTrusted$/);
  for (const agent of ['escalate', 'build'])
    assert.equal(palette.get(`gearshift.vscodeChat.${agent}`), 'isWorkspaceTrusted');
});

test('in menus that all extensions share each entry names Gearshift', () => {
  const nls = JSON.parse(fs.readFileSync(new URL('../../../package.nls.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, string>
  >;
  const { menus, commands, submenus } = MANIFEST.contributes;
  const named = [
    ...commands.map(({ command, title }) => [command, title]),
    ...submenus.map(({ id, label }) => [id, label]),
  ];
  const titles = new Map(named.map(([id = '', title = '']) => [id, nls[title.slice(1, -1)] ?? title]));
  // The palette puts the category before each title; the other menus are our own view, submenus and comments.
  const ours = /^(?:commandPalette|view\/title|comments\/.*|gearshift\..*)$/;
  // A proposal is a document of ours, and so is the editor of several.
  const inProposal =
    /^resourceScheme == gearshift-proposal(?: \|\| activeEditor == multiDiffEditor && gearshift\.showsProposals)?$/;
  const shared = Object.entries(menus).filter(([menu]) => !ours.test(menu));
  assert.ok(shared.length >= 7);
  for (const [menu, entries] of shared)
    for (const { command, submenu, when = '' } of entries)
      if (!inProposal.test(when))
        assert.match(titles.get(command ?? submenu ?? '') ?? '', /Gearshift/, `${menu} ${command}`);
});
