import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODEL_WINDOWS } from '../../../src/core/common/modelWindows.ts';
import { readSlotWindow } from '../../../src/core/providers/llamaCpp.ts';

/** Asks a server whose `/props` answers as given; `port` keeps the tests' servers apart. */
async function ask(port: number, answer: Response): Promise<{ window: number | undefined; urls: string[] }> {
  const urls: string[] = [];
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const fetch = (url: URL | RequestInfo): Promise<Response> => {
    urls.push(String(url));
    return Promise.resolve(answer);
  };
  const window = await readSlotWindow('m', { baseUrl, apiKey: null, headers: {}, fetch });
  assert.equal(MODEL_WINDOWS.get(baseUrl, 'm'), window);
  return { window, urls };
}

test('the window of a slot is read from /props beside /v1, and learned', async () => {
  const props = { default_generation_settings: { n_ctx: 4_096, params: {} }, total_slots: 4, model_path: 'm.gguf' };
  assert.deepEqual(await ask(9_001, Response.json(props)), { window: 4_096, urls: ['http://127.0.0.1:9001/props'] });
});

test('a server that is another, or says nothing that can be a window, teaches nothing', async () => {
  const answers = [
    new Response('not found', { status: 404 }),
    new Response('<html>', { status: 200 }),
    Response.json(null),
    Response.json({ default_generation_settings: { n_ctx: 'many' } }),
    Response.json({ n_ctx: 4_096 }),
  ];
  for (const [i, answer] of answers.entries()) assert.equal((await ask(9_010 + i, answer)).window, undefined);
});
