import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeForHost } from '../../../src/core/languageModels/sentences.ts';

const PLACE = { provider: 'p', host: 'h.example', model: 'm', kind: 'openai' } as const;

test("the server's words end as a sentence before the next step", () => {
  for (const [detail, said] of [
    ['scenario 500', 'scenario 500. Try again.'],
    ['Out of memory (CUDA)', 'Out of memory (CUDA). Try again.'],
    ['Überlastet', 'Überlastet. Try again.'],
    ['Come back later!', 'Come back later! Try again.'],
    ['The server is busy.', 'The server is busy. Try again.'],
    ['please wait…', 'please wait… Try again.'],
  ] as const) {
    const words = describeForHost({ kind: 'server-error', detail }, PLACE);
    assert.ok(words.endsWith(said), `${detail}: ${words}`);
  }
});
