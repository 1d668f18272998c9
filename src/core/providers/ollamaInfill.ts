/** What Ollama's `/api/show` tells of a model's ability to fill gaps, beside its capabilities and template. */
export function infillFactsOf(info: Readonly<Record<string, unknown>>): { basename?: string; gapTokens?: boolean } {
  const words = ['general.basename', 'general.finetune'].flatMap((key) => {
    const value = info[key];
    return typeof value === 'string' && value ? [value] : [];
  });
  // Names of the GGUF format (ggml-org/ggml docs/gguf.md), with the older ones; a server that tells none does not say no.
  const tokens = ['fim_pre_token_id', 'prefix_token_id'].some(
    (key) => typeof info[`tokenizer.ggml.${key}`] === 'number',
  );
  return { ...(words.length ? { basename: words.join(' ') } : {}), ...(tokens ? { gapTokens: true } : {}) };
}
