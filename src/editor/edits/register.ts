import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import type { InlineEdit } from './inlineEdit.ts';
import type { EditApplier } from './proposals.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    readonly edits: EditApplier;
    readonly inlineEdit: InlineEdit;
  }
}

/** Changes that models propose: shown as diffs, applied, undone. */
export function registerEdits({ shared, track, log }: Services): CommandsOf<'edits'> {
  const edits = (): Promise<EditApplier> => shared.get('edits');
  shared.provide('edits', async () => {
    const { EditApplier } = await import('./proposals.ts');
    return track(new EditApplier(log, async () => (await shared.get('outcomes')).survivalTracker));
  });
  shared.provide('inlineEdit', async () => {
    const { InlineEdit } = await import('./inlineEdit.ts');
    return new InlineEdit(await shared.get('oneShot'), edits, async (uri, problems) =>
      (await shared.get('chatQuestions')).askToFix(uri, problems),
    );
  });
  return {
    'gearshift.edits.apply': async (uri) => (await edits()).apply(uri),
    'gearshift.edits.choose': async (uri) => (await edits()).choose(uri),
    'gearshift.edits.discard': async (uri) => (await edits()).discard(uri),
    'gearshift.edits.followUp': async (uri) => (await edits()).followUp(uri),
    'gearshift.edits.acceptHunk': async (_, line) => (await edits()).takeHunk(true, lineOf(line)),
    'gearshift.edits.rejectHunk': async (_, line) => (await edits()).takeHunk(false, lineOf(line)),
    'gearshift.edits.undo': async () => (await edits()).undo(),
    'gearshift.inlineEdit.start': async (uri) => (await shared.get('inlineEdit')).start(uri),
  };
}

/** The line that a link of our own hover names. */
const lineOf = (argument: unknown): number | undefined => (typeof argument === 'number' ? argument : undefined);
