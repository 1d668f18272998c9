import { MODEL_WINDOWS } from '../common/modelWindows.ts';
import { keyHeaders } from './keyHeaders.ts';
import type { Wire } from './provider.ts';

/**
 * The window that a llama.cpp server runs its model with, in tokens, from `GET /props` (`default_generation_settings.n_ctx`,
 * the window of one slot; tools/server/README.md of llama.cpp). Its list of models states only the window that the model was
 * trained with. What is found is learned; undefined for any other server.
 *
 * @throws what the wire throws when the server cannot be reached
 */
export async function readSlotWindow(model: string, wire: Wire): Promise<number | undefined> {
  const url = `${wire.baseUrl.replace(/\/v1$/, '')}/props`;
  const headers = { ...wire.headers, ...keyHeaders(wire.baseUrl, wire.apiKey) };
  const response = await wire.fetch(url, { headers });
  if (!response.ok) {
    await response.body?.cancel();
    return undefined;
  }
  const stated: unknown = await response.json().catch(() => undefined);
  const settings = fieldOf(stated, 'default_generation_settings');
  const tokens = fieldOf(settings, 'n_ctx');
  MODEL_WINDOWS.learn(wire.baseUrl, model, tokens);
  return MODEL_WINDOWS.get(wire.baseUrl, model);
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
