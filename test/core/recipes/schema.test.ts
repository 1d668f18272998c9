import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonIn } from '../../../src/core/common/jsonIn.ts';
import { parseSchema, validate, withoutDuplicates, type JsonSchema } from '../../../src/core/recipes/schema.ts';

/** A schema with a value that it allows. */
const valid: fc.Arbitrary<{ schema: JsonSchema; value: unknown }> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string().map((value) => ({ schema: { type: 'string' as const }, value })),
    fc
      .integer({ min: -5, max: 5 })
      .map((value) => ({ schema: { type: 'integer' as const, minimum: -5, maximum: 5 }, value })),
    fc.boolean().map((value) => ({ schema: { type: ['boolean', 'null'] as const }, value })),
    fc.constantFrom('a', 'b').map((value) => ({ schema: { enum: ['a', 'b'] }, value })),
    fc
      .dictionary(
        fc.stringMatching(/^[a-z]{1,5}$/),
        tie('any') as fc.Arbitrary<{ schema: JsonSchema; value: unknown }>,
        { maxKeys: 4 },
      )
      .map((fields) => ({
        schema: {
          type: 'object' as const,
          required: Object.keys(fields),
          additionalProperties: false,
          properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
        },
        value: Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value])),
      })),
  ) as fc.Arbitrary<{ schema: JsonSchema; value: unknown }>,
})).any as fc.Arbitrary<{ schema: JsonSchema; value: unknown }>;

test('a value that a schema allows has no problems, and each field that is taken away is named', () => {
  fc.assert(
    fc.property(valid, ({ schema, value }) => {
      assert.deepEqual(parseSchema(JSON.stringify(schema)), { schema: JSON.parse(JSON.stringify(schema)) as unknown });
      assert.deepEqual(validate(schema, value), []);
      for (const name of schema.required ?? []) {
        const { [name]: _, ...rest } = value as Record<string, unknown>;
        assert.ok(validate(schema, rest).some((words) => words.includes(`.${name} is missing`)));
      }
    }),
  );
});

const CASES: readonly (readonly [JsonSchema, unknown, RegExp])[] = [
  [{ type: 'object' }, [], /\$ must be object, not array/],
  [{ type: 'integer' }, 1.5, /must be integer/],
  [{ type: ['string', 'null'] }, 3, /string or null/],
  [{ enum: ['a', 1] }, 'b', /must be one of "a", 1/],
  [{ type: 'number', maximum: 10 }, 11, /at most 10/],
  [{ type: 'array', minItems: 1 }, [], /at least 1 items/],
  [{ type: 'array', items: { type: 'string' } }, ['a', 1], /\$\[1\] must be string/],
  [{ type: 'object', additionalProperties: false }, { x: 1 }, /may not have "x"/],
  [{ type: 'object', required: ['toString'] }, {}, /toString is missing/],
];

for (const [schema, value, words] of CASES)
  test(`${JSON.stringify(schema)} refuses ${JSON.stringify(value)}`, () => {
    assert.match(validate(schema, value).join('\n'), words);
  });

test('JSON is found among the words that models write around it', () => {
  const json = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue(), { minLength: 1 }));
  fc.assert(
    fc.property(json, fc.constantFrom('plain', 'fence', 'words'), (value, form) => {
      const text = JSON.stringify(value);
      const answer =
        form === 'plain'
          ? text
          : form === 'fence'
            ? `Here it is:\n\`\`\`json\n${text}\n\`\`\`\nDone.`
            : `Sure: ${text} That is all.`;
      assert.deepEqual(jsonIn(answer)?.value, JSON.parse(text));
    }),
  );
  assert.equal(jsonIn('There is nothing to report.'), undefined);
});

test('equal entries are kept once, wherever they are', () => {
  assert.deepEqual(
    withoutDuplicates({
      claims: [
        { a: 'X  y', b: 1 },
        { b: 1, a: 'x y' },
        { a: 'x', b: 1 },
      ],
    }),
    {
      claims: [
        { a: 'X  y', b: 1 },
        { a: 'x', b: 1 },
      ],
    },
  );
});
