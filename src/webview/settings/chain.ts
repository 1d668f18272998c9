/** The edits a tier's chain knows. Models are named, not numbered: the chain may have changed since the button was drawn. */
export type ChainEdit =
  | { readonly kind: 'add'; readonly ref: string }
  | { readonly kind: 'remove'; readonly ref: string }
  | { readonly kind: 'move'; readonly ref: string; readonly by: -1 | 1 }
  /** Puts a model to the place of another one. */
  | { readonly kind: 'place'; readonly ref: string; readonly at: string }
  /** Another model in its place. */
  | { readonly kind: 'replace'; readonly ref: string; readonly with: string };

/** The chain after an edit; the same array when there is nothing to change. */
export function editChain(chain: readonly string[], edit: ChainEdit): readonly string[] {
  const at = chain.indexOf(edit.ref);
  switch (edit.kind) {
    case 'add':
      return at < 0 ? [...chain, edit.ref] : chain;
    case 'remove':
      return at < 0 ? chain : chain.toSpliced(at, 1);
    case 'move': {
      const to = at + edit.by;
      if (at < 0 || to < 0 || to >= chain.length) return chain;
      return chain.toSpliced(at, 1).toSpliced(to, 0, edit.ref);
    }
    case 'place': {
      const to = chain.indexOf(edit.at);
      return at < 0 || to < 0 || at === to ? chain : chain.toSpliced(at, 1).toSpliced(to, 0, edit.ref);
    }
    case 'replace':
      if (at < 0 || edit.with === edit.ref) return chain;
      // Where it is in the chain already, it moves.
      return chain.flatMap((ref) => (ref === edit.ref ? [edit.with] : ref === edit.with ? [] : [ref]));
  }
}

/** A ref as it is shown: `["openrouter", "deepseek/deepseek-chat"]`. */
export function splitRef(ref: string): readonly [provider: string, model: string] {
  const slash = ref.indexOf('/');
  return slash < 0 ? ['', ref] : [ref.slice(0, slash), ref.slice(slash + 1)];
}

/** The models whose name or details hold all words that were typed; those whose name begins so come first. */
export function filterModels<T extends { readonly id: string; readonly detail: string }>(
  models: readonly T[],
  typed: string,
): readonly T[] {
  const text = typed.trim().toLowerCase();
  const words = text.split(/\s+/).filter(Boolean);
  if (!words.length) return models;
  const first: T[] = [];
  const found: T[] = [];
  for (const model of models) {
    const id = model.id.toLowerCase();
    if (!words.every((word) => id.includes(word) || model.detail.toLowerCase().includes(word))) continue;
    (id.startsWith(text) || id.slice(id.indexOf('/') + 1).startsWith(text) ? first : found).push(model);
  }
  return [...first, ...found];
}
