import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseModelRef, TIERS, type Tier } from '../src/core/common/types.ts';
import { PriceBook } from '../src/core/money/pricing.ts';
import { parseSettings, type RawSettings } from '../src/core/settings/settings.ts';
import { EXAMPLE_MONTH, monthCost, type MonthUse } from '../src/core/setup/presets.ts';
import { DEFAULTS, MANIFEST } from './support/manifest.ts';
import { anchorsOf, findDeadReferences, packagedReadme, referencesOf } from './tools/readme.mjs';

/** README.md says what the manifest, the prices and the files of the repository say. */

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');
const README = read('README.md');
const NLS = JSON.parse(read('package.nls.json')) as Record<string, string>;

/** The rows of the table below a heading, as cells. */
function tableOf(heading: string): string[][] {
  const [, section = ''] = README.split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('README.md has fewer than 250 lines', () => {
  assert.ok(README.split('\n').length < 250);
});

test('the table of settings has every setting of the manifest that is not deprecated, with its default', () => {
  const rows = tableOf('Settings').map(([name = '', value = '']) => [name.replaceAll('`', ''), value] as const);
  const { properties } = MANIFEST.contributes.configuration;
  assert.deepEqual(
    rows.map(([name]) => name).sort(),
    Object.keys(properties)
      .filter((name) => properties[name]?.markdownDeprecationMessage === undefined)
      .sort(),
  );
  for (const [name, value] of rows) {
    const given = MANIFEST.contributes.configuration.properties[name]?.default;
    if (typeof given === 'boolean' || typeof given === 'number') assert.equal(value, `\`${String(given)}\``, name);
    else if (typeof given === 'string') assert.equal(value, given === '' ? 'empty' : `\`${given}\``, name);
    else if (Array.isArray(given)) {
      if (given.length === 0) assert.equal(value, 'none', name);
      for (const model of given as string[]) assert.ok(value.includes(model.slice(model.indexOf('/') + 1)), name);
    }
  }
});

/** A key as people write it, such as `Ctrl+Alt+G`. */
const spelled = (key: string, alt: string): string =>
  `\`${key
    .split('+')
    .map((part) => (part === 'alt' ? alt : `${part[0]?.toUpperCase() ?? ''}${part.slice(1)}`))
    .join('+')}\``;

test('the table of keys has every key of the manifest, with its command', () => {
  const { keybindings, commands } = MANIFEST.contributes;
  const rows = tableOf('Keys');
  assert.equal(rows.length, keybindings.length);
  for (const { command, key, mac } of keybindings) {
    const title = commands.find((each) => each.command === command)?.title ?? '';
    const name = NLS[title.replaceAll('%', '')] ?? (command === 'editor.action.submitComment' ? 'Edit' : title);
    const [keyHere, keyOnMac] = [spelled(key, 'Alt'), spelled(mac ?? key, 'Option')];
    const found = rows.some(
      ([here, onMac, what = '']) => here === keyHere && onMac === keyOnMac && what.startsWith(`*${name}*`),
    );
    assert.ok(found, `${keyHere} | ${keyOnMac} | *${name}*`);
  }
});

/** The tokens of one tier of the example month, at the given tier's price. */
const part = (tier: Tier, at: Tier): MonthUse => {
  const none = { input: 0, cached: 0, output: 0 };
  return { source: 'example', tiers: { local: none, mid: none, frontier: none, [at]: EXAMPLE_MONTH.tiers[tier] } };
};

test('the costs of a month are those of the shipped models and prices', async () => {
  const { tiers, providers } = parseSettings(DEFAULTS as RawSettings, undefined).settings;
  const date = /list prices of (\d{4}-\d{2}-\d{2})/.exec(README)?.[1];
  const book = new PriceBook(undefined, () => Date.parse(date ?? ''));
  const prices = await Promise.all(
    TIERS.map(async (tier) => {
      const ref = parseModelRef(String(DEFAULTS[`tiers.${tier}`]));
      const provider = ref && providers.get(ref.provider);
      const price = provider && (await book.find(provider, ref.model))?.price;
      assert.ok(price && tiers[tier].length > 0, tier);
      if (price.source === 'snapshot') assert.equal(price.date, date, 'the day of the prices');
      return [tier, price] as const;
    }),
  );
  const priceOf = Object.fromEntries(prices) as Record<Tier, (typeof prices)[number][1]>;
  const usd = (nano = NaN): string => `$${(nano / 1e9).toFixed(2)}`;
  const cost = (tier: Tier, at: Tier): number => monthCost(part(tier, at), priceOf) ?? NaN;
  const cells = tableOf('What a month costs');
  for (const [n, tier] of TIERS.entries()) {
    assert.ok(cells[n]?.[1]?.startsWith(`${usd(cost(tier, tier))} `), `${tier}: ${usd(cost(tier, tier))}`);
    assert.equal(cells[n]?.[2], usd(cost(tier, 'frontier')), tier);
  }
  const all = TIERS.reduce((sum, tier) => sum + cost(tier, 'frontier'), 0);
  assert.deepEqual(cells[3]?.slice(1), [`**${usd(monthCost(EXAMPLE_MONTH, priceOf))}**`, `**${usd(all)}**`]);
});

test('links and pictures lead to files and headings that exist', () => {
  const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'];
  pages.push(
    ...fs.readdirSync(path.join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : [])),
  );
  for (const page of pages) {
    for (const { file, anchor } of referencesOf(read(page), page)) {
      assert.ok(fs.existsSync(path.join(ROOT, file)), `${page}: ${file}`);
      if (anchor) assert.ok(anchorsOf(read(file)).includes(anchor), `${page}: ${file}#${anchor}`);
    }
  }
});

test('the pictures of README.md have at most 1.5 MB, the moving one 2 MB at most', () => {
  const pictures = referencesOf(README).filter(({ picture }) => picture);
  assert.ok(pictures.length > 0);
  const bytes = pictures.map(({ file }) => fs.statSync(path.join(ROOT, file)).size);
  assert.ok(bytes.reduce((sum, size) => sum + size) <= 1_500_000);
});

test('the README of the package has no pictures, and nothing else is lost', () => {
  const packaged = packagedReadme(README);
  assert.deepEqual(
    referencesOf(packaged).filter(({ picture }) => picture),
    [],
  );
  const links = (text: string) => referencesOf(text).filter(({ picture }) => !picture);
  assert.deepEqual(links(packaged), links(README));
  assert.equal(packaged.match(/^#+ /gm)?.length, README.match(/^#+ /gm)?.length);
});

test('a link or picture that is missing from a package is found, however it is written', () => {
  const inside = ['README.md', 'docs/chat.md'];
  const dead = (markdown: string): number => findDeadReferences(markdown, inside).length;
  assert.equal(dead('[chat](docs/chat.md#auto) [top](#top) [web](https://example.com) <mailto:a@example.com>'), 0);
  assert.equal(dead('`[code](gone.md)`\n\n```\n[code](gone.md)\n```\n'), 0);
  assert.equal(dead('[a](docs/gone.md)'), 1);
  assert.equal(dead('[a](./docs/gone.md "title")'), 1);
  assert.equal(dead('text [a][1]\n\n[1]: docs/gone.md'), 1);
  assert.equal(dead('<a class="x" href="docs/gone.md">a</a>'), 1);
  assert.equal(dead('![a](docs/chat.md)'), 1);
  assert.equal(dead('<img width="10" src="media/gone.png">'), 1);
  assert.equal(dead('[![a](https://example.com/a.png)](docs/gone.md)'), 1);
  assert.equal(dead('[![a](media/gone.png)](docs/chat.md)'), 1);
});
