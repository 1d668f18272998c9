import { createFetch, isOllamaAt } from '../../src/core/privacy/privateFetch.ts';
import type { Settings } from '../../src/core/settings/settings.ts';
import { plainFetch } from '../../src/editor/platform/plainFetch.ts';

/** The extension's way to the network, outside of private mode: an Ollama of the settings is asked by plain HTTP. */
export const fetchFor = (settings: Pick<Settings, 'providers'>): typeof globalThis.fetch =>
  createFetch({ isPrivate: () => false, isPlain: (origin) => isOllamaAt(settings, origin), plainFetch });

/** The way by which an Ollama on this machine is asked. */
export const ollamaFetch = createFetch({ isPrivate: () => false, isPlain: () => true, plainFetch });
