/** Types of demoProfile.mjs, for the TypeScript that uses it. */

export type Tier = 'local' | 'mid' | 'frontier';

/** Where the demo servers answer; `addresses` of `startDemo`. */
export interface DemoAddresses {
  readonly ollamaUrl: string;
  readonly localModel: string;
  readonly openAiBaseUrl: string;
  readonly midModel: string;
  readonly frontierModel: string;
  /** By model, USD per million tokens. */
  readonly prices: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
}

export const WINDOW_SETTINGS: Readonly<Record<string, unknown>>;
export function makeWorkspace(folder: string): { git: boolean };
export function demoSettings(
  addresses: DemoAddresses,
  tiers: readonly Tier[],
): { providers: Record<string, Record<string, unknown>>; tiers: Record<string, string[]> };
