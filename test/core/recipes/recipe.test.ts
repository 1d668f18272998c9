import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { asksModel, MOST_STAGES, parseRecipe, STAGE_KINDS } from '../../../src/core/recipes/recipe.ts';
import { TIERS } from '../../../src/core/common/types.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../media/recipes');
const HEAD = ['---', 'description: A test', '---'];
const read = (...lines: string[]) => parseRecipe('mine.md', [...HEAD, ...lines].join('\n'), 'user');

test('the shipped recipes are those that the chat promises, and each can be read', () => {
  const files = fs.readdirSync(FOLDER).sort();
  assert.deepEqual(files, ['build.md', 'draft.md', 'extract.md', 'research.md']);
  const kinds = files.map((file) => {
    const { recipe, problems } = parseRecipe(file, fs.readFileSync(path.join(FOLDER, file), 'utf8'), 'shipped');
    assert.deepEqual(problems, [], file);
    assert.ok(recipe && recipe.description.length > 20 && recipe.pays.length > 10, file);
    return recipe.stages.map(({ kind, tier }) => (tier ? `${kind} ${tier}` : kind));
  });
  assert.deepEqual(kinds, [
    ['ask frontier', 'approve', 'work mid', 'check', 'review frontier'],
    ['ask mid', 'score frontier', 'ask frontier'],
    ['extract mid', 'ask frontier'],
    ['extract mid', 'extract mid', 'ask frontier'],
  ]);
});

test('the text itself is not sent to the reasoning stage of extract', () => {
  const { recipe } = parseRecipe('extract.md', fs.readFileSync(path.join(FOLDER, 'extract.md'), 'utf8'), 'shipped');
  assert.match(recipe?.stages[0]?.body ?? '', /\{\{context\}\}/);
  assert.doesNotMatch(recipe?.stages[1]?.body ?? '', /\{\{context\}\}/);
});

const LINE = HEAD.length;
/** Files that are wrong, and the line, from 1, that must be named. */
const WRONG: Readonly<Record<string, readonly [lines: readonly string[], line: number, words: RegExp]>> = {
  'no stage': [['text'], 1, /at least one stage/],
  'a word that is no kind': [['## a (ask, frontier)', 'x', '## b (aks, mid)', 'x'], LINE + 3, /"aks" is neither/],
  'no tier': [['', '## a', 'x'], LINE + 2, /needs a tier/],
  'a tier where no model is asked': [['## a (mid)', 'x', '## approve (mid)'], LINE + 3, /asks no model/],
  'no prompt': [['## a (mid)', '', ''], LINE + 1, /no prompt/],
  'two stages of one name': [['## a (mid)', 'x', '## A (mid)', 'x'], LINE + 3, /two stages/],
  'an unknown placeholder': [['## a (mid)', 'x', 'see {{nothing}}'], LINE + 3, /\{\{nothing\}\}/],
  'a later stage': [['## a (mid)', '{{b}}', '## b (mid)', 'x'], LINE + 2, /\{\{b\}\}/],
  'changes before work': [['## a (mid)', '{{changes}}'], LINE + 2, /before a work stage/],
  'a search without texts': [['## a (mid)', 'x', '## b (mid)', '{{search:a}}'], LINE + 4, /must be an extract stage/],
  'no schema': [['## a (extract, mid)', 'x'], LINE + 1, /needs a JSON schema/],
  'a broken schema': [['## a (extract, mid)', 'x', '```json', '{', '```'], LINE + 3, /not valid JSON/],
  'an unknown keyword': [['## a (extract, mid)', 'x', '```json', '{"oneOf":[]}', '```'], LINE + 3, /"oneOf"/],
  'no threshold': [['## a (mid)', 'x', '## b (score, mid)', '{{a}}'], LINE + 3, /threshold/],
  'a threshold of 11': [['## a (mid)', 'x', '## b (score, mid)', '- threshold: 11', '{{a}}'], LINE + 4, /0 to 10/],
  'an unknown option': [['## a (mid)', '- colour: red', 'x'], LINE + 2, /no option "colour"/],
  'an option twice': [['## s (score, mid)', '- threshold: 1', '- threshold: 2', 'x'], LINE + 3, /appears twice/],
  'below what scores nothing': [['## a (mid)', 'x', '## b (mid)', '- only below: a', 'x'], LINE + 4, /score stage/],
  'a check of nothing': [['## a (mid)', 'x', '## check'], LINE + 3, /needs a work stage/],
  'a review of nothing': [['## review (mid)', 'x'], LINE + 1, /needs a work stage/],
  'two works': [['## a (work, mid)', 'x', '## b (work, mid)', 'x'], LINE + 3, /one work stage/],
  'nothing to approve': [['## approve', '## a (mid)', 'x'], LINE + 1, /approves/],
  'seven stages': [
    Array.from({ length: MOST_STAGES + 1 }, (_, i) => [`## s${i} (mid)`, 'x']).flat(),
    LINE + 2 * MOST_STAGES + 1,
    /at most 6/,
  ],
};

for (const [name, [lines, line, words]] of Object.entries(WRONG))
  test(`a recipe with ${name} is refused at its line`, () => {
    const { recipe, problems } = read(...lines);
    assert.equal(recipe, undefined);
    const said = problems.map((problem) => `${problem.line}: ${problem.words}`);
    assert.ok(
      problems.some((problem) => problem.line === line && words.test(problem.words)),
      said.join('\n'),
    );
  });

test('a wrong limit is named at its line of the head', () => {
  const { problems } = parseRecipe('a.md', '---\ndescription: x\nmoney: lots\n---\n## a (mid)\nx', 'user');
  assert.deepEqual(
    problems.map(({ line }) => line),
    [3],
  );
});

test("T26 a recipe of a workspace may state fewer limits than the user's own, and never higher ones", () => {
  const withHead = (head: string, origin: 'user' | 'workspace') =>
    parseRecipe('a.md', `---\ndescription: x\n${head}\n---\n## a (mid)\nx`, origin);
  for (const [fair, high] of [
    ['money: 5', 'money: 5.01'],
    ['requests: 60', 'requests: 61'],
    ['minutes: 90', 'minutes: 91'],
  ] as const) {
    assert.deepEqual(withHead(fair, 'workspace').problems, []);
    assert.deepEqual(
      withHead(high, 'workspace').problems.map(({ line }) => line),
      [3],
      high,
    );
    assert.equal(withHead(high, 'workspace').recipe, undefined);
    assert.deepEqual(withHead(high, 'user').problems, []);
  }
});

test('headings inside a fence are part of the prompt', () => {
  const { recipe, problems } = read('## a (mid)', 'Write this:', '```', '## not a stage', '```', '## b (mid)', '{{a}}');
  assert.deepEqual(problems, []);
  assert.deepEqual(
    recipe?.stages.map(({ name }) => name),
    ['a', 'b'],
  );
});

const names = fc.uniqueArray(fc.stringMatching(/^st[a-z]{1,8}$/), { minLength: 1, maxLength: MOST_STAGES });

test('a recipe of any stages in a valid order is read as it was written', () => {
  fc.assert(
    fc.property(
      names,
      fc.infiniteStream(fc.constantFrom('ask', 'score')),
      fc.infiniteStream(fc.constantFrom(...TIERS)),
      (all, kinds, tiers) => {
        const wanted = all.map((name) => ({
          name,
          kind: kinds.next().value as string,
          tier: tiers.next().value as string,
        }));
        const lines = wanted.flatMap(({ name, kind, tier }, i) => [
          `## ${name} (${kind}, ${tier})`,
          ...(kind === 'score' ? ['- threshold: 5'] : []),
          `Do {{task}}${i > 0 ? ` with {{${all[i - 1]}}}` : ''}`,
        ]);
        const { recipe, problems } = read(...lines);
        assert.deepEqual(problems, []);
        assert.deepEqual(
          recipe?.stages.map(({ name, kind, tier }) => ({ name, kind, tier })),
          wanted,
        );
        assert.ok(recipe.stages.every(asksModel));
      },
    ),
  );
});

test('whatever a file holds, it is read as a recipe or refused with lines that exist', () => {
  const pieces = fc.constantFrom(
    '---',
    'description: x',
    '## a',
    '## b (mid)',
    '## c (extract, frontier)',
    '## approve',
    '## check',
    '## review (mid)',
    '- threshold: 3',
    '- only below: b',
    '```json',
    '```',
    '{"type":"object"}',
    '{{a}}',
    '{{',
    'text',
    '',
    '## (',
    '## ()',
    ...STAGE_KINDS.map((kind) => `## ${kind} (${kind}, mid)`),
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }),
      fc.constantFrom('\n', '\r\n'),
      (lines, end) => {
        const text = lines.join(end);
        const { recipe, problems } = parseRecipe('x.md', text, 'user');
        assert.equal(recipe === undefined, problems.length > 0);
        const count = text.split(/\r\n?|\n/).length;
        for (const { line, words } of problems)
          assert.ok(line >= 1 && line <= count && words.length > 0, `${line}: ${words}`);
      },
    ),
    { numRuns: 500 },
  );
});
