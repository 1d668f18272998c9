import { t } from '@vscode/l10n';
import { newRules, questionOf, type RunServices } from '../chat/answerRun.ts';
import type { ConsentPlace } from '../chat/approval.ts';
import { endOfPath } from '../chat/branches.ts';
import { titleOf, type Answer, type AnswerFacts, type Attachment } from '../chat/conversation.ts';
import type { LiveThread } from '../chat/liveThread.ts';
import { isInPlan, shadowOf, spentBy, workedBy, type RecipeRun, type RunForecast } from '../chat/recipeRun.ts';
import { StoppableTurn } from '../chat/stoppableTurn.ts';
import { addFields } from '../common/sums.ts';
import { NO_USAGE, TIERS, type Tier, type Usage } from '../common/types.ts';
import type { RunPorts } from './ports.ts';
import { asksModel, type Recipe } from './recipe.ts';
import { advance, goOnAt, newRun, recipeOf } from './run.ts';

/** A run as it begins. */
export interface NewRun {
  readonly recipe: Recipe;
  /** What the user wrote, with the name of the recipe. */
  readonly text: string;
  readonly task: string;
  readonly attachments: readonly Attachment[];
  readonly schemas?: Readonly<Record<string, string>>;
  /** The question that another run answered, to be compared with it. */
  readonly comparedAt?: string;
}

export interface TurnParts {
  /** What the run needs of the world, for one turn. */
  readonly ports: (turn: RecipeTurn, waiting: (words: string) => void) => Omit<RunPorts, 'changed' | 'waiting'>;
  readonly forecast: (recipe: Recipe, given: NewRun) => Promise<RunForecast>;
  /** The places of a tier that still need consent. */
  readonly missingConsent: (tier: Tier) => readonly ConsentPlace[];
  readonly grantConsent: (origins: readonly string[], tier: Tier) => Promise<void>;
}

/** The run of a recipe as one turn of the chat: its question, its answer, its consent, and its stages. */
export class RecipeTurn extends StoppableTurn {
  readonly #services: RunServices;
  readonly #parts: TurnParts;

  /** @param answerId of the run that goes on; by default, a new one */
  constructor(live: LiveThread, services: RunServices, parts: TurnParts, answerId?: string) {
    super(live, answerId);
    this.#services = services;
    this.#parts = parts;
  }

  /** The answer that shows the run; undefined before it began. */
  get answer(): Answer | undefined {
    return this.live.find(this.answerId)?.answer;
  }

  protected showState(): void {
    this.#changed(true);
  }

  /** Asks for consent and runs the recipe, to its end or its first pause. */
  async start(given: NewRun): Promise<void> {
    const { parts } = this.#services;
    const { recipe, text, task, comparedAt } = given;
    const at = parts.now();
    let questionId = comparedAt;
    if (questionId === undefined) {
      const draft = { after: endOfPath(this.live.thread), text, attachments: given.attachments };
      const rules = await newRules(this.live.thread, draft, parts).catch(() => []);
      const question = questionOf(draft, rules, at);
      this.live.addQuestion(question, this.live.thread.tier, titleOf(text), at);
      questionId = question.id;
    }
    const run = { ...newRun(recipe, task, given.schemas), ...(comparedAt === undefined ? {} : { compared: true }) };
    const answer: Answer = {
      role: 'assistant',
      id: this.answerId,
      at,
      questionId,
      tier: recipe.stages.findLast(asksModel)?.tier ?? 'mid',
      escalated: false,
      ...(comparedAt === undefined ? {} : { beside: true }),
      provider: '',
      model: '',
      state: 'waiting',
      text: '',
      reasoning: '',
      failure: null,
      place: null,
      facts: null,
    };
    this.live.apply({ e: 'answer', at, turn: answer });
    this.live.apply({ e: 'run', at, id: this.answerId, run });
    this.#changed(true);
    try {
      const forecast = await this.#parts.forecast(recipe, given);
      if (!(await this.#agree(forecast, given.attachments))) return this.#refused(run);
      await this.#advance(run);
    } catch (error) {
      this.#broken(error);
    }
  }

  /**
   * Goes on with a run.
   *
   * @param index the first stage to run
   * @param output what the user made of the output of the stage before
   */
  async goOn(index: number, output?: string): Promise<void> {
    const { answer } = this;
    if (!answer?.run) return;
    const run = goOnAt(answer.run, index, output);
    this.live.chooseBranchOf(answer.questionId, this.#services.parts.now());
    this.live.apply({ e: 'run', at: this.#services.parts.now(), id: this.answerId, run });
    this.#update({ state: 'waiting', failure: null });
    try {
      await this.#advance(run);
    } catch (error) {
      this.#broken(error);
    }
  }

  async #advance(run: RecipeRun): Promise<void> {
    const waiting = (words: string): void => {
      this.waitsFor(words);
      this.#changed(false);
    };
    const ports: RunPorts = {
      ...this.#parts.ports(this, waiting),
      waiting,
      changed: (change) => {
        this.live.apply({ e: 'stage', at: this.#services.parts.now(), id: this.answerId, change });
        this.#changed(false);
      },
    };
    this.#finish(await advance(run, ports, this.signal));
  }

  /** Puts the sums and the result of a run that ended or waits into its answer. */
  #finish(run: RecipeRun): void {
    this.waitsFor('');
    const recipe = recipeOf(run);
    const last = run.stages.findLast(
      ({ status, output }, i) =>
        status === 'done' && output !== '' && asksModel(recipe.stages[i] ?? { kind: 'approve' }),
    );
    const bad = run.stages.find(({ status }) => status === 'failed' || status === 'stopped');
    this.#update({
      state: run.status === 'failed' ? 'failed' : run.status === 'stopped' ? 'cancelled' : 'done',
      failure: run.status === 'failed' ? (bad?.failure ?? null) : null,
      facts: factsOf(run),
      text: run.status === 'done' && last?.kind !== 'work' ? (last?.output ?? '') : '',
      ...(last?.model ? { provider: last.model.provider, model: last.returned ?? last.model.model } : {}),
    });
  }

  #refused(run: RecipeRun): void {
    const stage = run.stages[0];
    if (stage)
      this.live.apply({
        e: 'stage',
        at: this.#services.parts.now(),
        id: this.answerId,
        change: { status: 'stopped', index: 0, stage: { ...stage, status: 'stopped', words: t('Not sent.') } },
      });
    this.#update({ state: 'cancelled', failure: { kind: 'no-consent' } });
  }

  #broken(error: unknown): void {
    this.#services.parts.log('recipe', error);
    const detail = String(error).slice(0, 200);
    const at = this.#services.parts.now();
    this.live.apply({ e: 'stage', at, id: this.answerId, change: { status: 'failed' } });
    this.#update({ state: 'failed', failure: { kind: 'internal', detail } });
  }

  /** One question for all places and all prices; true when the user agrees. */
  async #agree(run: RunForecast, attachments: readonly Attachment[]): Promise<boolean> {
    // A reviewer may come from any tier: which family builds is only known when it has.
    const reviews = run.stages.some(({ kind }) => kind === 'review');
    const tiers = TIERS.filter((tier) => reviews || run.stages.some((stage) => stage.tier === tier));
    const missing = tiers.map((tier) => [tier, this.#parts.missingConsent(tier)] as const);
    const places = new Map(missing.flatMap(([, found]) => found.map((place) => [place.origin, place] as const)));
    const tier = tiers.at(-1) ?? 'mid';
    const request = { tier, places: [...places.values()], attachments, estimate: undefined, run };
    const allowed = ((await this.askUser(request, t('Nothing has been sent yet.'))) ?? false) && !this.isStopped;
    if (allowed)
      for (const [each, found] of missing)
        if (found.length > 0)
          await this.#parts.grantConsent(
            found.map(({ origin }) => origin),
            each,
          );
    return allowed;
  }

  #update(change: Parameters<LiveThread['update']>[1]): void {
    this.live.update(this.answerId, change, this.#services.parts.now());
    this.#changed(false);
  }

  /** @param all the whole state may have changed, not only the answer */
  #changed(all: boolean): void {
    const { answer } = this;
    if (answer) this.#services.emit({ kind: 'turn', turn: answer });
    if (all) this.#services.emit({ kind: 'state' });
  }
}

/** The sums of a run, for the small print and the history. */
function factsOf(run: RecipeRun): AnswerFacts | null {
  const requests = run.stages.reduce((sum, stage) => sum + stage.requests, 0);
  if (requests === 0) return null;
  const isUnknown = run.stages.some(({ costUnknown }) => costUnknown);
  return {
    usage: run.stages.reduce<Usage>((sum, { usage }) => addFields(sum, usage), NO_USAGE),
    usageEstimated: false,
    nanoUsd: isUnknown ? null : spentBy(run),
    costSource: isUnknown ? 'unknown' : spentBy(run) > 0 ? 'computed' : isInPlan(run) ? 'plan' : 'free',
    ...(isInPlan(run) ? { shadowNanoUsd: shadowOf(run) } : {}),
    ttftMs: null,
    durationMs: workedBy(run),
    finish: null,
  };
}
