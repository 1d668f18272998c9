import type { DisplayCurrency } from '../common/displayCurrency.ts';
import { exportOutcomes, exportRows } from './export.ts';
import type { LedgerRow, LedgerStore, RowQuery } from './ledger.ts';
import type { TimeSpan } from '../common/types.ts';
import type { OutcomeRow } from './outcomes.ts';

/** A ledger of any size, a page at a time: a million rows are never in memory together. */

/** 500 rows are half a megabyte of objects and some milliseconds of the host's time. */
const PAGE = 500;
const QUESTION_PAGE = 250;

/**
 * All rows of a period, newest first, at most `size` at a time. Rows that are opened meanwhile come in no later page and
 * push none out of it.
 */
export const pageRows = (
  store: Pick<LedgerStore, 'rows'>,
  period: TimeSpan = EVER,
  size = PAGE,
): AsyncGenerator<readonly LedgerRow[], void> =>
  pageBackwards(
    (query) => store.rows(query),
    ({ attemptId, openedAt }) => ({ id: attemptId, at: openedAt }),
    period,
    size,
  );

/** The latest questions of a period, at most `most`, a page at a time: the host gets its turn between two pages. */
export async function latestQuestions(
  store: Pick<LedgerStore, 'questions'>,
  period: TimeSpan,
  most: number,
): Promise<readonly LedgerRow[]> {
  const rows: LedgerRow[] = [];
  const pages = pageBackwards(
    (query) => store.questions(query),
    ({ attemptId, openedAt }: LedgerRow) => ({ id: attemptId, at: openedAt }),
    period,
    QUESTION_PAGE,
  );
  for await (const page of pages) {
    rows.push(...page);
    if (rows.length >= most) break;
  }
  return rows.slice(0, most);
}

/** All outcomes of a period in the same way. */
export const pageOutcomes = (
  store: Pick<LedgerStore, 'outcomes'>,
  period: TimeSpan = EVER,
  size = PAGE,
): AsyncGenerator<readonly OutcomeRow[], void> =>
  pageBackwards(
    (query) => store.outcomes(query),
    ({ outcomeId, at }) => ({ id: outcomeId, at }),
    period,
    size,
  );

async function* pageBackwards<Row>(
  find: (query: Required<RowQuery>) => Promise<readonly Row[]>,
  placeOf: (row: Row) => { readonly id: string; readonly at: number },
  { since, until }: TimeSpan,
  size: number,
): AsyncGenerator<readonly Row[], void> {
  /** Those of the last millisecond of the page before, which the next question finds again. */
  let again = new Set<string>();
  for (let end = until; ;) {
    const found = await find({ since, until: end, limit: size + again.size });
    const page = found.filter((row) => !again.has(placeOf(row).id));
    const last = page.at(-1);
    if (!last) return;
    const { at } = placeOf(last);
    yield page;
    if (at + 1 !== end) again = new Set();
    for (const row of page) if (placeOf(row).at === at) again.add(placeOf(row).id);
    end = at + 1;
    // The host's turn: a store may answer without ever leaving the processor.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

export const EVER: TimeSpan = { since: 0, until: Number.MAX_SAFE_INTEGER };

/** The text of `exportRows` over all pages, in pieces; joined they are the same text. */
export const exportPages = (
  pages: AsyncIterable<readonly LedgerRow[]>,
  format: 'csv' | 'json',
  currency: DisplayCurrency = {},
) => joinPages(pages, (page) => exportRows(page, format, currency), format);

/** The text of `exportOutcomes` in the same way. */
export const exportOutcomePages = (pages: AsyncIterable<readonly OutcomeRow[]>, format: 'csv' | 'json') =>
  joinPages(pages, (page) => exportOutcomes(page, format), format);

async function* joinPages<Row>(
  pages: AsyncIterable<readonly Row[]>,
  toText: (page: readonly Row[]) => string,
  format: 'csv' | 'json',
): AsyncGenerator<string, void> {
  const empty = toText([]);
  let first = true;
  for await (const page of pages) {
    if (page.length === 0) continue;
    const text = toText(page);
    if (format === 'csv') yield first ? text : text.slice(empty.length);
    else yield (first ? '[' : ',') + text.slice(1, -JSON_END.length);
    first = false;
  }
  if (first) yield empty;
  else if (format === 'json') yield JSON_END;
}

const JSON_END = '\n]';
