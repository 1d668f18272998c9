import { t } from '@vscode/l10n';
import { plural } from '../common/language.ts';

/** Known holes of Ollama servers, by version. */

interface Hole {
  readonly id: string;
  /** The first version without it. */
  readonly fixedIn: string;
  /** What somebody who reaches the server can do. */
  readonly what: () => string;
}

/**
 * Holes through which another program, a web page or another computer reaches the server's data. Sources: the records
 * of nvd.nist.gov for each id; for CVE-2025-51471 the fix ollama/ollama#13738, released in 0.14.3.
 */
const HOLES: readonly Hole[] = [
  {
    id: 'CVE-2026-7482',
    fixedIn: '0.17.1',
    what: () => t('anyone who can reach the server can read its memory, including prompts and keys'),
  },
  {
    id: 'CVE-2025-51471',
    fixedIn: '0.14.3',
    what: () => t("someone else's registry can get your account's token when a model is pulled"),
  },
  {
    id: 'CVE-2024-45436',
    fixedIn: '0.1.47',
    what: () => t('a prepared model file can write files anywhere'),
  },
  {
    id: 'CVE-2024-37032',
    fixedIn: '0.1.34',
    what: () => t('anyone who can reach the server or its registry can run programs on the computer'),
  },
  {
    id: 'CVE-2024-28224',
    fixedIn: '0.1.29',
    what: () => t('a web page can use the server'),
  },
];

/**
 * A warning about the known holes of a version; empty when none is known. A build of one's own says `0.0.0` and nothing
 * is known of it.
 *
 * @param version as the server says it, such as `0.17.0` or `0.17.1-rc2`
 */
export function describeHoles(version: string): string {
  const parts = partsOf(version);
  if (!parts || parts.every((part) => part === 0)) return '';
  const open = HOLES.filter(({ fixedIn }) => isBefore(parts, partsOf(fixedIn) ?? []));
  const [first] = open;
  if (!first) return '';
  const { id, what, fixedIn } = first;
  const more =
    open.length > 1
      ? ` ${plural(open.length - 1, t('{0} other hole is known.', open.length - 1), t('{0} other holes are known.', open.length - 1))}`
      : '';
  return `${t('Ollama {0} has a known security hole ({1}): {2}. Update it to {3} or later.', version, id, what(), fixedIn)}${more}`;
}

const partsOf = (version: string): number[] | undefined => {
  const [, ...parts] = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version.trim()) ?? [];
  return parts.length > 0 ? parts.map((part) => Number(part ?? 0)) : undefined;
};

const isBefore = (one: readonly number[], other: readonly number[]): boolean => {
  const at = one.findIndex((part, i) => part !== (other[i] ?? 0));
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
};
