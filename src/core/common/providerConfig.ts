import type { StatedInfill } from './infillSetting.ts';

/** Prices of one model in USD per million tokens, as the user types them. */
export interface UserPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

export interface ProviderConfig {
  readonly name: string;
  readonly kind: 'ollama' | 'openai';
  readonly baseUrl: string;
  /** The user says that the network is private in fact: http:// is used though the address does not show it. */
  readonly allowUnencrypted?: boolean;
  /** Environment variable that holds the key, when the user named one. */
  readonly apiKeyEnv?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** For Ollama: how long it keeps a model in memory after an answer, `30m` or `-1` for ever; undefined: as the server is set. */
  readonly keepAlive?: string | undefined;
  readonly prices: ReadonlyMap<string, UserPrice>;
  /** Context windows by model, in tokens, as the user states them: they win over what a list says. */
  readonly contextTokens?: ReadonlyMap<string, number>;
  /** How models fill a gap in code, by model; `*` is every model that is not named. */
  readonly infill?: ReadonlyMap<string, StatedInfill>;
}
