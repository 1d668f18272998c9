import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { createSimilar, type Similar } from '../../../src/editor/codebase/similarity.ts';
import { DEFAULTS } from '../../support/manifest.ts';

/** The comparison of the editor, with the embedding model of an Ollama server on this computer and of no other one. */
export function similarAt(baseUrl: string): Similar {
  const tiers = { 'tiers.local': [], 'tiers.mid': [], 'tiers.frontier': [] };
  const providers = { measured: { kind: 'ollama', baseUrl } };
  const { settings } = parseSettings({ ...DEFAULTS, ...tiers, providers } as RawSettings, undefined);
  return createSimilar({
    config: { settings },
    trusted: () => true,
    keys: {
      get: () => Promise.resolve(null),
      headers: () => Promise.resolve({}),
      origin: () => Promise.resolve('missing'),
    },
    fetch,
  });
}
