import type { TestContext } from 'node:test';
import { startOllama } from '../servers/ollama.ts';
import { startOpenAi } from '../servers/openai.ts';

/** The loopback servers that specs are on, with the settings that point the extension at them. */

export const LOCAL_MODEL = 'qwen2.5-coder:1.5b-base';

/** Prices in USD per million tokens, the same in the server's book and in the user's settings. */
const PRICES = {
  mid: { input: 0.27, output: 1.1, cacheRead: 0.07 },
  frontier: { input: 5, output: 25, cacheRead: 0.5 },
} as const;

export async function startModels(t?: TestContext) {
  const ollama = await startOllama({
    models: [LOCAL_MODEL, { name: 'llama3.2:3b', capabilities: ['completion'], family: 'llama' }],
  });
  const cloud = await startOpenAi({
    apiKey: 'sk-right',
    promptCache: 'read',
    models: [
      { name: 'mid', price: PRICES.mid },
      { name: 'frontier', price: PRICES.frontier, reasoning: true },
    ],
  });
  const stop = async (): Promise<void> => {
    await Promise.all([ollama.stop(), cloud.stop()]);
  };
  t?.after(stop);
  return { ollama, cloud, stop };
}

export type Models = Awaited<ReturnType<typeof startModels>>;

/** User settings for those servers. The key is in the environment variable GEARSHIFT_TEST_KEY, unless `apiKeyEnv` says otherwise. */
export function settingsFor({ ollama, cloud }: Models, { apiKeyEnv = 'GEARSHIFT_TEST_KEY' } = {}) {
  return {
    'gearshift.providers': {
      ollama: { kind: 'ollama', baseUrl: ollama.url },
      cloud: { kind: 'openai', baseUrl: cloud.baseUrl, prices: PRICES, ...(apiKeyEnv ? { apiKeyEnv } : {}) },
    },
    'gearshift.tiers.local': [`ollama/${LOCAL_MODEL}`],
    'gearshift.tiers.mid': ['cloud/mid'],
    'gearshift.tiers.frontier': ['cloud/frontier'],
    // Which tier answers is the matter of one spec only.
    'gearshift.chat.tier': 'mid',
  };
}

export const KEY_ENV = { GEARSHIFT_TEST_KEY: 'sk-right', OLLAMA_HOST: undefined } as const;
