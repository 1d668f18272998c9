import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import type { OneShot } from './oneShot.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    readonly oneShot: OneShot;
  }
}

/** Questions to models outside of the chat, for the features that ask them. */
export function registerOneShot(services: Services): CommandsOf<'oneShot'> {
  services.shared.provide('oneShot', async () => {
    const [{ OneShot }, { RouteLine }, { LocalWindows }] = await Promise.all([
      import('./oneShot.ts'),
      import('./routeLine.ts'),
      import('../routing/localWindows.ts'),
    ]);
    return new OneShot({
      ...services,
      tierState: services.answerState,
      line: services.track(new RouteLine(services.log)),
      ledger: () => services.ledger.ready,
      windows: new LocalWindows(services),
    });
  });
  return {};
}
