/**
 * Places in files that an answer names: `src/pool.ts`, `src/pool.ts:40`, `src/pool.ts:40-88`, `[pool](src/pool.ts#L40)`.
 * Page and host read them with this file. The host says which of the files exist; only these become links.
 */

export interface FilePlace {
  /** Relative, with slashes, without `./`. */
  readonly path: string;
  /** From 1; undefined for the file as a whole. */
  readonly line: number | undefined;
}

const LONGEST = 300;

/**
 * The place that a text names as a whole. Undefined for what cannot be a relative path of a file: addresses, absolute
 * paths, ways out of the folder, names without an extension.
 */
export function filePlace(text: string): FilePlace | undefined {
  if (text.length > LONGEST) return undefined;
  const found =
    /^(?:\.[/\\])?((?:[\w@.()[\]+~ -]+[/\\])*[\w@()[\]+~ -][\w@.()[\]+~ -]*\.[A-Za-z][\w+-]{0,15}|(?:[\w@.+-]+[/\\])*(?:Makefile|Dockerfile|LICENSE|\.[a-z][\w.-]+))(?:(?::|#L|\(L?)(\d{1,7})\)?(?:(?::\d+)?(?:[-–]L?\d{1,7})?)?)?$/.exec(
      text.trim(),
    );
  const path = found?.[1]?.replaceAll('\\', '/');
  if (!path || path.split('/').includes('..')) return undefined;
  const line = found?.[2] === undefined ? undefined : Number(found[2]);
  return line === 0 ? undefined : { path, line };
}

/** Most files of one answer that are looked for. */
const MOST = 60;

/** The files that an answer names in code spans and links, each once. */
export function filesNamed(markdown: string): readonly string[] {
  const texts = [...markdown.matchAll(/(?<!`)`([^`\n]{3,300})`(?!`)|\]\(<?([^)\s>]{3,300})>?\)/g)];
  const paths = texts.flatMap(([, span, target]) => {
    const place = filePlace(span ?? decode(target ?? ''));
    return place ? [place.path] : [];
  });
  return [...new Set(paths)].slice(0, MOST);
}

/** Targets of links have their special characters escaped. */
export function decode(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}
