/**
 * What a call was about, why its tier was chosen, what it is a part of, who served it, and where its time went; with
 * sums by hour, tier, task, category, model and workspace, kept by triggers as those in `hours`.
 */

/** Upper bounds of the buckets of times, in ms, as they are in published files; see `LATENCY_BOUNDS` of the core. */
const BOUNDS = [50, 100, 200, 400, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 30_000, 60_000];

const DONE = "outcome = 'done'";
const TIMED = `${DONE} AND ttftMs IS NOT NULL`;

/** A time of an attempt that was answered and timed, in whole ms. */
const timed = (column: string): string => `iif(${TIMED}, cast(round(ifnull(${column}, 0)) AS INTEGER), 0)`;

/** One column for each bucket: whether the time of an answered attempt lies in it. */
const buckets = (name: string, column: string): [string, string][] =>
  [...BOUNDS, null].map((bound, index) => {
    const above = index === 0 ? '' : ` AND ${column} > ${BOUNDS[index - 1]}`;
    const below = bound === null ? '' : ` AND ${column} <= ${bound}`;
    return [`${name}${index}`, `ifnull(${DONE} AND ${column} IS NOT NULL${above}${below}, 0)`];
  });

/** The sums of settled attempts, each with what an attempt adds to it. */
const SETTLED_SUMS: readonly (readonly [string, string])[] = [
  ['failed', "ifnull(outcome = 'failed', 0)"],
  ['inputTokens', 'ifnull(input + cacheRead + cacheWrite, 0)'],
  ['cachedTokens', 'ifnull(cacheRead, 0)'],
  ['writtenTokens', 'ifnull(cacheWrite, 0)'],
  ['outputTokens', 'ifnull(output, 0)'],
  ['nanoUsd', 'ifnull(nanoUsd, 0)'],
  ['estimatedNanoUsd', "iif(costSource = 'estimated', ifnull(nanoUsd, 0), 0)"],
  ['unknown', "ifnull(costSource = 'unknown', 0)"],
  ['shadowNanoUsd', 'ifnull(shadowNanoUsd, 0)'],
  ['durationMs', 'cast(round(ifnull(durationMs, 0)) AS INTEGER)'],
  ['timed', `ifnull(${TIMED}, 0)`],
  ['queueMs', timed('queueMs')],
  ['loadMs', timed('loadMs')],
  ['headersMs', timed('headersMs')],
  ['firstMs', timed('ttftMs')],
  ...buckets('first', 'ttftMs'),
  ...buckets('end', 'durationMs'),
];

/** The columns that are not keys, in the order of the table. */
export const GROUP_SUM_COLUMNS: readonly string[] = [
  'calls',
  'attempts',
  'open',
  ...SETTLED_SUMS.map(([name]) => name),
];

const KEY = ['hour', 'tier', 'task', 'category', 'model', 'workspace'];

/** The values of the key, of a row of `attempts`. */
const KEY_VALUES = [
  'openedAt / 3600000',
  'tier',
  'task',
  "ifnull(ownCategory, ifnull(category, ''))",
  "provider || '/' || modelAsked",
  "ifnull(workspace, '')",
];

/** The sums of some attempts, in the columns of `groupHours`. To be followed by a condition and {@link GROUPED}. */
export const GROUP_SUMS = `SELECT ${KEY_VALUES.join()}, sum(attempt = 1), count(*), sum(outcome IS NULL),
  ${SETTLED_SUMS.map(([, value]) => `sum(${value})`).join()} FROM attempts`;
export const GROUPED = 'GROUP BY 1, 2, 3, 4, 5, 6';

/** An expression over columns of `attempts`, for the new row of a trigger. */
const ofNew = (expression: string): string =>
  expression.replace(
    /'[^']*'|\b(openedAt|tier|task|ownCategory|category|provider|modelAsked|workspace|outcome|input|cacheRead|cacheWrite|output|nanoUsd|costSource|shadowNanoUsd|durationMs|ttftMs|queueMs|loadMs|headersMs)\b/g,
    (word) => (word.startsWith("'") ? word : `new.${word}`),
  );

export const GROUP_STEP = `
  ALTER TABLE attempts ADD COLUMN category TEXT;
  ALTER TABLE attempts ADD COLUMN ownCategory TEXT;
  ALTER TABLE attempts ADD COLUMN score REAL;
  ALTER TABLE attempts ADD COLUMN reasonKind TEXT;
  ALTER TABLE attempts ADD COLUMN bumpKind TEXT;
  ALTER TABLE attempts ADD COLUMN run TEXT;
  ALTER TABLE attempts ADD COLUMN promptName TEXT;
  ALTER TABLE attempts ADD COLUMN promptVersion TEXT;
  ALTER TABLE attempts ADD COLUMN queueMs REAL;
  ALTER TABLE attempts ADD COLUMN loadMs REAL;
  ALTER TABLE attempts ADD COLUMN servedBy TEXT;
  ALTER TABLE attempts ADD COLUMN digest TEXT;
  ALTER TABLE attempts ADD COLUMN headersMs REAL;
  ALTER TABLE attempts ADD COLUMN shadowNanoUsd INTEGER;
  ALTER TABLE outcomes ADD COLUMN ms REAL;
  CREATE INDEX attemptsByRun ON attempts (run) WHERE run IS NOT NULL;
  CREATE INDEX outcomesOfAnswers ON outcomes (at) WHERE task <> 'completion';

  CREATE TABLE groupHours (
    hour INTEGER NOT NULL,
    tier TEXT NOT NULL,
    task TEXT NOT NULL,
    category TEXT NOT NULL,
    model TEXT NOT NULL,
    workspace TEXT NOT NULL,
    ${GROUP_SUM_COLUMNS.map((name) => `${name} INTEGER NOT NULL DEFAULT 0`).join()},
    PRIMARY KEY (${KEY.join()})
  ) STRICT, WITHOUT ROWID;
  INSERT INTO groupHours ${GROUP_SUMS} ${GROUPED};

  CREATE TRIGGER groupOpened AFTER INSERT ON attempts BEGIN
    INSERT INTO groupHours (${KEY.join()}, calls, attempts, open)
    VALUES (${KEY_VALUES.map(ofNew).join()}, new.attempt = 1, 1, 1)
    ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, attempts = attempts + 1, open = open + 1;
  END;

  CREATE TRIGGER groupSettled AFTER UPDATE OF outcome ON attempts
  WHEN old.outcome IS NULL AND new.outcome IS NOT NULL BEGIN
    UPDATE groupHours SET open = open - 1, ${SETTLED_SUMS.map(([name, value]) => `${name} = ${name} + ${ofNew(value)}`).join()}
    WHERE ${KEY.map((name, index) => `${name} = ${ofNew(KEY_VALUES[index] ?? '')}`).join(' AND ')};
  END;
`;
