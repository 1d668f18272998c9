import { t } from '@vscode/l10n';

/** A part of what would be sent, with its estimated tokens. */
export interface Part {
  /** As the user knows it: a file's name, the beginning of a question. */
  readonly name: string;
  readonly tokens: number;
  /** `fixed`: never left out, as the question itself and the instructions. */
  readonly kind: 'fixed' | 'turn' | 'attachment';
}

export interface Trim {
  /** Indices of the parts that must be left out, ascending. */
  readonly leftOut: readonly number[];
  /** Tokens of what stays. */
  readonly tokens: number;
  /** Whether what stays fits. False: the fixed parts alone are too large. */
  readonly fits: boolean;
  /** For the user; empty when nothing is left out. */
  readonly words: string;
}

/**
 * What must be left out of a request that is larger than a model's window, to be shown before anything is sent: first
 * the oldest turns of the thread, then the largest attachments. Nothing is cut in its middle.
 *
 * @param parts in the order in which they would be sent
 * @param room tokens that the model can take
 */
export function planTrim(parts: readonly Part[], room: number): Trim {
  let tokens = parts.reduce((sum, part) => sum + part.tokens, 0);
  const all = [...parts.keys()];
  const order = [
    ...all.filter((i) => parts[i]?.kind === 'turn'),
    ...all
      .filter((i) => parts[i]?.kind === 'attachment')
      .sort((a, b) => (parts[b]?.tokens ?? 0) - (parts[a]?.tokens ?? 0)),
  ];
  const leftOut: number[] = [];
  for (const index of order) {
    if (tokens <= room) break;
    leftOut.push(index);
    tokens -= parts[index]?.tokens ?? 0;
  }
  leftOut.sort((a, b) => a - b);
  return { leftOut, tokens, fits: tokens <= room, words: describeTrim(parts, leftOut, tokens <= room) };
}

function describeTrim(parts: readonly Part[], leftOut: readonly number[], fits: boolean): string {
  if (!fits) return t('The question alone is too long for this model.');
  const turns = leftOut.filter((i) => parts[i]?.kind === 'turn').length;
  const files = leftOut.flatMap((i) => (parts[i]?.kind === 'attachment' ? [parts[i].name] : []));
  if (turns && files.length) return t('Left out: the {0} oldest messages of this chat, {1}', turns, files.join(', '));
  if (turns) return t('Left out: the {0} oldest messages of this chat', turns);
  return files.length ? t('Left out: {0}', files.join(', ')) : '';
}
