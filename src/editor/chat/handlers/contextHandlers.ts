import type { Attachment } from '../../../core/chat/conversation.ts';
import { withoutHidden } from '../../../core/chat/escalation.ts';
import type { SuggestionView } from '../../../protocol/chat.ts';
import { openPiece } from '../codebaseContext.ts';
import type { OfferedContext } from '../offeredContext.ts';
import type { Attaching, ChatViewParts, Handlers } from './chatPage.ts';
import { showWarningMessage } from '../../platform/messages.ts';

/** The context that is sent with a question. */
export function contextHandlers(
  { session, context, prompts, recipes }: ChatViewParts,
  offered: OfferedContext,
  attaching: Attaching,
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
  const attach = (attachment: Attachment | undefined): void => {
    if (attachment) session.attach(attachment);
  };
  const attachOr = (take: Promise<Attachment | undefined>): Promise<void> =>
    attaching.add(take, attach).catch((error: unknown) => {
      void showWarningMessage(error instanceof Error ? error.message : String(error));
    });
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
    attachText: ({ name, text }) => attaching.add(context.pasted(name, text), attach),
    attachImage: (picture) => session.attach(context.picture(picture)),
    attachFiles: ({ uris }) => attaching.add(context.dropped(uris), (all) => all.forEach(attach)),
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
