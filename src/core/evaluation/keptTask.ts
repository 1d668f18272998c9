import { t } from '@vscode/l10n';
import { listOf, readFrontMatter, textIn } from '../chat/frontMatter.ts';
import { formatModelRef, parseModelRef, TIERS, type Message, type ModelRef, type Tier } from '../common/types.ts';
import { countSecrets } from '../privacy/maskSecrets.ts';
import { parseSchema } from '../recipes/schema.ts';

/**
 * A question that the user kept as a test, with its answer and what counts as a good one. It is a Markdown file: a head,
 * and a section for each text, fenced with a mark that the text does not hold.
 */
export interface KeptTask {
  /** What the user calls it. */
  readonly name: string;
  /** The day that it was kept, such as `2026-11-30`. */
  readonly kept: string;
  readonly tier: Tier;
  /** The model that gave the stored answer. */
  readonly model: ModelRef;
  /** The prompt that the question was made with, and its version. */
  readonly prompt?: KeptPrompt | undefined;
  readonly checks: readonly Check[];
  /** What was sent, masked as it was sent. */
  readonly messages: readonly TaskMessage[];
  readonly answer: string;
  /** The files that the answer changes: before, and as the user kept them. */
  readonly files: readonly KeptFile[];
}

interface KeptPrompt {
  readonly name: string;
  /** With the hash of the prompt's text, where that is known. */
  readonly version: string;
  /** What the model received of it, masked, and what the user wrote behind its name; absent in files of before. */
  readonly text?: string | undefined;
  readonly input?: string | undefined;
}

interface TaskMessage {
  readonly role: Extract<Message['role'], 'system' | 'user' | 'assistant'>;
  readonly content: string;
}

export interface KeptFile {
  /** Path in the workspace, with slashes. */
  readonly path: string;
  /** Null: the answer makes it. */
  readonly before: string | null;
  readonly after: string;
}

/** What an answer must do to be good. */
export type Check =
  /** It is a whole answer with text. */
  | { readonly kind: 'answers' }
  /** All of its changes can be read. */
  | { readonly kind: 'parses' }
  /** Its changes fit the kept files. */
  | { readonly kind: 'applies' }
  /** Its changes make what the user kept, white space aside. */
  | { readonly kind: 'keeps' }
  /** Language servers find no problem in the files that it makes which was not there before. */
  | { readonly kind: 'problems' }
  | { readonly kind: 'contains' | 'lacks'; readonly text: string }
  /** Its JSON fits a schema. */
  | { readonly kind: 'schema'; readonly schema: string }
  /** A command ends with 0 in a folder with the files that the answer makes. */
  | { readonly kind: 'command'; readonly command: string };

export const CHECK_KINDS = [
  ...(['answers', 'parses', 'applies', 'keeps', 'problems'] as const),
  ...(['contains', 'lacks', 'schema', 'command'] as const),
] as const;

/** What the calls of a comparison are a part of, on the ledger. */
export const KEPT_TASK_STAGE = 'kept task';

/** Most tasks of a folder. */
export const MOST_TASKS = 50;

/** Longest file of a task, in characters. */
export const LONGEST_TASK = 1_000_000;

/** A task, or what is wrong with its file in words for the user, with the line from 1. */
export type ParsedTask =
  { readonly task: KeptTask } | { readonly problem: { readonly line: number; readonly words: string } };

/** The task as a file. */
export function formatTask(task: KeptTask): string {
  const { name, kept, tier, model, prompt, checks, messages, answer, files } = task;
  const head = [
    '---',
    `name: ${JSON.stringify(name)}`,
    `kept: ${kept}`,
    `tier: ${tier}`,
    `model: ${JSON.stringify(formatModelRef(model))}`,
    ...(prompt ? [`prompt: ${JSON.stringify(prompt.name)}`, `prompt-version: ${JSON.stringify(prompt.version)}`] : []),
    'checks:',
    ...checks.map((check) => `  - ${formatCheck(check)}`),
    '---',
    '',
  ];
  const sections = [
    ...messages.map(({ role, content }) => section(role, content)),
    ...(prompt?.text === undefined ? [] : [section('prompt', prompt.text)]),
    ...(prompt?.input === undefined ? [] : [section('prompt input', prompt.input)]),
    section('answer', answer),
    ...files.flatMap(({ path, before, after }) => [
      ...(before === null ? [] : [section(`before ${path}`, before)]),
      section(`after ${path}`, after),
    ]),
  ];
  return `${[...head, ...sections].join('\n')}\n`;
}

/** A heading with a text in a fence that the text cannot close. */
function section(title: string, text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((marks) => marks.length));
  const fence = '`'.repeat(longest + 1);
  return `## ${title}\n\n${fence}\n${text}\n${fence}\n`;
}

function formatCheck(check: Check): string {
  if (check.kind === 'contains' || check.kind === 'lacks') return `${check.kind} ${JSON.stringify(check.text)}`;
  if (check.kind === 'schema') return `schema ${JSON.stringify(JSON.stringify(JSON.parse(check.schema)))}`;
  if (check.kind === 'command') return `command ${JSON.stringify(check.command)}`;
  return check.kind;
}

/** Reads a file of a task. Unknown keys of the head and unknown sections are left alone. */
export function parseTask(file: string): ParsedTask {
  const text = file.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const wrong = (line: number, words: string): ParsedTask => ({ problem: { line, words } });
  if (text.length > LONGEST_TASK) return wrong(1, t('The file of the task is too long.'));
  const { head } = readFrontMatter(text);
  const lineOf = (key: string): number =>
    Math.max(
      0,
      text.split('\n').findIndex((line) => line.toLowerCase().startsWith(`${key}:`)),
    ) + 1;
  const name = textIn(head, 'name');
  if (!name) return wrong(lineOf('name'), t('The head of the task needs a name.'));
  const tier = TIERS.find((each) => each === textIn(head, 'tier'));
  if (!tier) return wrong(lineOf('tier'), t('The tier of a task is one of: {0}.', TIERS.join(', ')));
  const model = parseModelRef(textIn(head, 'model'));
  if (!model) return wrong(lineOf('model'), t('The model of a task is written as provider/model.'));
  const checks: Check[] = [];
  for (const written of entriesOf(text)) {
    const check = parseCheck(written.text);
    if (typeof check === 'string') return wrong(written.line, check);
    checks.push(check);
  }
  if (checks.length === 0) return wrong(lineOf('checks'), t('A task needs at least one check.'));
  const sections = sectionsOf(text);
  const messages = sections.flatMap(({ title, text: content }) =>
    title === 'system' || title === 'user' || title === 'assistant' ? [{ role: title, content } as const] : [],
  );
  if (messages.at(-1)?.role !== 'user')
    return wrong(1, t('A task needs a question: its last message is a section "## user".'));
  const answer = sections.find(({ title }) => title === 'answer');
  if (!answer) return wrong(1, t('A task needs the stored answer, in a section "## answer".'));
  const prompt = textIn(head, 'prompt');
  return {
    task: {
      name,
      kept: textIn(head, 'kept'),
      tier,
      model,
      ...(prompt ? { prompt: promptIn(prompt, textIn(head, 'promptversion'), sections) } : {}),
      checks,
      messages,
      answer: answer.text,
      files: filesOf(sections),
    },
  };
}

function promptIn(name: string, version: string, sections: readonly Section[]): KeptPrompt {
  const text = sections.find(({ title }) => title === 'prompt')?.text;
  const input = sections.find(({ title }) => title === 'prompt input')?.text;
  return { name, version, ...(text === undefined ? {} : { text }), ...(input === undefined ? {} : { input }) };
}

interface Section {
  readonly title: string;
  readonly text: string;
}

/** The entries of `checks:` with their lines, as they are written: their quotes belong to them. */
function entriesOf(text: string): { readonly line: number; readonly text: string }[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^checks:\s*$/.test(line));
  if (start < 0) return listOf(readFrontMatter(text).head, 'checks').map((entry) => ({ line: 1, text: entry }));
  const entries = [];
  for (let i = start + 1; i < lines.length; i++) {
    const entry = /^\s*-\s+(.*)$/s.exec(lines[i] ?? '');
    if (!entry) break;
    entries.push({ line: i + 1, text: (entry[1] ?? '').trimEnd() });
  }
  return entries;
}

/** A check from its text; or what is wrong with it, in words for the user. */
function parseCheck(written: string): Check | string {
  const [, kind = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(written) ?? [];
  switch (kind) {
    case 'answers':
    case 'parses':
    case 'applies':
    case 'keeps':
    case 'problems':
      return { kind };
    case 'contains':
    case 'lacks':
    case 'command':
    case 'schema': {
      const text = unquote(rest);
      if (!text) return t('The check "{0}" needs a text, such as {0} "mutex".', kind);
      if (kind === 'command') return { kind, command: text };
      if (kind !== 'schema') return { kind, text };
      const parsed = parseSchema(text);
      return 'problem' in parsed ? parsed.problem : { kind, schema: text };
    }
    default:
      return t('"{0}" is not a check. The checks are: {1}.', kind, CHECK_KINDS.join(', '));
  }
}

/** A text in JSON's quotes, or as it is. */
function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

/** The sections of a file. What is in a fence is no heading. */
function sectionsOf(text: string): Section[] {
  const lines = text.split('\n');
  const sections: Section[] = [];
  for (let i = 0; i < lines.length; i++) {
    const title = /^## (.*\S)/s.exec(lines[i] ?? '')?.[1];
    if (title === undefined) continue;
    let open = i + 1;
    while (open < lines.length && (lines[open] ?? '').trim() === '') open++;
    const fence = /^(`{3,})[\w-]*\s*$/.exec(lines[open] ?? '')?.[1];
    if (fence === undefined) continue;
    let end = open + 1;
    while (end < lines.length && lines[end] !== fence) end++;
    sections.push({ title, text: lines.slice(open + 1, end).join('\n') });
    i = end;
  }
  return sections;
}

function filesOf(sections: readonly Section[]): KeptFile[] {
  const of = (kind: string): Map<string, string> =>
    new Map(
      sections.flatMap(({ title, text }) =>
        title.startsWith(`${kind} `) ? [[title.slice(kind.length + 1), text]] : [],
      ),
    );
  const before = of('before');
  return [...of('after')].map(([path, after]) => ({ path, before: before.get(path) ?? null, after }));
}

/**
 * How many secrets a task holds. A task with one is refused: its file is for the team. Masked ones are no secrets any
 * more.
 */
export const secretsIn = ({ name, messages, prompt, answer, files, checks }: KeptTask): number =>
  [
    name,
    ...checks.map(formatCheck),
    ...messages.map(({ content }) => content),
    prompt?.text ?? '',
    prompt?.input ?? '',
    answer,
    ...files.flatMap(({ before, after }) => [before ?? '', after]),
  ]
    .map(countSecrets)
    .reduce((sum, count) => sum + count, 0);

/** The name of a task's file, from what the user calls it: letters and digits of any script, and hyphens. */
export function taskFileName(name: string, taken: ReadonlySet<string>): string {
  const base =
    name
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'task';
  let file = `${base}.md`;
  for (let n = 2; taken.has(file); n++) file = `${base}-${n}.md`;
  return file;
}
