import { GROUPED, GROUP_SUMS, GROUP_SUM_COLUMNS } from './groupSchema.ts';

/** The SQL of the sums by category and model. */

const OF_SPAN = `${GROUP_SUMS} WHERE openedAt >= ? AND openedAt < ? ${GROUPED}`;

/** Makes the sums of a span within one hour again, after those that were there were deleted. */
export const SUM_GROUPS_OF_HOUR = `INSERT INTO groupHours ${OF_SPAN}`;

/** In one statement, so that no write comes between rows and sums. */
export const GROUP_DISAGREEMENT = `
  SELECT 1 FROM (SELECT * FROM groupHours WHERE hour = ? EXCEPT SELECT * FROM (${OF_SPAN}))
  UNION ALL
  SELECT 1 FROM (SELECT * FROM (${OF_SPAN}) EXCEPT SELECT * FROM groupHours WHERE hour = ?)`;

const SUMMED = GROUP_SUM_COLUMNS.map((name) => `sum(${name}) AS ${name}`).join();

/** Sums of whole hours. */
export const GROUPS_OF_HOURS = `SELECT tier, task, category, model, ${SUMMED} FROM groupHours
  WHERE hour >= :from AND hour < :until AND (:workspace IS NULL OR workspace = :workspace)
  GROUP BY tier, task, category, model`;

/** Sums of attempts one by one, for the hours where a period begins and ends. Its columns have the same order. */
export const GROUPS_OF_SPAN = `${GROUP_SUMS} WHERE openedAt >= ? AND openedAt < ? AND (?3 IS NULL OR workspace = ?3) ${GROUPED}`;

/** The names of the columns of {@link GROUPS_OF_SPAN}. */
export const GROUP_SPAN_COLUMNS = ['hour', 'tier', 'task', 'category', 'model', 'workspace', ...GROUP_SUM_COLUMNS];

/** The category is that of the call, by its first attempt. */
export const ANSWER_OUTCOMES = `
  SELECT o.callId, o.at, o.tier, o.task, o.model, o.kind, o.characters, o.kept,
    ifnull(o.ms, iif(o.kind = 'useful' AND o.at >= a.openedAt, o.at - a.openedAt, NULL)) AS ms,
    ifnull(a.ownCategory, a.category) AS category, a.promptName, a.promptVersion
  FROM outcomes o LEFT JOIN attempts a ON a.attemptId = o.callId || '/1'
  WHERE o.task <> 'completion' AND o.at >= :since AND o.at < :until AND (:workspace IS NULL OR a.workspace = :workspace)
  ORDER BY o.at DESC, o.rowid DESC`;

export const QUESTIONS = `SELECT * FROM attempts WHERE score IS NOT NULL AND openedAt >= ? AND openedAt < ?
  ORDER BY openedAt DESC, rowid DESC LIMIT ?`;

export const SHOWN_TIMES = `SELECT o.ms FROM outcomes o WHERE o.kind = 'offered' AND o.ms IS NOT NULL
  AND o.at >= ?1 AND o.at < ?2
  AND (?3 IS NULL OR (SELECT workspace FROM attempts WHERE attemptId = o.callId || '/1') = ?3)
  ORDER BY o.at DESC LIMIT 2000`;

/** One look into the index for each workspace, instead of one at every row of sums. */
export const WORKSPACES = `WITH RECURSIVE found(workspace) AS (
    SELECT min(workspace) FROM groupHours
    UNION ALL
    SELECT (SELECT min(workspace) FROM groupHours WHERE workspace > found.workspace) FROM found
    WHERE found.workspace IS NOT NULL
  ) SELECT workspace FROM found WHERE workspace <> ''`;

/** From the index alone. */
export const SCORES = `SELECT score FROM attempts WHERE score IS NOT NULL AND openedAt >= ? AND openedAt < ?
  ORDER BY openedAt DESC LIMIT 2000`;
export const FIRST_ROW = 'SELECT min(openedAt) AS first FROM attempts';
