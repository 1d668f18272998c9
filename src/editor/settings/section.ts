import type { SettingsFromPage } from '../../protocol/settings.ts';

type Kind = SettingsFromPage['kind'];

/** What a section of the settings page does with its messages. */
export type Handlers<K extends Kind> = {
  readonly [Each in K]: (message: Extract<SettingsFromPage, { kind: Each }>) => unknown;
};
export type AllHandlers = Handlers<Kind>;
