import type { BlindAnswer } from '../../core/chat/blind.ts';
import type { ChooseRival } from '../../core/chat/blindRival.ts';
import type { Answer, Thread } from '../../core/chat/conversation.ts';
import { TIERS, type Tier } from '../../core/common/types.ts';
import type { CommandsOf } from '../platform/commands.ts';
import { isOn } from '../../core/evaluation/blindChoice.ts';
import type { BlindComparison } from './blind.ts';
import type { Services } from '../platform/services.ts';
import { GUARD_KEY } from '../platform/contributions.ts';
import type { ModelGuard } from './guard.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    /** Kept tasks, and what is known of models that changed. */
    readonly evaluation: {
      /** Asks for a name and a place, and keeps an answer as a test. */
      keep(thread: Thread, answer: Answer): Promise<void>;
      /** Compares the models of before and now on the kept tasks. */
      compareChange(tier: Tier): Promise<void>;
      /** `Compare on 12 kept tasks (about $0.03)` */
      compareLabel(tier: Tier): Promise<string>;
      readonly guard: ModelGuard;
      /** Chooses the second model of a blind comparison. */
      readonly rival: ChooseRival;
      /** Keeps a vote. */
      voted(pair: readonly [BlindAnswer, BlindAnswer]): Promise<void>;
    };
  }
}

/** Kept tasks and the guard for model changes. Nothing is loaded before the first answer or command. */
export function registerEvaluation(services: Services): CommandsOf<'evaluation'> {
  const { shared, config, context, gateway, track, log, tierChanges, changed } = services;
  const failed = (error: unknown): void => log.error('evaluation', error);
  const folders = async () => new (await import('./taskFolder.ts')).TaskFolders(context.globalStorageUri);
  let blind: BlindComparison | undefined;
  const loadBlind = async (): Promise<BlindComparison> =>
    (blind ??= new (await import('./blind.ts')).BlindComparison({
      ...services,
      state: context.globalState,
      store: () => services.ledger.ready,
    }));
  track(
    config.onChange(({ blind: now }) => {
      // Nothing is loaded where it was off and stays so.
      if (isOn(now) || blind)
        void loadBlind()
          .then((made) => made.settingChanged())
          .catch(failed);
    }),
  );
  const run = async (stated: unknown): Promise<void> => {
    const unfinished = new (await import('./unfinished.ts')).UnfinishedComparison(context.globalStorageUri);
    await (
      await import('./runTasks.ts')
    ).runTasks(
      {
        config,
        gateway,
        trusted: services.trusted,
        folders: await folders(),
        unfinished,
        state: context.workspaceState,
        prompts: async () => (await shared.get('prompts'))(),
      },
      stated,
    );
  };
  const label = async (sides: unknown): Promise<string> =>
    (await import('./runTasks.ts')).describeRun({ config, gateway, folders: await folders() }, sides);
  shared.provide('evaluation', async () => {
    const { ModelGuard } = await import('./guard.ts');
    const guard = new ModelGuard({
      state: context.globalState,
      chain: (tier) => config.settings.tiers[tier],
      setChain: (tier, chain) => config.write(`tiers.${tier}`, chain),
      onChange: changed,
    });
    tierChanges.words = (tier) => guard.words(tier);
    if (guard.hasChange) changed();
    return {
      guard,
      keep: async (thread, answer) => {
        const applied = await (await shared.get('checkpoints')).changesOf([answer.id]);
        await (await import('./keepTask.ts')).keepTask(await folders(), thread, answer, applied);
      },
      rival: async (...asked) => (await loadBlind()).rival(...asked),
      voted: async (pair) => (await loadBlind()).voted(pair),
      compareChange: (tier) => run(guard.sides(tier)),
      compareLabel: async (tier) => label(guard.sides(tier)),
    };
  });
  track(
    services.onSettled(
      (ended) =>
        void shared
          .get('evaluation')
          .then(({ guard }) => guard.note(ended))
          .catch(failed),
    ),
  );
  // A change that was shown before a restart, or in another window, is shown here too.
  const tellKnown = (): void => {
    if (!shared.made('evaluation') && context.globalState.get(GUARD_KEY)) void shared.get('evaluation').catch(failed);
  };
  tellKnown();
  track(services.ledger.onChange(tellKnown));
  return {
    'gearshift.evaluation.run': async (_uri, stated) => {
      const tier = TIERS.find((each) => each === tierIn(stated));
      return tier ? (await shared.get('evaluation')).compareChange(tier) : run(stated);
    },
    'gearshift.evaluation.blind': async () => (await loadBlind()).set(),
  };
}

/** The tier whose change is to be compared, where a link names one. */
const tierIn = (stated: unknown): unknown =>
  typeof stated === 'object' && stated !== null && 'tier' in stated ? stated.tier : undefined;
