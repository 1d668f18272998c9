import { CATEGORIES } from '../ledger/categories.ts';
import { TIERS, type Tier } from '../common/types.ts';

/** The ledger of a colleague, from the JSON export: only what a comparison needs is read. */

export interface ColleagueFigures {
  readonly since: number;
  readonly until: number;
  readonly questions: number;
  readonly completions: number;
  readonly nanoUsd: number;
  readonly unknown: number;
  readonly byTier: Readonly<Record<Tier, number>>;
  readonly byCategory: readonly (readonly [category: string, questions: number])[];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const QUESTIONS: readonly unknown[] = ['chat', 'escalate', 'edit', 'commit', 'review', 'agent'];

/** Undefined where the text is no export of a ledger, or holds no row. Values of a wrong type are passed over. */
export function readExport(text: string): ColleagueFigures | undefined {
  const rows = parseRows(text);
  if (!rows || rows.length === 0) return undefined;
  const times = rows.flatMap(({ openedAt }) => {
    const at = typeof openedAt === 'string' ? Date.parse(openedAt) : NaN;
    return Number.isFinite(at) ? [at] : [];
  });
  if (times.length === 0) return undefined;
  const asked = rows.filter(({ task, attempt }) => QUESTIONS.includes(task) && Number(attempt) === 1);
  const isCost = (value: unknown): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return {
    since: times.reduce((a, b) => Math.min(a, b)),
    until: times.reduce((a, b) => Math.max(a, b)),
    questions: asked.length,
    completions: rows.filter(({ task, attempt }) => task === 'completion' && Number(attempt) === 1).length,
    nanoUsd: rows.reduce((sum, { costNanoUsd }) => sum + (isCost(costNanoUsd) ? costNanoUsd : 0), 0),
    unknown: rows.filter(({ costSource }) => costSource === 'unknown').length,
    byTier: Object.fromEntries(
      TIERS.map((tier) => [tier, asked.filter((row) => row['tier'] === tier).length]),
    ) as unknown as ColleagueFigures['byTier'],
    byCategory: CATEGORIES.map(
      (category) => [category, asked.filter((row) => row['category'] === category).length] as const,
    ),
  };
}

function parseRows(text: string): readonly Record<string, unknown>[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const rows = Array.isArray(parsed) ? (parsed as unknown[]).filter(isRecord) : [];
    return rows.filter((row) => typeof row['attemptId'] === 'string');
  } catch {
    return undefined;
  }
}
