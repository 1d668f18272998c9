import type { SettingsFromPage } from '../../protocol/settings.ts';

type Kind = SettingsFromPage['kind'];

/** The handlers of one section of the settings page for its messages. */
export type Handlers<K extends Kind> = {
  readonly [Each in K]: (message: Extract<SettingsFromPage, { kind: Each }>) => unknown;
};
export type AllHandlers = Handlers<Kind>;
