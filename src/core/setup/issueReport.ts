import { maskPaths } from '../privacy/logLines.ts';

export interface IssueFacts {
  /** Names and versions, such as `Gearshift` and `1.0.0`. */
  readonly versions: Readonly<Record<string, string>>;
  /** The last lines of the log, the oldest first; keys are masked in them already. */
  readonly lines: readonly string[];
}

/** Issue trackers refuse longer texts (GitHub: 65,536 characters), and VS Code's reporter adds its own. */
const LONGEST_BODY = 30_000;

/** The text of a report that the user completes and sends: versions and the last lines of the log, without paths. */
export function issueBody({ versions, lines }: IssueFacts): string {
  const head = [
    '<!-- What did you do, what did you expect, and what happened? -->',
    '',
    '',
    ...Object.entries(versions).map(([name, version]) => `- ${name}: ${version}`),
    '',
    'The last lines of the log. Keys and paths are masked; please look them through before you send them.',
    '',
  ].join('\n');
  const log = lines.map((line) => maskPaths(line).replaceAll('```', "'''"));
  // The newest lines matter most.
  let room = LONGEST_BODY - head.length;
  let first = log.length;
  while (first > 0 && (room -= (log[first - 1]?.length ?? 0) + 1) > 0) first -= 1;
  return `${head}\n\`\`\`\n${log.slice(first).join('\n')}\n\`\`\`\n`;
}
