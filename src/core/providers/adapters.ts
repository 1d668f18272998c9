import type { ProviderConfig } from '../common/providerConfig.ts';
import { ollama } from './ollama.ts';
import type { ProviderAdapter } from './provider.ts';

/** Loaded with the first call: a window that only completes code needs none of it. */
const openai: ProviderAdapter = {
  async *stream(...call) {
    const { openaiCompatible } = await import('./openaiCompatible.ts');
    yield* openaiCompatible.stream(...call);
  },
  async models(...call) {
    const { openaiCompatible } = await import('./openaiCompatible.ts');
    return openaiCompatible.models(...call);
  },
};

/** Every protocol that a provider can speak. */
export const ADAPTERS: Readonly<Record<ProviderConfig['kind'], ProviderAdapter>> = {
  ollama,
  openai,
};
