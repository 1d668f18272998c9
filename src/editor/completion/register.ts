import type { LocalModelState } from '../../core/completion/localModel.ts';
import type { SuggestionTracker } from '../../core/insights/suggestionTracker.ts';
import type { ModelRequest } from '../../core/common/types.ts';
import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import { createCompletionCommands } from './completionCommands.ts';
import { createLocalTier } from './localTier.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    /** The parts of the local tier that the settings page needs. */
    readonly localTier: {
      /** Forgets what is known of the tier's model and asks again. */
      recheck(): void;
      /** What is known of the tier's model, after its server was asked. Rejects when the signal is aborted before. */
      check(signal: AbortSignal): Promise<LocalModelState>;
      /** A small gap in the format of the tier's model. */
      testRequest(): Promise<ModelRequest>;
    };
  }
}

/** Ghost text, and the local tier that it comes from. */
export function registerCompletion(services: Services): CommandsOf<'completion'> {
  const { context, shared, track, changed } = services;
  const local = track(
    createLocalTier({
      ...services,
      memory: context.globalState,
      onChange: changed,
      offers: (): SuggestionTracker | undefined => shared.made('outcomes')?.suggestionTracker,
    }),
  );
  services.tierSources.set('local', () => local.state());
  shared.provide('localTier', () => Promise.resolve(local));
  return createCompletionCommands({ ...services, local });
}
