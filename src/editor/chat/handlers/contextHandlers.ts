import type { Attachment } from '../../../core/chat/conversation.ts';
import { withoutHidden } from '../../../core/chat/escalation.ts';
import type { SuggestionView } from '../../../protocol/chat.ts';
import { openPiece } from '../codebaseContext.ts';
import type { OfferedContext } from '../offeredContext.ts';
import type { ChatViewParts, Handlers } from './chatPage.ts';
import { showWarningMessage } from '../../platform/messages.ts';

/** The context that is sent with a question. */
export function contextHandlers(
  { session, context, prompts, recipes }: ChatViewParts,
  offered: OfferedContext,
): Handlers<
  | 'takeOffer'
  | 'removeOffer'
  | 'suggest'
  | 'choose'
  | 'attachText'
  | 'attachImage'
  | 'attachFiles'
  | 'stripHidden'
  | 'openPiece'
  | 'detach'
> {
  const attachOr = async (take: Promise<Attachment | undefined>): Promise<void> => {
    try {
      const attachment = await take;
      if (attachment) session.attach(attachment);
    } catch (error) {
      void showWarningMessage(error instanceof Error ? error.message : String(error));
    }
  };
  const suggestCommands = async (query: string): Promise<readonly SuggestionView[]> => {
    const [own, several] = await Promise.all([
      prompts.suggest(query),
      recipes().then(
        (made) => made.suggest(query),
        () => [],
      ),
    ]);
    // A prompt of the same name wins.
    return [...own, ...several.filter(({ label }) => own.every((prompt) => prompt.label !== label))];
  };
  return {
    takeOffer: ({ offerId }) => attachOr(offered.take(offerId)),
    removeOffer: ({ offerId }) => offered.remove(offerId),
    suggest: async ({ seq, mention, query }, page) => {
      const items = mention === '/' ? await suggestCommands(query) : await context.suggest(mention, query);
      page.post({ kind: 'suggestions', seq, items });
    },
    choose: ({ suggestionId }) => attachOr(context.take(suggestionId)),
    attachText: async ({ name, text }) => {
      const attachment = await context.pasted(name, text);
      if (attachment) session.attach(attachment);
    },
    attachImage: (picture) => session.attach(context.picture(picture)),
    attachFiles: async ({ uris }) => {
      for (const attachment of await context.dropped(uris)) session.attach(attachment);
    },
    stripHidden: ({ chipId }) => {
      const found = session.attachments.find(({ id }) => id === chipId);
      if (found) session.attach(withoutHidden(found));
    },
    openPiece: ({ turnId, chipId, piece }) => {
      const turn = session.thread.turns.find(({ id }) => id === turnId);
      const attached = turn?.role === 'user' ? turn.attachments.find(({ id }) => id === chipId) : undefined;
      return openPiece(attached, piece);
    },
    detach: ({ chipId }) => session.detach(chipId),
  };
}
