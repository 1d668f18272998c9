import path from 'node:path';
import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import { workspaceId } from '../platform/workspace.ts';
import type { Codebase } from './codebase.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    readonly codebase: Codebase;
  }
}

/** Indexes of workspaces that were not asked about for so long are removed: 60 days, in ms. */
const KEEP_MS = 60 * 24 * 3_600_000;

/** The index of the workspace for `@codebase`. Nothing of it is loaded, read or watched before the first question. */
export function registerCodebase(services: Services): CommandsOf<'codebase'> {
  const { context, shared, track, log } = services;
  shared.provide('codebase', async () => {
    const [{ Codebase }, { showProgress }, { removeOldIndexes }, { createSimilar }] = await Promise.all([
      import('./codebase.ts'),
      import('./progress.ts'),
      import('../../storage/codebaseFile.ts'),
      import('./similarity.ts'),
    ]);
    const dir = path.join(context.globalStorageUri.fsPath, 'codebase');
    void removeOldIndexes(dir, KEEP_MS);
    const file = path.join(dir, `${workspaceId()}.index`);
    const codebase = track(new Codebase({ file, log, similar: createSimilar(services) }));
    track(showProgress(codebase));
    return codebase;
  });
  return { 'gearshift.codebase.rebuild': async () => (await shared.get('codebase')).rebuild() };
}
