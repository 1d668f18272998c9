import type { Counts } from './node-test.mjs';

export const VSIX: string;
export function runSpecs(
  vsix: string,
  names?: string[],
  options?: { grep?: string | undefined; times?: number },
): Promise<Counts>;
export function runFailedAgain(
  first: Counts,
  runAgain: (files: string[]) => Promise<Counts>,
): Promise<Counts & { flakyTests: string[] }>;
export function runSpecsTwice(vsix: string): Promise<Counts & { flakyTests: string[] }>;
