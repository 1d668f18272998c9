import { t } from '@vscode/l10n';
import { readFrontMatter, textIn, type FrontMatter } from '../chat/frontMatter.ts';
import { LONGEST_PROMPT, type PromptOrigin } from '../chat/promptFiles.ts';
import type { RunLimits } from '../chat/recipeRun.ts';
import { TIERS, type Tier } from '../common/types.ts';
import { parseSchema, type JsonSchema } from './schema.ts';

/**
 * A recipe: several models on one job, as a Markdown file.
 *
 *     ---
 *     description: Cheap draft, the better model scores it
 *     pays: when most drafts are good enough
 *     money: 0.50
 *     ---
 *     ## draft (mid)
 *     Write what is asked for: {{task}} {{context}}
 *     ## verdict (score, frontier)
 *     - threshold: 7
 *     Judge {{draft}} by …
 *     ## final (frontier)
 *     - only below: verdict
 *     Rewrite {{draft}} …
 *
 * A heading names a stage; in parentheses are its kind and its tier. The kind may be left out where the name is one,
 * and is *ask* otherwise. Options are list entries right below the heading, the text below them is the prompt. What
 * is sent is exactly the prompt with what its placeholders stand for: `{{task}}` is what the user wrote, `{{context}}`
 * what is attached, `{{changes}}` the changes of the work stage as a diff, `{{draft}}` the output of the stage *draft*,
 * and `{{search:queries}}` what the workspace has for the texts in the output of *queries*.
 */

export const STAGE_KINDS = ['ask', 'extract', 'score', 'approve', 'work', 'check', 'review'] as const;
export type StageKind = (typeof STAGE_KINDS)[number];

export interface Stage {
  /** Lower case; unique in its recipe. */
  readonly name: string;
  readonly kind: StageKind;
  /** Undefined for *approve* and *check*, which ask no model. */
  readonly tier: Tier | undefined;
  /** The prompt with its placeholders; for *approve*, what the user reads. */
  readonly body: string;
  /** For *extract*; undefined there where the user chooses one at the start. */
  readonly schema?: JsonSchema;
  /** For *score*, from 0 to 10: at or over it the draft is good enough. */
  readonly threshold?: number;
  /** The score stage that this one depends on: it runs only below the threshold. */
  readonly onlyBelow?: string;
}

export interface Recipe {
  /** Lower case, without the slash. */
  readonly name: string;
  readonly origin: PromptOrigin;
  readonly description: string;
  /** When it pays to use it. */
  readonly pays: string;
  readonly version: string;
  readonly limits: RunLimits;
  readonly stages: readonly Stage[];
  /** The whole file: a run keeps it, so that a later change of the file does not change the past. */
  readonly text: string;
}

/** What is wrong with a recipe file. */
export interface RecipeProblem {
  /** From 1. */
  readonly line: number;
  readonly words: string;
}

/** The recipe of a file; without one, `problems` say why. */
export interface ReadRecipe {
  readonly recipe?: Recipe;
  readonly problems: readonly RecipeProblem[];
}

export const MOST_STAGES = 6;
/** The money, requests and minutes of a run whose recipe states none. */
const DEFAULT_LIMITS: RunLimits = { nanoUsd: 1_000_000_000, requests: 20, ms: 30 * 60_000 };

const NAME = /^[\p{L}][\p{L}\p{N}_-]{0,39}$/u;
const ASKS: ReadonlySet<StageKind> = new Set(['ask', 'extract', 'score', 'work', 'review']);
/** Words that a placeholder may have besides the names of stages. */
const WORDS: ReadonlySet<string> = new Set(['task', 'context', 'changes']);
export const PLACEHOLDER = /\{\{\s*(?:(search)\s*:\s*)?([^{}:\s]+)\s*\}\}/g;

/** Whether a stage of this kind asks a model. */
export const asksModel = ({ kind }: Pick<Stage, 'kind'>): boolean => ASKS.has(kind);

/** Reads a recipe file. All problems are found at once, each with its line. */
export function parseRecipe(fileName: string, text: string, origin: PromptOrigin): ReadRecipe {
  if (text.length > LONGEST_PROMPT) return { problems: [{ line: 1, words: t('The recipe is too long.') }] };
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n?|\n/);
  const problems: RecipeProblem[] = [];
  const say = (line: number, words: string): void => void problems.push({ line, words });
  const { head } = readFrontMatter(text);
  const name = (textIn(head, 'name') || fileName.replace(/\.md$/i, '')).toLowerCase();
  if (!NAME.test(name))
    say(lineOfKey(lines, 'name'), t('"{0}" cannot be the name of a recipe: use letters, digits, and hyphens.', name));
  if (!textIn(head, 'description')) say(1, t('The head of the recipe needs a description.'));
  const limits = limitsIn(head, lines, origin === 'workspace' ? MOST_OF_WORKSPACE : MOST_LIMITS, say);
  const sections = sectionsOf(lines);
  if (sections.length === 0) say(1, t('A recipe needs at least one stage, such as "## answer (frontier)".'));
  const stages: Stage[] = [];
  for (const [i, section] of sections.entries()) {
    if (i === MOST_STAGES) {
      say(section.line, t('A recipe has at most {0} stages.', MOST_STAGES));
      break;
    }
    stages.push(readStage(section, stages, say));
  }
  if (problems.length > 0) return { problems: problems.toSorted((a, b) => a.line - b.line) };
  const recipe: Recipe = {
    name,
    origin,
    description: textIn(head, 'description').replace(/\s+/g, ' ').slice(0, 200),
    pays: textIn(head, 'pays').replace(/\s+/g, ' ').slice(0, 200),
    version: (textIn(head, 'version') || '1').slice(0, 20),
    limits,
    stages,
    text,
  };
  return { recipe, problems };
}

type Say = (line: number, words: string) => void;

const lineOfKey = (lines: readonly string[], key: string): number =>
  1 +
  Math.max(
    0,
    lines.findIndex((line) => new RegExp(`^${key}\\s*:`, 'i').test(line)),
  );

/** The most that a recipe may state: the user's own, and one of a workspace, which others wrote. */
const MOST_LIMITS = { usd: 1_000, requests: 500, minutes: 24 * 60 };
const MOST_OF_WORKSPACE: typeof MOST_LIMITS = { usd: 5, requests: 60, minutes: 90 };

/** `money` in USD for a run, `requests` for a stage, and `minutes` for a run. */
function limitsIn(head: FrontMatter, lines: readonly string[], most: typeof MOST_LIMITS, say: Say): RunLimits {
  const read = (key: string, usual: number, limit: number): number => {
    const text = textIn(head, key).replace(/^\$/, '');
    if (!text) return usual;
    const value = Number(text);
    if (value > 0 && value <= limit) return value;
    say(lineOfKey(lines, key), t('"{0}" must be a number above 0 and at most {1}.', key, limit));
    return usual;
  };
  return {
    nanoUsd: Math.round(read('money', DEFAULT_LIMITS.nanoUsd / 1e9, most.usd) * 1e9),
    requests: Math.max(1, Math.round(read('requests', DEFAULT_LIMITS.requests, most.requests))),
    ms: read('minutes', DEFAULT_LIMITS.ms / 60_000, most.minutes) * 60_000,
  };
}

/** A heading with the lines below it; line numbers from 1. */
interface Section {
  readonly heading: string;
  readonly line: number;
  readonly lines: readonly string[];
}

/** The second-level headings of a file outside of fences, with what is below them. */
function sectionsOf(lines: readonly string[]): Section[] {
  const starts: number[] = [];
  let fence = '';
  for (const [i, line] of lines.entries()) {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark && fence && line.trim().startsWith(fence) && /^\s*[`~]+\s*$/.test(line)) fence = '';
    else if (mark && !fence) fence = mark;
    else if (!fence && /^##\s+\S/.test(line)) starts.push(i);
  }
  return starts.map((start, i) => ({
    heading: (lines[start] ?? '').replace(/^##\s+/, '').trim(),
    line: start + 1,
    lines: lines.slice(start + 1, starts[i + 1]),
  }));
}

function readStage({ heading, line, lines }: Section, before: readonly Stage[], say: Say): Stage {
  const bracket = heading.endsWith(')') ? heading.lastIndexOf('(') : -1;
  const title = bracket < 0 ? heading : heading.slice(0, bracket);
  const inside = bracket < 0 ? '' : heading.slice(bracket + 1, -1);
  const name = title.trim().toLowerCase();
  if (!NAME.test(name)) say(line, t('"{0}" cannot be the name of a stage: use letters, digits, and hyphens.', name));
  if (WORDS.has(name) || name === 'search') say(line, t('A stage cannot be called "{0}".', name));
  if (before.some((stage) => stage.name === name)) say(line, t('There are two stages called "{0}".', name));
  const { kind, tier } = kindAndTier(name, inside, line, say);
  const { options, body, bodyLine } = readOptions(lines, line, say);
  const stage: Stage = { name, kind, tier, body: body.join('\n').trim() };
  checkOrder(stage, line, before, say);
  for (const { key, at } of options) {
    const isKnown =
      key === 'only below' || (key === 'threshold' && kind === 'score') || (key === 'schema' && kind === 'extract');
    if (!isKnown) say(at, t('A stage of the kind {0} has no option "{1}".', kind, key));
  }
  checkPlaceholders(body, bodyLine, before, say);
  if (asksModel(stage) && !stage.body) say(line, t('The stage "{0}" has no prompt below its heading.', name));
  return {
    ...stage,
    ...(kind === 'extract' ? schemaIn(stage, options, body, { line, bodyLine }, say) : {}),
    ...(kind === 'score' ? { threshold: thresholdIn(options, line, say) } : {}),
    ...onlyBelowIn(options, before, say),
  };
}

/** The words in the parentheses of a heading. */
function kindAndTier(
  name: string,
  inside: string,
  line: number,
  say: Say,
): { readonly kind: StageKind; readonly tier: Tier | undefined } {
  let kind: StageKind | undefined;
  let tier: Tier | undefined;
  for (const word of inside.split(',').flatMap((each) => each.trim().toLowerCase() || [])) {
    const asKind = STAGE_KINDS.find((each) => each === word);
    const asTier = TIERS.find((each) => each === word);
    if (asKind && !kind) kind = asKind;
    else if (asTier && !tier) tier = asTier;
    else
      say(
        line,
        t(
          '"{0}" is neither a kind of stage ({1}) nor a tier ({2}), or it appears twice.',
          word,
          STAGE_KINDS.join(', '),
          TIERS.join(', '),
        ),
      );
  }
  kind ??= STAGE_KINDS.find((each) => each === name) ?? 'ask';
  if (ASKS.has(kind) && !tier) say(line, t('The stage "{0}" needs a tier: {1}.', name, TIERS.join(', ')));
  if (!ASKS.has(kind) && tier) say(line, t('The stage "{0}" asks no model, so it has no tier.', name));
  return { kind, tier };
}

interface Option {
  readonly key: string;
  readonly value: string;
  /** Line, from 1. */
  readonly at: number;
}

/** List entries `- key: value` right below the heading, and the prompt below them. */
function readOptions(
  lines: readonly string[],
  line: number,
  say: Say,
): { readonly options: readonly Option[]; readonly body: readonly string[]; readonly bodyLine: number } {
  const options: Option[] = [];
  let i = 0;
  for (; i < lines.length; i++) {
    const text = lines[i] ?? '';
    const pair = /^[-*]\s+([a-z]+(?: [a-z]+)?)\s*:\s*(.*)$/i.exec(text);
    if (!pair && text.trim()) break;
    if (!pair) continue;
    const key = (pair[1] ?? '').toLowerCase();
    if (options.some((option) => option.key === key)) say(line + i + 1, t('The option "{0}" appears twice.', key));
    options.push({ key, value: (pair[2] ?? '').trim(), at: line + i + 1 });
  }
  return { options, body: lines.slice(i), bodyLine: line + i + 1 };
}

/** What a stage needs before it. */
function checkOrder({ name, kind }: Stage, line: number, before: readonly Stage[], say: Say): void {
  const hasWork = before.some((stage) => stage.kind === 'work');
  if (kind === 'work' && hasWork) say(line, t('A recipe has one work stage, and this is another.'));
  if ((kind === 'check' || kind === 'review') && !hasWork)
    say(line, t('The stage "{0}" needs a work stage before it.', name));
  if (kind === 'approve' && !before.some(asksModel))
    say(line, t('The stage "{0}" needs a stage before it whose output the user approves.', name));
}

function checkPlaceholders(body: readonly string[], bodyLine: number, before: readonly Stage[], say: Say): void {
  for (const [i, text] of body.entries())
    for (const [, search, word = ''] of text.matchAll(PLACEHOLDER)) {
      const name = word.toLowerCase();
      const known = before.find((stage) => stage.name === name);
      if (search && known?.kind !== 'extract')
        say(bodyLine + i, t('"{0}" must be an extract stage before this one: its texts are searched for.', word));
      else if (!search && !known && !WORDS.has(name))
        say(bodyLine + i, t('"{0}" is neither task, context, changes, nor a stage before this one.', `{{${word}}}`));
      else if (name === 'changes' && !before.some(({ kind }) => kind === 'work'))
        say(bodyLine + i, t('There are no changes before a work stage.'));
    }
}

/** The schema of an extract stage: a fenced JSON block in its prompt, or `- schema: ask` for the user's choice. */
function schemaIn(
  { name, body }: Stage,
  options: readonly Option[],
  lines: readonly string[],
  at: { readonly line: number; readonly bodyLine: number },
  say: Say,
): { readonly schema?: JsonSchema; readonly body?: string } {
  const asks = options.find(({ key }) => key === 'schema');
  if (asks) {
    if (asks.value !== 'ask')
      say(asks.at, t('The option "schema" can only be "ask". Write a fixed schema as a fenced JSON block.'));
    return {};
  }
  const fence = fencedJson(body);
  if (!fence) {
    say(at.line, t('The stage "{0}" needs a JSON schema in a fenced block, or "- schema: ask".', name));
    return {};
  }
  const read = parseSchema(fence.inside);
  if ('problem' in read) {
    say(
      at.bodyLine +
        Math.max(
          0,
          lines.findIndex((text) => /^`{3,}json\b/.test(text)),
        ),
      read.problem,
    );
    return {};
  }
  return { schema: read.schema, body: fence.outside.trim() };
}

/** The first block of JSON in a prompt, and the prompt without it. */
function fencedJson(body: string): { readonly inside: string; readonly outside: string } | undefined {
  const lines = body.split('\n');
  const start = lines.findIndex((line) => /^`{3,}json[ \t]*$/.test(line));
  const mark = /^`+/.exec(lines[start] ?? '')?.[0];
  const end = lines.findIndex((line, i) => i > start && mark !== undefined && line.trimEnd() === mark);
  if (end < 0) return undefined;
  const outside = [...lines.slice(0, start), ...lines.slice(end + 1)].join('\n');
  return { inside: lines.slice(start + 1, end).join('\n'), outside };
}

function thresholdIn(options: readonly Option[], line: number, say: Say): number {
  const option = options.find(({ key }) => key === 'threshold');
  const value = Number(option?.value || Number.NaN);
  if (value >= 0 && value <= 10) return value;
  say(option?.at ?? line, t('A score stage needs "- threshold:" with a number from 0 to 10.'));
  return 10;
}

function onlyBelowIn(options: readonly Option[], before: readonly Stage[], say: Say): { readonly onlyBelow?: string } {
  const option = options.find(({ key }) => key === 'only below');
  if (!option) return {};
  const name = option.value.toLowerCase();
  if (before.some((stage) => stage.name === name && stage.kind === 'score')) return { onlyBelow: name };
  say(option.at, t('"{0}" must be a score stage before this one.', option.value));
  return {};
}
