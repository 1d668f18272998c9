/**
 * Both model servers at human speed, to try the extension without any model:
 *
 *     node test/servers/demo.ts
 *
 * prints one JSON line with the addresses and runs until it is stopped.
 */
import { startOllama } from './ollama.ts';
import type { OllamaServer } from './ollama.ts';
import { startOpenAi } from './openai.ts';
import type { OpenAiServer } from './openai.ts';

export interface Demo {
  /** Local tier: the model `demo-coder:latest`, and `demo-coder:large` to pull. */
  readonly ollama: OllamaServer;
  /** Mid and frontier tier: `demo-mid` ($0.25 in, $1 out per million) and `demo-frontier` ($5 in, $25 out). */
  readonly openai: OpenAiServer;
  /** What the command line prints. */
  readonly addresses: {
    readonly ollamaUrl: string;
    readonly localModel: string;
    readonly openAiBaseUrl: string;
    readonly midModel: string;
    readonly frontierModel: string;
  };
  stop(): Promise<void>;
}

/** Ports default to any free one. */
export async function startDemo({ ollamaPort = 0, openAiPort = 0 } = {}): Promise<Demo> {
  const ollama = await startOllama({
    port: ollamaPort,
    models: [{ name: 'demo-coder:latest', family: 'qwen2', capabilities: ['completion', 'insert'] }],
    registry: { 'demo-coder:large': [40_000_000, 20_000, 500] },
    promptTokensPerSecond: 3000,
    decodeTokensPerSecond: 90,
    loadMs: 1200,
    pullBytesPerSecond: 8_000_000,
  });
  const openai = await startOpenAi({ port: openAiPort, ttftMs: 450, tokensPerSecond: 70, promptCache: 'read' });
  return {
    ollama,
    openai,
    addresses: {
      ollamaUrl: ollama.url,
      localModel: 'demo-coder:latest',
      openAiBaseUrl: openai.baseUrl,
      midModel: 'demo-mid',
      frontierModel: 'demo-frontier',
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
