import { attachmentForReader, attachmentText, SYSTEM, systemFor, WITH_CONTEXT } from '../chat/prompt.ts';
import type { Attachment } from '../chat/conversation.ts';
import { inOneLine } from '../common/elements.ts';
import type { Message } from '../common/types.ts';
import { PLACEHOLDER, type Stage } from './recipe.ts';
import type { JsonSchema } from './schema.ts';

/** What a stage is sent: its prompt with what the placeholders stand for, and nothing else. */
export interface StageInput {
  readonly task: string;
  readonly context: readonly Attachment[];
  /** The changes of the work stage as a diff. */
  readonly changes: string;
  /** Outputs by stage name. */
  readonly outputs: ReadonlyMap<string, string>;
  /** What was found for the texts of an extract stage, by its name. */
  readonly found: ReadonlyMap<string, string>;
}

/** The names of the stages whose output a stage reads, whose texts it searches for, and what else it needs. */
export function needsOf({ body }: Pick<Stage, 'body'>): {
  readonly outputs: ReadonlySet<string>;
  readonly searches: ReadonlySet<string>;
} {
  const outputs = new Set<string>();
  const searches = new Set<string>();
  for (const [, search, word = ''] of body.matchAll(PLACEHOLDER)) (search ? searches : outputs).add(word.toLowerCase());
  return { outputs, searches };
}

/** Writes a text that is data for the model, so that it cannot end its place in the prompt. */
type Quote = (data: Attachment) => string;

/**
 * The prompt of a stage with the values of its placeholders, each once and in order: values are not read again.
 *
 * @param quote how data is written; by default, in elements
 */
export function fillIn(stage: Pick<Stage, 'body'>, input: StageInput, quote: Quote = attachmentText): string {
  return stage.body
    .replaceAll(PLACEHOLDER, (_, search: string | undefined, word: string) => {
      const name = word.toLowerCase();
      if (search) return quote(asData(`found-${name}`, input.found.get(name) ?? ''));
      if (name === 'task') return input.task;
      if (name === 'context') return input.context.map(quote).join('\n\n');
      if (name === 'changes') return quote(asData('changes', input.changes, 'diff'));
      return quote(asData(name, input.outputs.get(name) ?? ''));
    })
    .trim();
}

/** A text that is data for the model, as something attached. */
const asData = (label: string, text: string, language = ''): Attachment => ({
  id: `stage${label}`,
  kind: 'pasted',
  label,
  path: '',
  language,
  text: text || '(nothing)',
  notes: '',
  tokens: 0,
});

/** Pictures that are attached go with a prompt that names the context. */
const picturesFor = (stage: Pick<Stage, 'body'>, { context }: StageInput): Pick<Message, 'images'> => {
  const images = needsOf(stage).outputs.has('context')
    ? context.flatMap(({ picture }) => (picture ? [picture] : []))
    : [];
  return images.length > 0 ? { images } : {};
};

const ANSWER_IN_JSON = 'Answer with JSON alone: one value that fits this JSON schema.';

/** What a score stage answers. */
export const VERDICT: JsonSchema = {
  type: 'object',
  required: ['score', 'reason'],
  properties: { score: { type: 'number', minimum: 0, maximum: 10 }, reason: { type: 'string' } },
};
const SCORE = 'The score goes from 0 (useless) to 10 (nothing to improve). The reason names what must become better.';

/** The messages for a stage that asks, extracts, scores, or works. @param schema that the answer must fit */
export function stageMessages(
  stage: Stage,
  input: StageInput,
  {
    schema,
    model = '',
    trouble,
  }: { readonly schema?: JsonSchema | undefined; readonly model?: string; readonly trouble?: string | undefined },
): Message[] {
  const head = stage.kind === 'work' ? systemFor(model, true) : `${SYSTEM}\n${WITH_CONTEXT}`;
  const asked = [
    fillIn(stage, input),
    ...(stage.kind === 'work' ? ['Show every change of every file.'] : []),
    ...(stage.kind === 'score' ? [SCORE] : []),
    ...(schema ? [`${ANSWER_IN_JSON}\n${JSON.stringify(schema)}`] : []),
    ...(trouble ? [troubleText(trouble, input.changes)] : []),
  ].join('\n\n');
  return [
    { role: 'system', content: head },
    { role: 'user', content: asked, ...picturesFor(stage, input) },
  ];
}

const troubleText = (trouble: string, changes: string): string =>
  [
    ...wrongSoFar(trouble, changes, attachmentText),
    'Show what has to change further in the files as they are now.',
  ].join('\n\n');

const wrongSoFar = (trouble: string, changes: string, quote: Quote): string[] => [
  'You have built this already, and the files contain these changes now:',
  quote(asData('changes', changes, 'diff')),
  'It is not right yet:',
  quote(asData('trouble', trouble)),
];

/**
 * What VS Code's agent is asked: it reads files by itself, so those that are attached are named and not quoted. The user sees
 * the prompt in VS Code's chat, so it is Markdown without tags.
 */
export function agentPrompt(
  stage: Pick<Stage, 'body'>,
  input: StageInput,
  trouble: string | undefined,
): { readonly prompt: string; readonly files: readonly Attachment[] } {
  const isFile = ({ kind, path }: Attachment): boolean => kind === 'file' && path !== '';
  const files = input.context.filter(isFile);
  const asked = fillIn(
    stage,
    { ...input, context: input.context.filter((each) => !isFile(each)) },
    attachmentForReader,
  );
  const prompt = [
    asked,
    ...(files.length > 0
      ? [
          `The files for this task: ${files.map(({ path }) => `\`${inOneLine(path).replaceAll('`', "'")}\``).join(', ')}`,
        ]
      : []),
    ...(trouble ? [...wrongSoFar(trouble, input.changes, attachmentForReader), 'Make it right.'] : []),
  ].join('\n\n');
  return { prompt, files };
}

/** Asks once more for JSON that fits. */
export const repairMessages = (
  messages: readonly Message[],
  answer: string,
  problems: readonly string[],
): Message[] => [
  ...messages,
  { role: 'assistant', content: answer },
  {
    role: 'user',
    content: `This does not fit the schema:\n${problems.join('\n')}\nAnswer once more with the whole JSON alone, corrected.`,
  },
];
