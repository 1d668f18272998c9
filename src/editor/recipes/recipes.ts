import { t } from '@vscode/l10n';
import { missingConsent } from '../../core/chat/approval.ts';
import { textsOf, type Answer, type Attachment, type Question } from '../../core/chat/conversation.ts';
import { answerChain } from '../../core/chat/modelCapabilities.ts';
import type { RecipeRun } from '../../core/chat/recipeRun.ts';
import type { AskResult, ChatSession } from '../../core/chat/session.ts';
import { BUILD_STAGE } from '../../core/languageModels/plan.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { type Price } from '../../core/money/pricing.ts';
import { namesOf, unmaskSecrets } from '../../core/privacy/maskSecrets.ts';
import { aloneCost, estimateRun } from '../../core/recipes/estimate.ts';
import type { AgentEnd, AgentTask } from '../../core/recipes/ports.ts';
import { redCheck, roundOf } from '../../core/recipes/gate.ts';
import type { Recipe } from '../../core/recipes/recipe.ts';
import { aloneRecipe } from '../../core/recipes/alone.ts';
import { RecipeTurn, type NewRun, type TurnParts } from '../../core/recipes/turn.ts';
import type { ModelRef, Tier } from '../../core/common/types.ts';
import type { ChatFromPage, SuggestionView } from '../../protocol/chat.ts';
import { nameSecret } from '../platform/installKey.ts';
import { languageServersSettle } from '../platform/problems.ts';
import type { KeptTaskRecipes } from '../platform/keptTaskRecipes.ts';
import type { Services } from '../platform/services.ts';
import type { SharedPartTypes } from '../platform/sharedParts.ts';
import { agentObstacle, workByAgent } from './agentWork.ts';
import { chooseCheck, chosenCheck, errorsNow, type Errors } from './check.ts';
import { RecipeLibrary } from './library.ts';
import { StageOutputs } from './outputs.ts';
import { chooseSchema } from './schemas.ts';
import { searchWorkspace } from './search.ts';
import { isPlace, WorkspacePorts } from './workspacePorts.ts';
import { showInformationMessage, showWarningMessage } from '../platform/messages.ts';

/** A button of a run, as the page says it. */
type RunMessage = Extract<ChatFromPage, { kind: 'run' }>;

/** Less of a context than this, in tokens, is not worth an extraction. */
const WORTH_TOKENS = 8_000;
/** A recipe is offered where it likely saves this much: a share, and nano-USD. */
const WORTH_SHARE = 0.5;
const WORTH_NANO_USD = 20_000_000;

/** Key of the counts of drafts, by recipe. */
const DRAFTS = 'gearshift.recipes.drafts';

/** Drafts that were scored, and those that were good enough. */
interface DraftCount {
  readonly scored: number;
  readonly shipped: number;
}

/** The recipes of the chat: which there are, and their runs. */
export class Recipes {
  readonly library: RecipeLibrary;
  readonly #services: Services;
  readonly #settled: () => Promise<void>;
  readonly #outputs: StageOutputs;
  /** Errors before the work of a run, by its id; gone after a reload. */
  readonly #errors = new Map<string, Errors>();

  /** @param settled resolves when language servers have had time to look at a change */
  constructor(services: Services, settled = languageServersSettle) {
    this.#services = services;
    this.#settled = settled;
    this.library = new RecipeLibrary(services.context.extensionUri, services.trusted);
    this.#outputs = new StageOutputs(services.context.globalStorageUri);
  }

  /** The rows of the `/` list. */
  async suggest(query: string): Promise<readonly SuggestionView[]> {
    const found = [...(await this.library.recipes()).values()].filter(({ name }) =>
      name.startsWith(query.toLowerCase()),
    );
    return found.map(({ name, description, pays, origin }) => ({
      id: crypto.randomUUID(),
      icon: 'link',
      label: `/${name}`,
      detail: [
        description,
        origin === 'user' ? t('yours') : origin === 'workspace' ? t('of this workspace') : pays && t('Pays {0}', pays),
      ]
        .filter(Boolean)
        .join(' · '),
      insert: `/${name} `,
      more: true,
      unavailable: '',
    }));
  }

  /** Runs a recipe in the open thread. @returns undefined when the user gave up before it began */
  async start(
    session: ChatSession,
    recipe: Recipe,
    asked: { readonly text: string; readonly task: string; readonly attachments: readonly Attachment[] },
  ): Promise<AskResult | undefined> {
    const schemas = await chooseSchemas(recipe);
    if (!schemas) return undefined;
    if (recipe.stages.some(({ kind }) => kind === 'check') && !(await this.#ensureCheck())) return undefined;
    return this.#run(session, { recipe, schemas, ...asked });
  }

  /** A recipe that would likely cost less for a question with this context, with both prices in words. */
  async offer(
    task: string,
    context: readonly Attachment[],
  ): Promise<{ readonly recipe: string; readonly words: string } | undefined> {
    const tokens = context.reduce((sum, each) => sum + each.tokens, 0);
    const recipe = tokens < WORTH_TOKENS ? undefined : (await this.library.recipes()).get('extract');
    const [model] = this.#chain('frontier');
    if (!recipe || !model) return undefined;
    const alone = aloneCost({ task, context }, await this.#price(model));
    const { likely } = await estimateRun(recipe, { task, context }, { chain: this.#chain, price: this.#price });
    if (alone === null || likely === null || alone - likely < Math.max(WORTH_NANO_USD, WORTH_SHARE * alone))
      return undefined;
    return {
      recipe: recipe.name,
      words: t('Extract first: about {0} instead of {1}', displayMoney(likely), displayMoney(alone)),
    };
  }

  /** What a comparison on kept tasks needs of the recipes. It searches the workspace as it is now. */
  async forKeptTasks(): Promise<KeptTaskRecipes> {
    const all = await this.library.recipes();
    const codebase = (): Promise<SharedPartTypes['codebase']> => this.#services.shared.get('codebase');
    return {
      all,
      chain: this.#chain,
      search: (texts, signal) => searchWorkspace(texts, { codebase, attachments: [] }, signal),
      exists: isPlace,
      schemasFor: async (name) => {
        const recipe = all.get(name);
        return recipe && chooseSchemas(recipe);
      },
      estimate: (recipe, given) => estimateRun(recipe, given, { chain: this.#chain, price: this.#price }),
    };
  }

  /** Does what a button of a run says. */
  async act(session: ChatSession, { turnId, do: what, stage: index = 0 }: RunMessage): Promise<void> {
    const { answer, question } = exchangeIn(session, turnId);
    const run = answer?.run;
    const stage = run?.stages[index];
    if (!answer || !run || !question) return;
    switch (what) {
      case 'open':
        if (stage) await this.#outputs.open(turnId, stage);
        return;
      case 'approve':
        return this.#goOn(session, answer, run, index + 1);
      case 'edited':
        return this.#goOn(session, answer, run, index + 1);
      case 'go-on':
        // A change that was not applied is not there to be checked.
        if (stage?.kind === 'work' && stage.status === 'paused') {
          if ((await (await this.#checkpoints()).changesOf([turnId])).length > 0)
            return this.#goOn(session, answer, run, index + 1);
          void showInformationMessage(t('Apply the changes first, or stop here.'));
          return;
        }
        return this.#goOn(session, answer, run, index);
      case 'show':
        if (stage)
          await this.#propose(
            session,
            { answer, question, text: stage.output },
            () => exchangeIn(session, turnId).answer?.run,
          );
        return;
      case 'add-model':
        return (await this.#services.shared.get('openSettings'))('tiers');
      case 'compare':
        return this.#compare(session, answer, run, question);
    }
  }

  /** Runs the same task with one model, beside the run. */
  async #compare(session: ChatSession, answer: Answer, run: RecipeRun, question: Question): Promise<void> {
    const recipe = aloneRecipe(run);
    const checkpoints = await this.#checkpoints();
    // Both begin with the same files.
    if (run.stages.some(({ kind }) => kind === 'work') && checkpoints.has([answer.id])) {
      const label = t('Restore to before: {0}', question.text.slice(0, 60));
      if (!(await checkpoints.restore([answer.id], label, { ask: true }))) return;
    }
    const given = { text: question.text, task: run.task, attachments: question.attachments };
    await this.#run(session, { recipe, ...given, comparedAt: question.id });
  }

  async #run(session: ChatSession, given: NewRun): Promise<AskResult> {
    return session.work(
      (live, services) => {
        // What is attached goes with this question, as with any other; a comparison repeats an earlier one.
        if (given.comparedAt === undefined) live.takeAttachments();
        return new RecipeTurn(live, services, this.#turnParts(session));
      },
      async (turn) => {
        await turn.start(given);
        await this.#countDraft(turn.answer?.run);
      },
    );
  }

  /** Goes on at a stage, with what the user made of the output before it. */
  async #goOn(session: ChatSession, answer: Answer, run: RecipeRun, index: number): Promise<void> {
    const before = run.stages.slice(0, index).findLast(({ output }) => output !== '');
    const edited =
      before && before.kind !== 'work' && before.kind !== 'check'
        ? await this.#outputs.edited(answer.id, before)
        : undefined;
    const result = await session.work(
      (live, services) => new RecipeTurn(live, services, this.#turnParts(session), answer.id),
      (turn) => turn.goOn(index, edited),
    );
    if (result === 'busy') void showWarningMessage(t('An answer is in progress. Stop it first.'));
  }

  #turnParts(session: ChatSession): TurnParts {
    const { config, trusted } = this.#services;
    return {
      ports: (turn, waiting) => {
        const { answerId, live } = turn;
        return new WorkspacePorts({
          gateway: this.#services.gateway,
          run: answerId,
          conversation: live.id,
          chain: this.#chain,
          attachments: () => exchangeIn(session, answerId).question?.attachments ?? [],
          checkpoints: () => this.#checkpoints(),
          check: () => chosenCheck(this.#services.context.workspaceState),
          errors: () => this.#errors.get(answerId),
          settled: this.#settled,
          propose: async (text) => {
            const { answer, question } = exchangeIn(session, answerId);
            if (answer && question) await this.#propose(session, { answer, question, text }, () => turn.answer?.run);
          },
          codebase: () => this.#services.shared.get('codebase'),
          agent: (task, signal) => this.#byAgent(session, answerId, task, waiting, signal),
        }).ports;
      },
      forecast: async (recipe, given) => {
        const { task, attachments: context } = given;
        const hasWork = recipe.stages.some(({ kind }) => kind === 'work');
        const obstacle = hasWork ? await this.#agentObstacle() : '';
        const parts = { chain: this.#chain, price: this.#price, byAgent: obstacle === '' };
        const forecast = await estimateRun(recipe, { task, context }, parts);
        return { ...forecast, remarks: this.#remarks(recipe, obstacle) };
      },
      missingConsent: (tier) => missingConsent(this.#chain(tier), config.settings, trusted(), tier),
      grantConsent: (origins, tier) => config.agree(origins, tier),
    };
  }

  /** What the user should know before a run, besides prices and limits. */
  #remarks(recipe: Recipe, obstacle: string): string[] {
    const kinds = new Set(recipe.stages.map(({ kind }) => kind));
    const drafts = this.#drafts()[recipe.name];
    const check = chosenCheck(this.#services.context.workspaceState);
    return [
      ...(recipe.origin === 'workspace'
        ? [t('This recipe is a file of this workspace, not one of Gearshift: others may have written its prompts.')]
        : []),
      ...(drafts && kinds.has('score')
        ? [t('So far {0} of {1} drafts were good enough.', drafts.shipped, drafts.scored)]
        : []),
      ...(kinds.has('work') ? [workRemark(obstacle)] : []),
      ...(kinds.has('check')
        ? [
            check?.command
              ? t('The check runs: {0}', check.command)
              : t('The check looks for new errors in the editor only.'),
          ]
        : []),
    ];
  }

  /** Why VS Code's agent cannot do the work, as a sentence; empty where it can. */
  async #agentObstacle(): Promise<string> {
    const { shared, trusted } = this.#services;
    return agentObstacle({ chat: await shared.get('vsCodeChat'), trusted });
  }

  /** The work stage by VS Code's agent, from the errors and the files as they are now. */
  async #byAgent(
    session: ChatSession,
    answerId: string,
    task: AgentTask,
    waiting: (words: string) => void,
    signal: AbortSignal,
  ): Promise<AgentEnd | { readonly unavailable: string }> {
    const { shared, ledger, trusted } = this.#services;
    const { question } = exchangeIn(session, answerId);
    this.#keepErrors(answerId);
    const [chat, checkpoints] = await Promise.all([shared.get('vsCodeChat'), this.#checkpoints()]);
    return workByAgent(
      task,
      {
        ...{ chat, checkpoints, trusted, waiting },
        ledger: () => ledger.ready,
        run: answerId,
        label: question?.text.slice(0, 80) ?? '',
      },
      signal,
    );
  }

  #keepErrors(answerId: string): void {
    if (!this.#errors.has(answerId)) this.#errors.set(answerId, errorsNow());
  }

  #drafts(): Readonly<Record<string, DraftCount>> {
    return this.#services.context.globalState.get<Record<string, DraftCount>>(DRAFTS, {});
  }

  /** Counts whether the draft of a run was good enough, where it was scored. */
  async #countDraft(run: RecipeRun | undefined): Promise<void> {
    if (run?.status !== 'done' || run.stages.every(({ score }) => score === undefined)) return;
    const { scored, shipped } = this.#drafts()[run.recipe] ?? { scored: 0, shipped: 0 };
    const isShipped = run.stages.some(({ status }) => status === 'skipped');
    const count = { scored: scored + 1, shipped: shipped + (isShipped ? 1 : 0) };
    await this.#services.context.globalState.update(DRAFTS, { ...this.#drafts(), [run.recipe]: count });
  }

  /** Whether the check is chosen, after asking where it was not. */
  async #ensureCheck(): Promise<boolean> {
    const { workspaceState } = this.#services.context;
    if (chosenCheck(workspaceState) !== undefined || !this.#services.trusted()) return true;
    return (await chooseCheck(workspaceState)) !== undefined;
  }

  /** @param runNow the run as it is when the user applies what is proposed */
  async #propose(
    session: ChatSession,
    { answer, question, text }: { readonly answer: Answer; readonly question: Question; readonly text: string },
    runNow: () => RecipeRun | undefined,
  ): Promise<void> {
    this.#keepErrors(answer.id);
    const [{ parseAnswer }, { originOf }] = await Promise.all([
      import('../../core/edits/parseAnswer.ts'),
      import('../platform/attachmentOrigins.ts'),
    ]);
    const plain = unmaskSecrets(text, namesOf([...textsOf(session.thread), text], nameSecret));
    const edits = await this.#services.shared.get('edits');
    const stage = answer.run?.stages.find(({ kind }) => kind === 'work');
    const round = answer.run && roundOf(answer.run);
    await edits.propose({
      failedCheck: () => {
        const now = runNow() ?? answer.run;
        return now && round && redCheck(now, round);
      },
      answer: parseAnswer(plain),
      // Origins hold the files as they were attached; a second round is made for the files as they are now.
      origins: stage?.trouble ? [] : question.attachments.flatMap((each) => originOf(each) ?? []),
      question: question.text,
      by: { callId: answer.id, tier: stage?.tier ?? answer.tier, task: 'chat', model: stage?.model?.model ?? '' },
      checkpoint: { id: answer.id, kind: 'answer', label: question.text.slice(0, 80) },
    });
  }

  readonly #chain = (tier: Tier): readonly ModelRef[] => answerChain(this.#services.config.settings, tier);

  readonly #price = async (model: ModelRef): Promise<Price | undefined> => {
    const provider = this.#services.config.settings.providers.get(model.provider);
    return provider && (await this.#services.prices.find(provider, model.model))?.price;
  };

  #checkpoints() {
    return this.#services.shared.get('checkpoints');
  }
}

/** Asks for the schemas that a recipe leaves open, by the names of its stages; undefined when the user gives up. */
async function chooseSchemas(recipe: Recipe): Promise<Record<string, string> | undefined> {
  const schemas: Record<string, string> = {};
  for (const stage of recipe.stages) {
    if (stage.kind !== 'extract' || stage.schema) continue;
    const schema = await chooseSchema(stage.name);
    if (schema === undefined) return undefined;
    schemas[stage.name] = schema;
  }
  return schemas;
}

/** Who does the work: VS Code's agent, or the edit path where something is in its way. */
const workRemark = (obstacle: string): string =>
  obstacle === ''
    ? t(
        "The work is done by VS Code's agent {0} in VS Code's chat, where it asks you before it runs a command. Its time counts while it waits. The files are kept before, except what Git ignores or what may hold secrets.",
        BUILD_STAGE,
      )
    : t(
        "The work is one answer with edits, not VS Code's agent. You see the edits as a diff and apply them. {0}",
        obstacle,
      );

/** A run and its question in the open thread. */
function exchangeIn({ thread }: ChatSession, answerId: string): { answer?: Answer; question?: Question } {
  const answer = thread.turns.find((turn): turn is Answer => turn.id === answerId && turn.role === 'assistant');
  const question = thread.turns.find(
    (turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user',
  );
  return { ...(answer ? { answer } : {}), ...(question ? { question } : {}) };
}
