import { t } from '@vscode/l10n';
import type { Settings } from '../../core/settings/settings.ts';
import { TIERS } from '../../core/common/types.ts';

/** Providers that `npm start` sets up with its own loopback servers are named so. */
const DEMO_PROVIDER = /^demo-/;

/** Whether a provider, by its name, is a demo server of `npm start`, which no user added. */
export const isDemoProvider = (name: string): boolean =>
  process.env['GEARSHIFT_DEMO'] === '1' && DEMO_PROVIDER.test(name);

/** True while any tier is answered by the demo servers of `npm start`. */
export const isDemo = (settings: Pick<Settings, 'tiers'>): boolean =>
  TIERS.some((tier) => settings.tiers[tier].some(({ provider }) => isDemoProvider(provider)));

/** The most important notice for the user; empty when there is none. */
export const noticesOf = (settings: Settings, ledgerNotices: readonly string[]): readonly string[] => [
  ...(isDemo(settings) ? [t('Demo models: canned answers from this computer. Costs are simulated.')] : []),
  ...ledgerNotices,
];
