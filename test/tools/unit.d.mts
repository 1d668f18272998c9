import type { Counts } from './node-test.mjs';

export function runUnitTests(files?: string[]): Promise<Counts>;
export function unitTests(root?: string): string[];
