import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import type { Asker } from './oneShot.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    readonly asker: Asker;
  }
}

/** Questions to models outside of the chat, for the features that ask them. */
export function registerAsker(services: Services): CommandsOf<'asker'> {
  services.shared.provide('asker', async () => {
    const { Asker } = await import('./oneShot.ts');
    return new Asker({ ...services, ledger: () => services.ledger.ready });
  });
  return {};
}
