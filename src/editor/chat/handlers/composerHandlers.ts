import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { inputsOf, splitCommand, usePrompt, type PromptFile, type UsedPrompt } from '../../../core/chat/promptFiles.ts';
import type { AskResult } from '../../../core/chat/session.ts';
import { answerChain, takesPictures } from '../../../core/chat/modelCapabilities.ts';
import { MODEL_ABILITIES } from '../../../core/common/modelWindows.ts';
import { formatModelRef, TIERS, type ModelRef, type Tier, type TierChoice } from '../../../core/common/types.ts';
import type { Settings } from '../../../core/settings/settings.ts';
import type { ContextMeterView } from '../../../protocol/chat.ts';
import { mentionsCodebase, withoutMention } from '../../../core/codebase/mention.ts';
import { currentEditor, pathOf } from '../../platform/activeEditor.ts';
import { gatherCodebase } from '../codebaseContext.ts';
import type { OfferedContext } from '../offeredContext.ts';
import type { Attaching, ChatViewParts, Handlers, NextModel, Page } from './chatPage.ts';

/** The composer: what is asked, with which tier, and what must be agreed to before. */
export function composerHandlers(
  view: ChatViewParts,
  offered: OfferedContext,
  next: NextModel,
  attaching: Attaching,
  contextMeterOf: (page: Page) => Promise<ContextMeterView | null>,
  refresh: () => void,
): Handlers<'ask' | 'edit' | 'draft' | 'stop' | 'setTier' | 'setModel' | 'compareTier' | 'otherModel' | 'consent'> {
  const { session } = view;
  const parts = { ...view, offered, next };
  const choose = (chosen: NextModel['chosen']): void => {
    next.chosen = chosen;
    refresh();
  };
  return {
    ask: async ({ text, tier }, page) => {
      page.draft = '';
      if (await attaching.ended()) return ask(parts, page, text, tier);
      page.post({ kind: 'refused', words: t('Something could not be attached, so your question was not sent.') });
    },
    edit: ({ text, tier, turnId }, page) => ask(parts, page, text, tier, turnId),
    draft: async ({ text }, page) => {
      page.draft = text;
      void offered.setQuestion(text);
      page.post({ kind: 'contextMeter', contextMeter: await contextMeterOf(page) });
    },
    stop: () => session.stop(),
    setTier: ({ tier }) => {
      next.chosen = undefined;
      session.setTier(tier);
    },
    setModel: ({ tier, model }) => {
      const found = answerChain(view.settings(), tier).find((ref) => formatModelRef(ref) === model);
      if (found) choose({ tier, model: found });
    },
    compareTier: ({ tier }) => view.compareTier(tier),
    otherModel: async () => {
      const model = await view.chooseModel();
      const { tier } = session.thread;
      if (model) choose({ tier: tierOf(model, view.settings()) ?? (tier === 'auto' ? 'mid' : tier), model });
    },
    consent: ({ consentId, allow }) => session.decideConsent(consentId, allow),
  };
}

interface AskParts extends ChatViewParts {
  readonly offered: OfferedContext;
  readonly next: NextModel;
}

/** The tier whose chain a model is in. */
const tierOf = (model: ModelRef, settings: Settings): Tier | undefined =>
  TIERS.find((tier) => answerChain(settings, tier).some((ref) => formatModelRef(ref) === formatModelRef(model)));

/**
 * Asks a question. One that the session does not take goes back into the composer.
 *
 * @param instead the question in whose place it is asked
 */
async function ask(parts: AskParts, page: Page, text: string, tier: TierChoice, instead?: string): Promise<void> {
  const result = await askSession(parts, page, text, tier, instead);
  if (result !== 'busy' && result !== 'gone') return;
  const words =
    result === 'busy'
      ? t('An answer is in progress, so your question was not sent.')
      : t('This chat was deleted, so your question was not sent.');
  if (instead !== undefined) page.post({ kind: 'compose', text });
  page.post({ kind: 'refused', words });
}

/**
 * A question that begins with the name of a prompt is asked with that, and with the context that it wants.
 *
 * @returns undefined when the page was told why it is not asked
 */
async function askSession(
  parts: AskParts,
  page: Page,
  text: string,
  tier: TierChoice,
  instead?: string,
): Promise<AskResult | undefined> {
  const { session, prompts, context, offered, next } = parts;
  const command = splitCommand(text);
  const known = command ? await prompts.prompts() : undefined;
  const prompt = command && known?.get(command.name);
  const recipes = command && !prompt ? await recipesOf(parts) : undefined;
  const allRecipes = recipes && (await recipes.library.recipes());
  const recipe = command && allRecipes?.get(command.name);
  if (recipes && recipe && instead === undefined) {
    const along = session.attachments.length > 0 ? [] : await offered.takeSentAlong();
    for (const attachment of along) session.attach(attachment);
    const task = withoutMention(command.input);
    if (mentionsCodebase(text) && !(await attachCodebase(parts, page, task))) return undefined;
    const { attachments } = session;
    const result = await recipes.start(session, recipe, { text, task, attachments });
    if (result === undefined) page.post({ kind: 'refused', words: t('/{0} was not sent.', recipe.name) });
    return result;
  }
  if (command && known && !prompt && page.unknownCommand !== text) {
    page.unknownCommand = text;
    const names = [...known.keys(), ...(allRecipes?.keys() ?? [])];
    page.post({ kind: 'refused', words: unknownCommand(command.name, names) });
    return undefined;
  }
  page.unknownCommand = undefined;
  const used = prompt && (await fillIn(prompt, command.input));
  if (used === null) {
    page.post({ kind: 'refused', words: t('/{0} was not sent.', command?.name ?? '') });
    return undefined;
  }
  if (mentionsCodebase(text) && !(await attachCodebase(parts, page, prompt ? (command?.input ?? '') : text)))
    return undefined;
  // An edited question keeps what was attached to it.
  if (instead !== undefined) return session.edit(instead, text, tier, used);
  const { chosen } = next;
  const blind = blindModel(parts, chosen?.tier ?? tier, chosen?.model);
  if (blind) {
    page.post({
      kind: 'refused',
      words: t("{0} doesn't accept images. Choose another tier, or remove the image.", blind),
    });
    return undefined;
  }
  // A prompt that says which context it wants gets that: a selection would take the place of the staged changes.
  const gathers = prompt !== undefined && prompt.context.length > 0 && session.attachments.length === 0;
  const removed = offered.isSelectionRemoved ? (['selection'] as const) : [];
  const along = gathers ? await context.gather(prompt.context, removed) : await offered.takeSentAlong();
  for (const attachment of along) session.attach(attachment);
  if (prompt && prompt.context.length > 0 && session.attachments.length === 0 && !command?.input) {
    page.post({
      kind: 'refused',
      words: t('/{0} has nothing to work on: select code, or attach something with @.', prompt.name),
    });
    return undefined;
  }
  next.chosen = undefined;
  return session.ask(text, chosen?.tier ?? tier, used, chosen?.model);
}

/** Attaches what `@codebase` finds for a question. @returns false when the page was told why it finds nothing */
async function attachCodebase({ codebase, session }: AskParts, page: Page, question: string): Promise<boolean> {
  const found = await gatherCodebase(await codebase(), question);
  if (found.kind === 'refused') page.post({ kind: 'refused', words: found.words });
  else session.attach(found.attachment);
  return found.kind !== 'refused';
}

/** Recipes; undefined where they could not be started: questions are asked anyway. */
const recipesOf = ({ recipes, log }: Pick<ChatViewParts, 'recipes' | 'log'>) =>
  recipes().catch((error: unknown) => {
    log.error('recipes', error);
    return undefined;
  });

/** The model that would get a picture and is known to take none. */
function blindModel(
  { session, settings }: ChatViewParts,
  tier: TierChoice,
  chosen: ModelRef | undefined,
): string | undefined {
  if (tier === 'auto' || !session.attachments.some(({ kind }) => kind === 'image')) return undefined;
  const all = settings();
  const [first] = chosen ? [chosen] : answerChain(all, tier);
  if (!first) return undefined;
  const { provider, model } = first;
  const said = MODEL_ABILITIES.takesPictures(all.providers.get(provider)?.baseUrl ?? '', model);
  return (said ?? takesPictures(model)) === false ? model : undefined;
}

/** Many words begin with a slash, so the second Enter sends it as it is. */
function unknownCommand(name: string, known: readonly string[]): string {
  const like = known.filter(
    (other) => other.startsWith(name) || (name.length > 3 && other.startsWith(name.slice(0, 3))),
  );
  return like.length > 0
    ? t(
        'There is no prompt /{0}. Did you mean {1}? Press Enter again to send it as text.',
        name,
        `/${like.join(', /')}`,
      )
    : t('There is no prompt /{0}. Press Enter again to send it as text.', name);
}

/** The prompt with the user's words in it; null when the user gave up on one that it asks for. */
async function fillIn(prompt: PromptFile, input: string): Promise<UsedPrompt | null> {
  const asked = inputsOf(prompt);
  const inputs = new Map<string, string>();
  // What is behind the name of the prompt answers the one word that it asks for.
  if (!(asked.length === 1 && input))
    for (const { name, hint } of asked) {
      const value = await vscode.window.showInputBox({
        title: `/${prompt.name}`,
        prompt: name,
        placeHolder: hint || prompt.hint,
        ignoreFocusOut: true,
      });
      if (value === undefined) return null;
      inputs.set(name, value);
    }
  const editor = currentEditor();
  return usePrompt(prompt, input, { inputs, file: editor ? pathOf(editor.document.uri) : '' });
}
