import path from 'node:path';
import { lineLog } from '../../core/common/logger.ts';
import { lazy } from '../platform/lazy.ts';
import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import { workspaceId } from '../platform/workspace.ts';
import type { KeepFiles } from './appliedEdits.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { InlineEdit } from './inlineEdit.ts';
import type { EditApplier } from './proposals.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    readonly edits: EditApplier;
    readonly checkpoints: Checkpoints;
    readonly inlineEdit: InlineEdit;
  }
}

/** Changes that models propose: shown in the editor or as diffs, applied, undone. */
export function registerEdits({ shared, track, log, context }: Services): CommandsOf<'edits'> {
  const edits = (): Promise<EditApplier> => shared.get('edits');
  const checkpoints = (): Promise<Checkpoints> => shared.get('checkpoints');
  const keep: KeepFiles = async (...files) => (await checkpoints()).keep(...files);
  shared.provide('checkpoints', async () => {
    const [{ Checkpoints }, { CheckpointStore }] = await Promise.all([
      import('./checkpoints.ts'),
      import('../../storage/checkpoints.ts'),
    ]);
    const folder = path.join(context.globalStorageUri.fsPath, 'checkpoints', workspaceId());
    return track(new Checkpoints(new CheckpointStore(folder, lineLog(log)), log));
  });
  shared.provide('edits', async () => {
    const { EditApplier } = await import('./proposals.ts');
    const survivalTracker = async () => (await shared.get('outcomes')).survivalTracker;
    return track(new EditApplier(log, survivalTracker, keep));
  });
  const inPlace = lazy(async () => {
    const { InPlaceEdits } = await import('./inPlace.ts');
    const applier = await edits();
    return track(new InPlaceEdits({ write: (proposals) => applier.write(proposals), keep }));
  });
  const box = lazy(async () => {
    const { InstructionBox } = await import('./instructionBox.ts');
    return track(new InstructionBox());
  });
  shared.provide('inlineEdit', async () => {
    const { InlineEdit } = await import('./inlineEdit.ts');
    return new InlineEdit({
      oneShot: await shared.get('oneShot'),
      inPlace: await inPlace(),
      applier: edits,
      ask: async (...about) => (await box()).ask(...about),
      fix: async (uri, problems) => (await shared.get('chatQuestions')).askToFix(uri, problems),
    });
  });
  /** The edits in the editor, if the command means one of them: that of its CodeLens, or of the active editor. */
  const waiting = (target: unknown) => (inPlace.made?.has(target) ? inPlace.made : undefined);
  return {
    'gearshift.edits.apply': async (uri, target) => waiting(target)?.acceptAll(target) ?? (await edits()).apply(uri),
    // The same for the title of an editor, which shows a command that has a key on two lines.
    'gearshift.edits.applyShown': async (uri) => (await edits()).apply(uri),
    'gearshift.edits.discardShown': async (uri) => (await edits()).discard(uri),
    'gearshift.edits.choose': async (uri) => (await edits()).choose(uri),
    'gearshift.edits.discard': async (uri, target) => {
      const here = waiting(target);
      if (here) here.discard(target);
      else await (await edits()).discard(uri);
    },
    'gearshift.edits.followUp': async (uri, target) =>
      waiting(target)?.followUp(target) ?? (await edits()).followUp(uri),
    'gearshift.edits.acceptHunk': async (_, target) =>
      waiting(target)?.take(true, target) ?? (await edits()).takeHunk(true, lineOf(target)),
    'gearshift.edits.rejectHunk': async (_, target) =>
      waiting(target)?.take(false, target) ?? (await edits()).takeHunk(false, lineOf(target)),
    'gearshift.edits.undo': async () => (await edits()).undo(),
    'gearshift.checkpoints.restore': async () => (await checkpoints()).choose(),
    'gearshift.inlineEdit.start': async (uri) => (await shared.get('inlineEdit')).start(uri),
    'gearshift.inlineEdit.send': (_, reply) => box.made?.send(reply),
    'gearshift.inlineEdit.cancel': () => box.made?.cancel(),
  };
}

/** The line that a link of our own hover names. */
const lineOf = (argument: unknown): number | undefined => (typeof argument === 'number' ? argument : undefined);
