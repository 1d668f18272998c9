import { isInside } from '../common/paths.ts';
import { isSecretFile } from './sensitiveFiles.ts';

/**
 * Whether a file may be read as context for a model. A repository can hold links: `AGENTS.md` may lead to `.netrc`, a
 * folder to the user's home, a note to a device that never ends. So the file that a path leads to is judged, not only
 * the path as it is written.
 */

/** Where a path leads. */
export type Followed =
  /** Absolute, with all links followed. */
  | { readonly kind: 'path'; readonly path: string }
  /** Nothing is there, the links form a loop, or the user may not look there. */
  | { readonly kind: 'missing' }
  /** The path contains a link, and the file system does not tell where it leads. */
  | { readonly kind: 'unknown' };

interface FileFacts {
  /** What is there once links are followed; `other` is a device, a pipe or a socket. */
  readonly kind: 'file' | 'folder' | 'other';
  /** In bytes. */
  readonly size: number;
}

/** The part of a file system that the decision needs. Neither function rejects. */
export interface ContextDisk {
  readonly separator: '/' | '\\';
  readonly follow: (path: string) => Promise<Followed>;
  /** Null where nothing is there. */
  readonly stat: (path: string) => Promise<FileFacts | null>;
}

export type ContextCheck =
  /** `path` is the real path: read that one, so that a link that is changed meanwhile changes nothing. */
  | { readonly kind: 'readable'; readonly path: string; readonly size: number }
  /**
   * Never read without the user's consent for this file: it is a secret file, or a link leads out of the workspace.
   * `path` is null where the file system does not tell where the link leads.
   */
  | {
      readonly kind: 'needs-consent';
      readonly reason: 'secret' | 'outside';
      readonly path: string | null;
      readonly size: number;
    }
  /** Never read at all. */
  | { readonly kind: 'unreadable'; readonly reason: 'missing' | 'not-a-file' };

/**
 * Judges a file before it is read as context.
 *
 * @param folders absolute paths of the folders that the file must lie in; null where any place is right, as for the
 *   user's own prompts
 * @param written absolute path, as it was found or named
 */
export async function checkContextFile(
  disk: ContextDisk,
  folders: readonly string[] | null,
  written: string,
): Promise<ContextCheck> {
  const followed = await disk.follow(written);
  if (followed.kind === 'missing') return { kind: 'unreadable', reason: 'missing' };
  const path = followed.kind === 'path' ? followed.path : null;
  const facts = await disk.stat(path ?? written);
  if (!facts) return { kind: 'unreadable', reason: 'missing' };
  if (facts.kind !== 'file') return { kind: 'unreadable', reason: 'not-a-file' };
  const { size } = facts;
  const inside = path === null || !folders ? null : await nameInside(disk, folders, path);
  // The user's globs count from the folder of the workspace, by the name that it has there.
  const real = inside ?? path;
  if (isSecretFile(written) || (real !== null && isSecretFile(real)))
    return { kind: 'needs-consent', reason: 'secret', path, size };
  if (path === null || (folders && inside === null)) return { kind: 'needs-consent', reason: 'outside', path, size };
  // Git's own files hold addresses with passwords; a link must not bring them in under another name.
  if (GIT_FOLDER.test(path) && !GIT_FOLDER.test(written))
    return { kind: 'needs-consent', reason: 'outside', path, size };
  return { kind: 'readable', path, size };
}

const GIT_FOLDER = /[\\/]\.git[\\/]/i;

/** A real path as seen from the folder that it lies in; null where it lies in none. */
async function nameInside(disk: ContextDisk, folders: readonly string[], path: string): Promise<string | null> {
  for (const folder of folders) {
    const root = await disk.follow(folder);
    if (root.kind === 'path' && isInside(root.path, path, disk.separator))
      return folder.replace(/[\\/]+$/, '') + disk.separator + path.slice(root.path.length).replace(/^[\\/]+/, '');
  }
  return null;
}
