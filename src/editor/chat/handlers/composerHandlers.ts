import { t } from '@vscode/l10n';
import { splitCommand, usePrompt } from '../../../core/chat/promptFiles.ts';
import type { AskResult } from '../../../core/chat/session.ts';
import { answerChain, takesPictures } from '../../../core/chat/modelCapabilities.ts';
import { MODEL_ABILITIES } from '../../../core/common/modelWindows.ts';
import type { TierChoice } from '../../../core/common/types.ts';
import type { ContextMeterView } from '../../../protocol/chat.ts';
import type { ChatViewParts, Handlers, Page } from './chatPage.ts';

/** The composer: what is asked, with which tier, and what must be agreed to before. */
export function composerHandlers(
  parts: ChatViewParts,
  contextMeterOf: (page: Page) => Promise<ContextMeterView | null>,
): Handlers<'ask' | 'edit' | 'draft' | 'stop' | 'setTier' | 'consent'> {
  const { session } = parts;
  return {
    ask: ({ text, tier }, page) => {
      page.draft = '';
      return ask(parts, page, text, tier);
    },
    edit: ({ text, tier, turnId }, page) => ask(parts, page, text, tier, turnId),
    draft: async ({ text }, page) => {
      page.draft = text;
      page.post({ kind: 'contextMeter', contextMeter: await contextMeterOf(page) });
    },
    stop: () => session.stop(),
    setTier: ({ tier }) => session.setTier(tier),
    consent: ({ consentId, allow }) => session.decideConsent(consentId, allow),
  };
}

/**
 * Asks a question. One that the session does not take goes back into the composer.
 *
 * @param instead the question in whose place it is asked
 */
async function ask(parts: ChatViewParts, page: Page, text: string, tier: TierChoice, instead?: string): Promise<void> {
  const result = await askSession(parts, page, text, tier, instead);
  if (result !== 'busy' && result !== 'gone') return;
  const words =
    result === 'busy'
      ? t('An answer is under way, so your question was not sent.')
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
  parts: ChatViewParts,
  page: Page,
  text: string,
  tier: TierChoice,
  instead?: string,
): Promise<AskResult | undefined> {
  const { session, prompts, context } = parts;
  const command = splitCommand(text);
  const prompt = command && (await prompts.prompts()).get(command.name);
  const used = prompt && usePrompt(prompt, command.input);
  // An edited question keeps what was attached to it.
  if (instead !== undefined) return session.edit(instead, text, tier, used);
  const blind = blindModel(parts, tier);
  if (blind) {
    page.post({
      kind: 'refused',
      words: t("{0} doesn't accept images. Choose another tier, or remove the image.", blind),
    });
    return undefined;
  }
  if (!prompt) return session.ask(text, tier);
  if (session.attachments.length === 0)
    for (const attachment of await context.gather(prompt.context)) session.attach(attachment);
  if (prompt.context.length > 0 && session.attachments.length === 0 && !command.input) {
    page.post({
      kind: 'refused',
      words: t('/{0} has nothing to work on: select code, or attach something with @.', prompt.name),
    });
    return undefined;
  }
  return session.ask(text, tier, used);
}

/** The model that would get a picture and is known to take none. */
function blindModel({ session, settings }: ChatViewParts, tier: TierChoice): string | undefined {
  if (tier === 'auto' || !session.attachments.some(({ kind }) => kind === 'image')) return undefined;
  const all = settings();
  const [first] = answerChain(all, tier);
  if (!first) return undefined;
  const { provider, model } = first;
  const said = MODEL_ABILITIES.takesPictures(all.providers.get(provider)?.baseUrl ?? '', model);
  return (said ?? takesPictures(model)) === false ? model : undefined;
}
