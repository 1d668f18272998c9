import { createHash } from 'node:crypto';
import type * as vscode from 'vscode';
import { Dismissals } from '../../core/codeTools/dismissals.ts';
import type { Logger } from '../../core/common/logger.ts';

const KEY = 'gearshift.review.dismissed';

/** Remembers dismissed findings in the workspace's own storage. */
export const createDismissals = (memory: vscode.Memento, log: Logger): Dismissals =>
  new Dismissals({
    load: () => memory.get<readonly string[]>(KEY, []),
    save: (keys) => void memory.update(KEY, keys).then(undefined, (error: unknown) => log.error('dismissals', error)),
    hash: (key) => createHash('sha256').update(key).digest('base64url').slice(0, 16),
  });
