import type { BlindAnswer } from '../../core/chat/blind.ts';
import type { ChooseRival } from '../../core/chat/blindRival.ts';
import type { Answer, Thread } from '../../core/chat/conversation.ts';
import { TIERS, type Tier } from '../../core/common/types.ts';
import type { CommandsOf } from '../platform/commands.ts';
import { isOn } from '../../core/evaluation/blindChoice.ts';
import type { BlindComparison } from './blind.ts';
import type { Services } from '../platform/services.ts';
import { GUARD_KEY } from '../platform/contributions.ts';
import type { Watch } from '../../core/evaluation/modelGuard.ts';
import { workspaceUri } from '../platform/workspace.ts';
import type { ModelGuard } from './guard.ts';
import type { RunTasksParts } from './runParts.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    /** Kept tasks, and what is known of models that changed. */
    readonly evaluation: {
      /** Asks for a name and a place, and keeps an answer as a test. */
      keep(thread: Thread, answer: Answer): Promise<void>;
      /** Compares the models of before and now on the kept tasks. */
      compareChange(tier: Tier): Promise<void>;
      readonly guard: ModelGuard;
      /** Chooses the second model of a blind comparison. */
      readonly rival: ChooseRival;
      /** Keeps a vote. */
      voted(pair: readonly [BlindAnswer, BlindAnswer]): Promise<void>;
    };
  }
}

/** When what another window knows of models is looked at, in ms after it changed the ledger. */
const LOOK_AGAIN_MS = 1_000;

/** How long the words of a link are taken as they are, in ms: files of tasks may be edited by hand. */
const LABEL_MS = 10_000;

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
  const prompts = async () => (await shared.get('prompts'))();
  const recipes = async () => (await shared.get('recipes')).forKeptTasks();
  const run = async (stated: unknown, decide?: RunTasksParts['decide']): Promise<void> => {
    const unfinished = new (await import('./unfinished.ts')).UnfinishedComparison(context.globalStorageUri);
    const parts = {
      config,
      gateway,
      trusted: services.trusted,
      folders: await folders(),
      unfinished,
      prompts,
      recipes,
    };
    await (await import('./runTasks.ts')).runTasks({ ...parts, state: context.workspaceState, decide }, stated);
  };
  const labels = new CompareLabels(async (sides) =>
    (await import('./runTasks.ts')).describeRun({ config, gateway, recipes, folders: await folders() }, sides),
  );
  track(config.onChange(() => labels.forget()));
  shared.provide('evaluation', async () => {
    const { ModelGuard } = await import('./guard.ts');
    const chainOf = (watch: Watch) =>
      watch === 'localAnswers' ? config.settings.localAnswers : config.settings.tiers[watch];
    const guard = new ModelGuard({
      state: context.globalState,
      chain: chainOf,
      setChain: (watch, chain) => config.write(`tiers.${watch}`, chain),
      workspace: workspaceUri,
      onChange: changed,
    });
    tierChanges.of = async (tier, isForQuestions) => {
      const words = guard.words(tier, isForQuestions);
      return words ? { words, compare: await labels.of(guard.sides(tier)) } : undefined;
    };
    if (guard.hasChange) changed();
    return {
      guard,
      keep: async (thread, answer) => {
        const applied = await (await shared.get('checkpoints')).changesOf([answer.id]);
        await (await import('./keepTask.ts')).keepTask(await folders(), thread, answer, applied);
        labels.forget();
        changed();
      },
      rival: async (...asked) => (await loadBlind()).rival(...asked),
      voted: async (pair) => (await loadBlind()).voted(pair),
      compareChange: (tier) => {
        const back = guard.canGoBack(tier) ? () => guard.goBack(tier) : undefined;
        const sides = guard.sides(tier);
        return run(sides, sides && { keep: () => guard.keep(tier), back });
      },
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
  // The other window writes to the ledger first, and what it knows of models a moment later.
  let last = '';
  let again: NodeJS.Timeout | undefined;
  track(
    services.ledger.onChange(() => {
      tellKnown();
      clearTimeout(again);
      again = setTimeout(() => {
        const now = JSON.stringify(context.globalState.get(GUARD_KEY) ?? null);
        if (now === last) return;
        last = now;
        tellKnown();
        changed();
      }, LOOK_AGAIN_MS);
    }),
  );
  track({ dispose: () => clearTimeout(again) });
  return {
    'gearshift.evaluation.run': async (_uri, stated) => {
      const tier = TIERS.find((each) => each === tierIn(stated));
      return tier ? (await shared.get('evaluation')).compareChange(tier) : run(stated);
    },
    'gearshift.evaluation.blind': async () => (await loadBlind()).set(),
  };
}

/** Words of the links to comparisons. They are asked for whenever anything on show changes, and reading takes a while. */
class CompareLabels {
  readonly #read: (sides: unknown) => Promise<string>;
  readonly #known = new Map<string, { readonly words: Promise<string>; readonly at: number }>();

  constructor(read: (sides: unknown) => Promise<string>) {
    this.#read = read;
  }

  of(sides: unknown): Promise<string> {
    const key = JSON.stringify(sides ?? null);
    const known = this.#known.get(key);
    if (known && Date.now() - known.at < LABEL_MS) return known.words;
    const words = this.#read(sides);
    this.#known.set(key, { words, at: Date.now() });
    return words;
  }

  forget(): void {
    this.#known.clear();
  }
}

/** The tier whose change is to be compared, where a link names one. */
const tierIn = (stated: unknown): unknown =>
  typeof stated === 'object' && stated !== null && 'tier' in stated ? stated.tier : undefined;
