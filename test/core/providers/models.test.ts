import assert from 'node:assert/strict';
import test from 'node:test';
import { ModelError } from '../../../src/core/common/failures.ts';
import { openaiCompatible } from '../../../src/core/providers/openaiCompatible.ts';

const list = (body: string) =>
  openaiCompatible.models(
    {
      baseUrl: 'http://127.0.0.1:9/v1',
      apiKey: null,
      headers: {},
      fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'application/json' } })),
    },
    new AbortController().signal,
  );

test('lists of models in their published shapes', async () => {
  for (const body of [
    { object: 'list', data: [{ id: 'a' }, { id: 'b' }, null, 7] },
    [{ id: 'a' }, { id: 'b', name: 'B' }],
    { models: [{ name: 'a' }, { name: 'b' }] },
    { data: ['a', 'b'] },
  ])
    assert.deepEqual(
      (await list(JSON.stringify(body))).map(({ id }) => id),
      ['a', 'b'],
    );
  assert.deepEqual(await list('{}'), []);
});

test('an error in place of a list is told: LM Studio without /v1 answers with status 200', async () => {
  const failure = async (body: string) => {
    try {
      await list(body);
    } catch (error) {
      if (error instanceof ModelError) return error.failure.kind;
      throw error;
    }
    return undefined;
  };
  assert.equal(await failure('{"error":"Unexpected endpoint or method. (GET /models)"}'), 'wrong-path');
  assert.equal(await failure('it is not JSON'), 'not-a-model');
});
