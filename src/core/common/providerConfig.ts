import type { StatedInfill } from './infillSetting.ts';
import type { RequestShape } from './requestShape.ts';

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
  /**
   * The user says that the server at this address runs its models itself, on this computer. It counts only for a loopback
   * address of an OpenAI-style server: such a server may as well be a gateway, and cannot prove that it is none. Ollama
   * says of each model where it runs.
   */
  readonly runsHere?: boolean;
  /** Environment variable that holds the key, when the user named one. */
  readonly apiKeyEnv?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** For Ollama: how long it keeps a model in memory after an answer, `30m` or `-1` forever; undefined: as the server is set. */
  readonly keepAlive?: string | undefined;
  /** What the address of a deployment needs beside its path, for example `api-version` at Azure. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** What requests to the endpoint must be like, where the user states it. */
  readonly request?: RequestShape | undefined;
  /** What the user pays the provider a month for all calls, in USD; undefined: each call is paid for. */
  readonly monthlyPlan?: number | undefined;
  readonly prices: ReadonlyMap<string, UserPrice>;
  /** Context windows by model, in tokens, as the user states them: they win over what a list says. */
  readonly contextTokens?: ReadonlyMap<string, number>;
  /** How models fill a gap in code, by model; `*` is every model that is not named. */
  readonly infill?: ReadonlyMap<string, StatedInfill>;
}
