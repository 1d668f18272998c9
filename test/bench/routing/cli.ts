/** The dry run of routing for rule authors: requests in, one line each, decisions out. */
import fs from 'node:fs';
import * as v from 'valibot';
import { explainRoute } from '../../../src/core/routing/route.ts';
import { arrangeRules, parseRules, SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import type { RequestFacts, Rule } from '../../../src/core/routing/routingTypes.ts';
import { estimateTokens } from '../../../src/core/common/tokens.ts';
import { TASKS, TIERS } from '../../../src/core/common/types.ts';

const HELP = `npm run -s route -- FILE.jsonl [--rules FILE] [--only] [--threshold N] [--explain]
npm run -s route -- --print

Reads one request a line (FILE "-": standard input):
  { "id", "text", "selection_lang"?, "context_tokens"?, "files"?, "action"? }
and, to try a rule under other circumstances:
  { "task"?, "thread_turns"?, "offline"?, "private"?, "unhealthy"?, "over_budget"?, "window_tokens"? }
Writes one line for each: { "id", "tier", "score", "rule", "reason" }.
A line that cannot be read is named on standard error, the others are answered; the exit code is then 1.

--rules FILE   a JSON array in the form of the setting gearshift.routing.rules, before the shipped rules
--only         with --rules: without the shipped rules
--threshold N  as the setting gearshift.routing.threshold, 1 to 5 (3.5)
--explain      adds "rules": for each rule whether it matched, and why
--print        writes the shipped rules as JSON, to start from
`;

const Tokens = v.pipe(v.number(), v.integer(), v.minValue(0));
const optional = <S extends v.GenericSchema>(shape: S) => v.nullish(shape);
const RequestShape = v.object({
  id: v.union([v.string(), v.number()]),
  text: v.string(),
  selection_lang: optional(v.string()),
  context_tokens: optional(v.pipe(v.number(), v.minValue(0))),
  files: optional(Tokens),
  action: optional(v.string()),
  task: optional(v.picklist(TASKS)),
  thread_turns: optional(Tokens),
  offline: optional(v.boolean()),
  private: optional(v.boolean()),
  unhealthy: optional(v.array(v.picklist(TIERS))),
  over_budget: optional(v.array(v.picklist(TIERS))),
  window_tokens: optional(v.partial(v.object({ local: Tokens, mid: Tokens, frontier: Tokens }))),
});

interface Options {
  readonly rules: readonly Rule[];
  readonly threshold: number;
  readonly explain: boolean;
}

/**
 * Answers one line.
 *
 * @returns the answer as one line of JSON
 * @throws Error in words for the author of the line
 */
export function answerLine(line: string, { rules, threshold, explain }: Options): string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new Error(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const result = v.safeParse(RequestShape, json);
  if (!result.success) {
    const [issue] = result.issues;
    throw new Error([issue.path?.map(({ key }) => String(key)).join('.'), issue.message].filter(Boolean).join(': '));
  }
  const request = result.output;
  const contextTokens = request.context_tokens ?? undefined;
  const facts: RequestFacts = {
    text: request.text,
    tokens: estimateTokens(request.text) + Math.round(contextTokens ?? 0),
    contextTokens,
    files: request.files ?? 0,
    language: request.selection_lang || undefined,
    task: request.task ?? 'chat',
    action: request.action || undefined,
    threadTurns: request.thread_turns ?? 0,
    offline: request.offline ?? false,
    private: request.private ?? false,
    unhealthy: request.unhealthy ?? [],
    overBudget: request.over_budget ?? [],
    windowTokens: request.window_tokens ?? {},
  };
  const { route, trials } = explainRoute(facts, { rules, threshold, complexity: scoreComplexity(facts) });
  const { tier, score, rule, reason } = route;
  return JSON.stringify({
    id: request.id,
    tier,
    score: Math.round(score * 10_000) / 10_000,
    rule,
    reason,
    ...(explain ? { rules: trials } : {}),
  });
}

/** The lines of a stream. Unlike those of `node:readline` they do not end at U+2028 or U+2029, which JSON may contain. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** Where the command reads and writes; standard streams unless a test says otherwise. */
export interface Streams {
  readonly input: NodeJS.ReadableStream;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * The command.
 *
 * @returns exit code: 0, or 1 when a line could not be read, or 2 when nothing could be done at all
 */
export async function main(
  args: readonly string[],
  { input, out, err }: Streams = {
    input: process.stdin,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  },
): Promise<number> {
  const fail = (text: string): number => {
    err(`${text}\n`);
    return 2;
  };
  let file: string | undefined;
  let rulesFile: string | undefined;
  let threshold = 3.5;
  let only = false;
  let explain = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--help' || arg === '-h') {
      out(HELP);
      return 0;
    } else if (arg === '--print') {
      out(`${JSON.stringify(SHIPPED_RULES, null, 2)}\n`);
      return 0;
    } else if (arg === '--only') only = true;
    else if (arg === '--explain') explain = true;
    else if (arg === '--rules' || arg.startsWith('--rules=')) rulesFile = arg.slice(8) || args[++i] || '';
    else if (arg === '--threshold' || arg.startsWith('--threshold=')) threshold = Number(arg.slice(12) || args[++i]);
    else if (arg.startsWith('-') && arg !== '-') return fail(`There is no option "${arg}".\n\n${HELP}`);
    else if (file !== undefined) return fail(`One file at a time, please: "${file}", "${arg}".`);
    else file = arg;
  }
  if (file === undefined) return fail(HELP);
  if (!(threshold >= 1 && threshold <= 5)) return fail('--threshold is a number from 1 to 5.');

  let rules: readonly Rule[] = SHIPPED_RULES;
  if (rulesFile !== undefined) {
    let value: unknown;
    try {
      value = JSON.parse(fs.readFileSync(rulesFile, 'utf8').replace(/^\ufeff/, ''));
    } catch (error) {
      return fail(`${rulesFile}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const { entries, problems } = parseRules(value);
    if (problems.length) return fail(problems.map((p) => `${rulesFile}: rule ${p.index + 1}: ${p.message}`).join('\n'));
    const arranged = arrangeRules(entries);
    rules = only ? arranged.filter(({ name }) => entries.some((entry) => entry.name === name)) : arranged;
  }
  if (file !== '-' && !fs.existsSync(file)) return fail(`There is no file "${file}".`);

  const requests = file === '-' ? input : fs.createReadStream(file);
  let number = 0;
  let code = 0;
  for await (const raw of linesOf(requests)) {
    number++;
    const line = number === 1 ? raw.replace(/^\ufeff/, '') : raw;
    if (!line.trim()) continue;
    try {
      out(`${answerLine(line, { rules, threshold, explain })}\n`);
    } catch (error) {
      err(`line ${number}: ${error instanceof Error ? error.message : String(error)}\n`);
      code = 1;
    }
  }
  return code;
}
