import { t } from '@vscode/l10n';
import type { LedgerRow } from '../ledger/ledger.ts';
import type { AnswerOutcome, OutcomeKind } from '../ledger/outcomes.ts';
import { shareOf, type Share } from './statistics.ts';

/** Versions of prompts compared by what became of their answers. */

export interface PromptRow {
  readonly name: string;
  /** As the prompt's file states it. */
  readonly version: string;
  /** Of the prompt's text; empty in rows of older versions. */
  readonly hash: string;
  /** The first use in ms since the epoch. */
  readonly since: number;
  /** Questions that were asked with it. */
  readonly uses: number;
  /** Applied edits of its answers that were kept as they were, edited, or undone. */
  readonly judged: number;
  /** Share that was edited or undone; undefined while too few were judged. */
  readonly rework: Share | undefined;
  /** Blind votes that its answers won and lost. */
  readonly won: number;
  readonly lost: number;
  /** Its text differs from the one before it, and its version does not. */
  readonly changedSilently: boolean;
}

type Use = Pick<LedgerRow, 'promptName' | 'promptVersion' | 'openedAt' | 'attempt'>;
type Outcome = Pick<AnswerOutcome, 'promptName' | 'promptVersion' | 'at' | 'kind'>;

interface Group {
  readonly name: string;
  readonly stated: string;
  since: number;
  uses: number;
  readonly kinds: OutcomeKind[];
}

/** One row for each text of each prompt: by name, the oldest text first. */
export function promptRows(uses: readonly Use[], outcomes: readonly Outcome[]): readonly PromptRow[] {
  const groups = new Map<string, Group>();
  const groupOf = (name: string, stated: string, at: number): Group => {
    const key = JSON.stringify([name, stated]);
    const group = groups.get(key) ?? { name, stated, since: at, uses: 0, kinds: [] };
    group.since = Math.min(group.since, at);
    groups.set(key, group);
    return group;
  };
  for (const { promptName, promptVersion, openedAt, attempt } of uses)
    if (promptName !== null && attempt === 1) groupOf(promptName, promptVersion ?? '', openedAt).uses++;
  for (const { promptName, promptVersion, at, kind } of outcomes)
    if (promptName !== null) groupOf(promptName, promptVersion ?? '', at).kinds.push(kind);
  const rows = [...groups.values()].toSorted((a, b) => a.name.localeCompare(b.name) || a.since - b.since);
  return rows.map((group, index) => rowOf(group, rows[index - 1]));
}

function rowOf({ name, stated, since, uses, kinds }: Group, before: Group | undefined): PromptRow {
  const [version, hash] = partsOf(stated);
  const count = (...wanted: OutcomeKind[]): number => kinds.filter((kind) => wanted.includes(kind)).length;
  const judged = count('kept', 'edited', 'undone');
  const [oldVersion, oldHash] = before?.name === name ? partsOf(before.stated) : [];
  return {
    name,
    version,
    hash,
    since,
    uses,
    judged,
    rework: shareOf(count('edited', 'undone'), judged),
    won: count('preferred'),
    lost: count('not-preferred'),
    changedSilently: oldVersion === version && !!oldHash && hash !== '' && oldHash !== hash,
  };
}

/** `1.2 #0a1b2c3d` → `1.2` and `0a1b2c3d`. */
function partsOf(stated: string): [string, string] {
  const at = stated.lastIndexOf(' #');
  return at < 0 ? [stated, ''] : [stated.slice(0, at), stated.slice(at + 2)];
}

/** How a version does against the one before it: only where the intervals of both do not meet. Empty where there is none. */
export function describeVersion({ name, rework }: PromptRow, before: PromptRow | undefined): string {
  if (before?.name !== name) return '';
  if (!rework || !before.rework) return t('not enough yet');
  if (rework.high < before.rework.low) return t('better');
  if (rework.low > before.rework.high) return t('worse');
  return t('too close to call');
}
