import { lazy } from '../platform/lazy.ts';
import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';

/** The light bulb is not looked for in the first moments, and no suggestion comes in them. In ms. */
const LIGHT_BULB_MS = 500;

/** The light bulb, commit messages and the review of changes. */
export function registerCodeTools({ context, config, shared, track, log }: Services): CommandsOf<'codeTools'> {
  const oneShot = () => shared.get('oneShot');
  const commitMessages = lazy(async () => {
    const { CommitMessages } = await import('./commitMessage.ts');
    return new CommitMessages(oneShot, () => config.settings.conventionalCommits, log);
  });
  const review = lazy(async () => {
    const [{ ReviewChanges }, { createDismissals }] = await Promise.all([
      import('./review.ts'),
      import('./dismissedFindings.ts'),
    ]);
    return track(
      new ReviewChanges({
        oneShot,
        authorship: () => shared.get('authorship'),
        dismissals: createDismissals(context.workspaceState, log),
        log,
      }),
    );
  });
  const lightBulb = async (): Promise<void> => {
    const { registerCodeActions } = await import('./codeActions.ts');
    const chat = await shared.get('vsCodeChat');
    track(
      registerCodeActions({
        inlineEdit: () => shared.get('inlineEdit'),
        oneShot,
        askChat: async (...about) => (await shared.get('chatQuestions')).askAbout(...about),
        escalate: async (...problems) => (await shared.get('chatQuestions')).escalateProblems(...problems),
        agents: { isActive: () => chat.isActive(), fix: (...problems) => chat.fixProblems(...problems) },
        log,
      }),
    );
  };
  const timer = setTimeout(() => {
    lightBulb().catch((error: unknown) => log.error('light bulb', error));
  }, LIGHT_BULB_MS);
  track({ dispose: () => clearTimeout(timer) });
  return {
    'gearshift.commitMessage.write': async (_, argument) => (await commitMessages()).write(argument),
    'gearshift.commitMessage.stop': () => commitMessages.made?.stop(),
    'gearshift.review.start': async (uri, argument) => (await review()).run(uri, argument),
    'gearshift.review.dismiss': async (_, argument) => (await review()).dismiss(argument),
    'gearshift.review.clear': async () => (await review()).clear(),
  };
}
