import type { ProposedEdit } from './proposal.ts';

/** Which file an answer means by a name. A name in prose is a file only if it exists or is clearly given as a new one. */

/** What there is, for the names that an answer writes. Paths have slashes. */
export interface KnownFiles {
  /** Whether the question came from a document, which is meant where an answer names none. */
  readonly hasOrigin: boolean;
  /** Whether a document that went along with the question has this path, or one that ends with it. */
  wasSent(path: string): boolean;
  exists(path: string): Promise<boolean>;
  /** Files of the workspace whose path ends with this one. */
  endingWith(path: string): Promise<readonly string[]>;
}

export type ChosenPath =
  /** The document that the question came from. */
  | { readonly kind: 'origin' }
  | { readonly kind: 'path'; readonly path: string }
  /** Several files have that name. */
  | { readonly kind: 'several'; readonly paths: readonly string[] }
  /** A new file, or the document that the question came from: only the user knows. */
  | { readonly kind: 'new-or-origin'; readonly path: string };

type Naming = Pick<ProposedEdit, 'path' | 'namedBy' | 'saysNew' | 'perhaps'>;

/** The file that an edit is for. */
export async function choosePath(
  { path, namedBy = 'format', saysNew, perhaps }: Naming,
  files: KnownFiles,
): Promise<ChosenPath> {
  for (const name of [perhaps, path]) {
    if (name === undefined || name === null) continue;
    const there = await findThere(name, files);
    if (there) return there;
  }
  if (path === null) return { kind: 'origin' };
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  // A new file beside one of the same name that was sent: that one may be meant.
  if (namedBy !== 'format' && !saysNew && files.hasOrigin && name !== path && files.wasSent(name))
    return { kind: 'new-or-origin', path };
  if (namedBy === 'format' || saysNew || /[\\/]/.test(path) || !files.hasOrigin) return { kind: 'path', path };
  // On a line of its own it can be a new file; in a sentence it is `Node.js` or the like.
  return namedBy === 'label' ? { kind: 'new-or-origin', path } : { kind: 'origin' };
}

/** A file that exists: the path itself, or the only one that ends so. */
async function findThere(name: string, files: KnownFiles): Promise<ChosenPath | undefined> {
  if (files.wasSent(name) || (await files.exists(name))) return { kind: 'path', path: name };
  // Ways out of the folder and full paths are checked elsewhere; nothing ends with them.
  if (/^[\\/~]|^[a-z]:|\.\./i.test(name)) return undefined;
  const found = await files.endingWith(name);
  if (found.length > 1) return { kind: 'several', paths: found };
  const [only] = found;
  return only === undefined ? undefined : { kind: 'path', path: only };
}
