import assert from 'node:assert/strict';
import test from 'node:test';
import { ModelError } from '../../../src/core/common/failures.ts';
import { MODEL_ABILITIES } from '../../../src/core/common/modelWindows.ts';
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

test('an error in place of a list is reported: LM Studio without /v1 answers with status 200', async () => {
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

test('windows and abilities are read from every published list, wherever an entry has them', async () => {
  for (const [server, entry, window, pictures, capabilities] of [
    ['vLLM', { id: 'm', max_model_len: 32_768 }, 32_768, undefined],
    ['llama.cpp', { id: 'm', meta: { n_ctx: 4_096, n_ctx_train: 131_072 } }, 4_096, undefined],
    ['LM Studio', { id: 'm', type: 'vlm', loaded_context_length: 8_192, max_context_length: 131_072 }, 8_192, true],
    [
      'LM Studio: text',
      { id: 'm', type: 'llm', max_context_length: 32_768, capabilities: ['tool_use'] },
      32_768,
      undefined,
      ['completion', 'tools'],
    ],
    ['LM Studio: instances', { id: 'm', loaded_instances: [{ config: { context_length: 4_096 } }] }, 4_096, undefined],
    ['a text', { id: 'm', context_length: '131,072' }, 131_072, undefined],
    ['another spelling', { id: 'm', maxContextLength: 9_000 }, 9_000, undefined],
    ['another name', { id: 'm', limits: { ctx_size: 9_000 } }, 9_000, undefined],
    ['an architecture before it', { id: 'm', model_info: { 'qwen2.context_length': 9_000 } }, 9_000, undefined],
    ['a text with a unit', { id: 'm', limit: { context: '32k' } }, 32_000, undefined],
    ['Groq', { id: 'm', context_window: 131_072, max_completion_tokens: 32_768 }, 131_072, undefined],
    [
      'LiteLLM',
      {
        id: 'm',
        model_info: { max_input_tokens: 200_000, supports_vision: true, supports_function_calling: true, mode: 'chat' },
      },
      200_000,
      true,
    ],
    [
      'Google',
      { name: 'm', inputTokenLimit: 1_048_576, supportedGenerationMethods: ['generateContent'] },
      1_048_576,
      undefined,
    ],
    [
      'Anthropic',
      {
        id: 'm',
        max_input_tokens: 200_000,
        capabilities: { image_input: { supported: true }, thinking: { supported: true } },
      },
      200_000,
      true,
    ],
    [
      'Mistral',
      {
        id: 'm',
        max_context_length: 262_144,
        capabilities: { completion_chat: true, completion_fim: true, vision: false },
      },
      262_144,
      false,
    ],
    [
      'OpenRouter',
      {
        id: 'm',
        context_length: 163_840,
        top_provider: { context_length: 131_072 },
        architecture: { input_modalities: ['text'] },
        supported_parameters: ['tools'],
      },
      131_072,
      false,
    ],
    [
      'Hugging Face',
      {
        id: 'm',
        architecture: { input_modalities: ['text', 'image'] },
        providers: [{ context_length: 131_072 }, { context_length: 65_536 }],
      },
      65_536,
      true,
    ],
    ['DeepInfra', { id: 'm', metadata: { context_length: 40_960, pricing: { input_tokens: 0.1 } } }, 40_960, undefined],
    [
      'Venice',
      { id: 'm', model_spec: { availableContextTokens: 65_536, capabilities: { supportsVision: false } } },
      65_536,
      false,
    ],
    [
      'Copilot',
      { id: 'm', capabilities: { limits: { max_context_window_tokens: 128_000 }, supports: { vision: true } } },
      128_000,
      true,
    ],
    ['plain', { id: 'm', object: 'model', owned_by: 'me' }, undefined, undefined],
  ] as const) {
    const [model] = await list(JSON.stringify({ data: [entry] }));
    assert.equal(model?.id, 'm');
    assert.equal(model?.contextTokens, window, server);
    assert.equal(MODEL_ABILITIES.takesPictures('http://127.0.0.1:9', 'm'), pictures, server);
    if (capabilities) assert.deepEqual([...(model?.capabilities ?? [])].sort(), capabilities, server);
    MODEL_ABILITIES.learn('http://127.0.0.1:9', 'm', []);
  }
});
