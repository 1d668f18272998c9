import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { isLoopback } from '../../core/common/endpoints.ts';
import { readSlotWindow } from '../../core/providers/llamaCpp.ts';
import { readWindow } from '../../core/providers/ollama.ts';
import { askProvider, type AskParts } from '../platform/askProvider.ts';

/** What was asked counts for this long: a model may be loaded again with another window. In ms. */
const FRESH_MS = 30_000;
const ASK_MS = 1_500;

/**
 * Asks Ollama servers, and llama.cpp servers on this computer, with which window they run a model, before a question is
 * routed and a prompt is packed for it. Their lists only tell the window that the model could have; what they run it with
 * is often much smaller.
 */
export class LocalWindows {
  readonly #parts: AskParts;
  readonly #asked = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();

  constructor(parts: AskParts) {
    this.#parts = parts;
  }

  /** Resolves when the window is learned, or cannot be for now; see `MODEL_WINDOWS`. Other servers are not asked. */
  async ask(provider: ProviderConfig, model: string): Promise<void> {
    const read = readerFor(provider);
    if (!read) return;
    const key = `${provider.baseUrl} ${model}`;
    const before = this.#asked.get(key);
    if (before && Date.now() - before.at < FRESH_MS) return void (await before.answer);
    const limits = { ms: ASK_MS, unasked: true, model };
    const answer = askProvider(provider, this.#parts, limits, (wire) => read(model, wire));
    this.#asked.set(key, { at: Date.now(), answer });
    await answer;
  }
}

/** How a server tells the window that it runs a model with; undefined: it is none that does. */
function readerFor({ kind, baseUrl }: ProviderConfig): typeof readWindow | undefined {
  if (kind === 'ollama') return readWindow;
  const isHere = URL.canParse(baseUrl) && isLoopback(new URL(baseUrl).hostname);
  return kind === 'openai' && isHere ? readSlotWindow : undefined;
}
