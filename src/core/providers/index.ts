import type { ProviderConfig } from '../settings.ts';
import { ollama } from './ollama.ts';
import { openaiCompatible } from './openaiCompatible.ts';
import type { ProviderAdapter } from './provider.ts';

/** Every protocol that a provider can speak. */
export const ADAPTERS: Readonly<Record<ProviderConfig['kind'], ProviderAdapter>> = {
  ollama,
  openai: openaiCompatible,
};
