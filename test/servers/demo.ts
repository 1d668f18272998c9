/**
 * Both model servers at human speed, to try the extension without any model:
 *
 *     node test/servers/demo.ts
 *
 * prints one JSON line with the addresses and runs until it is stopped.
 */
import { demoScript, finishedDocuments } from './demoAnswers.ts';
import { startOllama } from './ollama.ts';
import type { OllamaServer } from './ollama.ts';
import { startOpenAi } from './openai.ts';
import type { OpenAiServer } from './openai.ts';

/** The models of the demo have the names of the models that the shipped settings use. */
const LOCAL = 'qwen2.5-coder:1.5b-base';
const MID = 'deepseek/deepseek-v4-flash';
const FRONTIER = 'anthropic/claude-opus-5.5';

/** USD per million tokens. */
const PRICES = { mid: { input: 0.25, output: 1 }, frontier: { input: 5, output: 25 } };

export interface Demo {
  /** Local tier, and a larger model to pull. */
  readonly ollama: OllamaServer;
  /** Mid and frontier tier. */
  readonly openai: OpenAiServer;
  /** What the command line prints. */
  readonly addresses: {
    readonly ollamaUrl: string;
    readonly localModel: string;
    readonly openAiBaseUrl: string;
    readonly midModel: string;
    readonly frontierModel: string;
    /** By model, USD per million tokens. */
    readonly prices: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
  };
  stop(): Promise<void>;
}

/** Ports default to any free one. */
export async function startDemo({ ollamaPort = 0, openAiPort = 0 } = {}): Promise<Demo> {
  const ollama = await startOllama({
    port: ollamaPort,
    models: [{ name: LOCAL, family: 'qwen2', capabilities: ['completion', 'insert'] }],
    registry: { 'qwen2.5-coder:7b-base': [40_000_000, 20_000, 500] },
    promptTokensPerSecond: 3000,
    decodeTokensPerSecond: 90,
    loadMs: 1200,
    pullBytesPerSecond: 8_000_000,
  });
  const openai = await startOpenAi({
    port: openAiPort,
    ttftMs: 600,
    tokensPerSecond: 70,
    promptCache: 'read',
    models: [
      { name: MID, price: PRICES.mid },
      { name: FRONTIER, price: PRICES.frontier, reasoning: true },
    ],
  });
  for (const text of finishedDocuments()) ollama.know(text);
  ollama.script(demoScript(() => 'local'));
  openai.script(demoScript((model) => (model === FRONTIER ? 'frontier' : 'mid')));
  return {
    ollama,
    openai,
    addresses: {
      ollamaUrl: ollama.url,
      localModel: LOCAL,
      openAiBaseUrl: openai.baseUrl,
      midModel: MID,
      frontierModel: FRONTIER,
      prices: { [MID]: PRICES.mid, [FRONTIER]: PRICES.frontier },
    },
    async stop() {
      await Promise.all([ollama.stop(), openai.stop()]);
    },
  };
}

if (import.meta.main) {
  const demo = await startDemo();
  process.stdout.write(`${JSON.stringify(demo.addresses)}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void demo.stop());
}
