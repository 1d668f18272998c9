/** Fill-in-the-middle: recognizing the prompt formats of the model families, and filling the gap. */

interface FimFormat {
  readonly family: string;
  readonly prefix: string;
  readonly suffix: string;
  /** What ends the prompt; Codestral's ends with the text itself. */
  readonly middle: string | undefined;
}

/** The order of prefix and suffix is read from the prompt: Codestral, Seed-Coder and Mellum put the suffix first. */
const FORMATS: readonly FimFormat[] = [
  { family: 'qwen, codegemma, granite', prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' },
  { family: 'starcoder, mellum', prefix: '<fim_prefix>', suffix: '<fim_suffix>', middle: '<fim_middle>' },
  { family: 'codellama', prefix: '<PRE> ', suffix: ' <SUF>', middle: ' <MID>' },
  { family: 'deepseek', prefix: '<｜fim▁begin｜>', suffix: '<｜fim▁hole｜>', middle: '<｜fim▁end｜>' },
  { family: 'codestral', prefix: '[PREFIX]', suffix: '[SUFFIX]', middle: undefined },
  { family: 'seed-coder', prefix: '<[fim-prefix]>', suffix: '<[fim-suffix]>', middle: '<[fim-middle]>' },
  { family: 'codegeex', prefix: '<|code_prefix|>', suffix: '<|code_suffix|>', middle: '<|code_middle|>' },
];

/** Prefix and suffix of a raw FIM prompt, or undefined if no known format is in it. */
export function parseFim(prompt: string): { family: string; prefix: string; suffix: string } | undefined {
  for (const format of FORMATS) {
    const prefixAt = prompt.lastIndexOf(format.prefix);
    const suffixAt = prompt.lastIndexOf(format.suffix);
    const end = format.middle === undefined ? prompt.length : prompt.lastIndexOf(format.middle);
    if (prefixAt < 0 || suffixAt < 0 || end < Math.max(prefixAt, suffixAt)) continue;
    const prefixFirst = prefixAt < suffixAt;
    return {
      family: format.family,
      prefix: prompt.slice(prefixAt + format.prefix.length, prefixFirst ? suffixAt : end),
      suffix: prompt.slice(suffixAt + format.suffix.length, prefixFirst ? end : prefixAt),
    };
  }
  return undefined;
}

/** Longest first: a long tail of the prefix is found at one place only, a short one also in a shortened window. */
const TAIL_LENGTHS = [2000, 500, 200, 100, 50, 25, 12];

/**
 * The continuation of a known document at the gap, or undefined if the gap is in none of them. Of several places
 * with the same text before, the one whose text after is nearest wins.
 */
export function completeFromDocuments(
  documents: readonly { text: string; runOn: boolean }[],
  prefix: string,
  suffix: string,
): string | undefined {
  const after = suffix.slice(0, 60);
  for (const length of [Infinity, ...TAIL_LENGTHS]) {
    const tail = prefix.slice(-Math.min(length, prefix.length));
    if (tail.trim() === '') continue;
    const places = documents.flatMap(({ text, runOn }) =>
      occurrences(text, tail).map((at) => {
        const start = at + tail.length;
        const rejoin = text.indexOf(after, start);
        return { text, runOn, start, end: rejoin < 0 || after === '' ? text.length : rejoin, rejoins: rejoin >= 0 };
      }),
    );
    const place = places.sort(
      (a, b) => Number(b.rejoins) - Number(a.rejoins) || a.end - a.start - (b.end - b.start),
    )[0];
    if (place) return place.text.slice(place.start, place.runOn ? undefined : place.end);
  }
  return undefined;
}

function occurrences(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) found.push(at);
  return found;
}

/** Tried in order on the current line; the first that fits says how the line may go on. */
const CONTINUATIONS: readonly { readonly when: RegExp; readonly say: (last: string, indent: string) => string }[] = [
  { when: /^\s*(\/\/|#).*$/, say: () => ' see the demo model for details' },
  { when: /\breturn\s*$/, say: (last) => `${last};` },
  { when: /=>\s*$/, say: (last) => `${last}.toString()` },
  { when: /[=(,]\s*$/, say: (last) => last },
  { when: /\{\s*$/, say: (last, indent) => `\n${indent}  return ${last};\n${indent}}` },
  { when: /:\s*$/, say: (last, indent) => `\n${indent}    return ${last}` },
  { when: /\.\w*$/, say: () => 'toString()' },
  { when: /^\s*$/, say: (last) => `const result = ${last};` },
];

/** A completion in the style of the file: the rest of a similar line, of a known word, or of a common pattern. */
export function completePlausibly(prefix: string, suffix: string): string {
  const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
  const indent = /^\s*/.exec(line)![0];
  const similar = restOfSimilarLine(line.trim(), `${prefix.slice(0, prefix.length - line.length)}\n${suffix}`);
  if (similar) return similar;

  const words = prefix.match(/[A-Za-z_]\w{2,}/g) ?? [];
  const partial = /\w+$/.exec(line)?.[0];
  const whole = partial && words.slice(0, -1).findLast((word) => word !== partial && word.startsWith(partial));
  if (whole) return whole.slice(partial.length);

  const last = words.at(-1) ?? 'value';
  return CONTINUATIONS.find(({ when }) => when.test(line))?.say(last, indent) ?? ';';
}

function restOfSimilarLine(start: string, text: string): string | undefined {
  if (start.length < 3) return undefined;
  const other = text.split('\n').find((candidate) => candidate.trim().startsWith(start) && candidate.trim() !== start);
  return other?.trim().slice(start.length);
}
