/** The edits a tier's chain knows. Models are named, not numbered: the chain may have changed since the button was drawn. */
export type ChainEdit =
  | { readonly kind: 'add'; readonly ref: string }
  | { readonly kind: 'remove'; readonly ref: string }
  | { readonly kind: 'move'; readonly ref: string; readonly by: -1 | 1 };

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
  }
}

/** A ref as it is shown: `["openrouter", "deepseek/deepseek-chat"]`. */
export function splitRef(ref: string): readonly [provider: string, model: string] {
  const slash = ref.indexOf('/');
  return slash < 0 ? ['', ref] : [ref.slice(0, slash), ref.slice(slash + 1)];
}

/** Models to suggest for what was typed, at most `limit`: a list box of thousands would make each keystroke slow. */
export function suggestModels<T extends { readonly id: string }>(
  models: readonly T[],
  typed: string,
  limit = 200,
): readonly T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found: T[] = [];
  for (const model of models) {
    const id = model.id.toLowerCase();
    if (words.every((word) => id.includes(word)) && found.push(model) === limit) break;
  }
  return found;
}
