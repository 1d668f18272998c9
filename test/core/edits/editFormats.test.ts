import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanEditQuestion, editFormatFor, editRule } from '../../../src/core/edits/editFormats.ts';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';

/** Which form of an edit each family of models is asked for. */

test('each family is asked for the form that it writes best, small models for whole functions', () => {
  for (const [model, format] of [
    ['gpt-5', 'patch'],
    ['openai/gpt-5.2-codex', 'patch'],
    ['gpt-6-mini', 'patch'],
    ['anthropic/claude-opus-5.5', 'search-replace'],
    ['gemini-3-pro', 'search-replace'],
    ['x-ai/grok-5', 'search-replace'],
    ['minimax/minimax-m3', 'search-replace'],
    ['deepseek/deepseek-v4-flash', 'search-replace'],
    ['qwen2.5-coder:7b', 'whole'],
    ['deepseek-coder:1.3b', 'whole'],
    ['llama-3.2-3b-instruct', 'whole'],
    ['qwen3-coder:480b', 'search-replace'],
    ['somebody/something', 'search-replace'],
    ['', 'search-replace'],
  ] as const)
    assert.equal(editFormatFor(model), format, model);
});

test('the example in a question is in a form that the reader knows', () => {
  for (const [model, kind] of [
    ['gpt-5', 'blocks'],
    ['claude-opus-5.5', 'blocks'],
  ] as const)
    assert.equal(parseAnswer(cleanEditQuestion('Line 2 differs.', model)).edits[0]?.kind, kind);
  assert.match(cleanEditQuestion('Line 2 differs.', 'qwen2.5-coder:7b'), /Line 2 differs\.[^]*Leave nothing out/);
});

test('the prompt of the chat asks each family for its form, with an example that the reader knows', () => {
  assert.match(editRule('openai/gpt-5.2'), /\*\*\* Begin Patch/);
  assert.match(editRule('claude-opus-5.5'), /<<<<<<< SEARCH/);
  assert.match(editRule(''), /<<<<<<< SEARCH/);
  assert.match(editRule('qwen2.5-coder:7b'), /Leave nothing out/);
  assert.doesNotMatch(editRule('qwen2.5-coder:7b'), /SEARCH|Begin Patch/);
  for (const model of ['gpt-5', 'claude-opus-5.5']) {
    const { edits, problems } = parseAnswer(editRule(model));
    assert.deepEqual([edits.map(({ kind }) => kind), problems], [['blocks'], []]);
  }
});
