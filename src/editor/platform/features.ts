import type { Logger } from '../../core/common/logger.ts';
import type { CommandTable, CommandsOf } from './commands.ts';
import type { FeatureName } from './contributions.ts';

/** A part of the extension that registers itself: its listeners and views, and what its commands do. */
export type Feature<Services> = {
  [F in FeatureName]: { readonly name: F; readonly register: (services: Services) => CommandsOf<F> };
}[FeatureName];

/**
 * Registers one feature after the other. One that throws is logged, and takes none of the others down.
 *
 * @returns what the commands of all features do; those of a feature that failed are missing
 */
export function registerFeatures<Services>(
  features: readonly Feature<Services>[],
  services: Services,
  log: Pick<Logger, 'error'>,
): Partial<CommandTable> {
  const table: Partial<CommandTable> = {};
  for (const { name, register } of features) {
    try {
      Object.assign(table, register(services));
    } catch (error) {
      log.error(`${name} could not be started`, error);
    }
  }
  return table;
}
