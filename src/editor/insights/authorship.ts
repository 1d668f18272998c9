import { createHash } from 'node:crypto';
import type * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { Authorship, type AuthoredLines } from '../../core/insights/authorship.ts';

const KEY = 'gearshift.authorship';

/** Remembers in the workspace's own storage which models wrote lines here. */
export const createAuthorship = (memory: vscode.Memento, log: Logger): Authorship =>
  new Authorship({
    load: () => memory.get<readonly AuthoredLines[]>(KEY, []),
    save: (authored) =>
      void memory.update(KEY, authored).then(undefined, (error: unknown) => log.error('authorship', error)),
    hash: (line) => createHash('sha256').update(line).digest('base64url').slice(0, 12),
  });
