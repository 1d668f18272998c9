import type { Message, Picture, ToolCall } from '../common/types.ts';

/**
 * Messages of VS Code's chat, as plain data, and ours made of them. The editor turns VS Code's classes into these shapes;
 * everything else is decided here.
 */

/** A part of a message. */
export type HostPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'thinking'; readonly text: string }
  | { readonly kind: 'call'; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly kind: 'result'; readonly id: string; readonly parts: readonly HostPart[] }
  /** Bytes with a MIME type; `base64` and `text` are made only where they are needed. */
  | { readonly kind: 'data'; readonly mime: string; readonly base64: () => string; readonly text: () => string }
  /** A part that we do not know, as JSON. */
  | { readonly kind: 'other'; readonly json: string };

/** Roles as VS Code counts them. `system` is not in the published types: 3 is what arrives from VS Code 1.139. */
export const HOST_ROLES = { user: 1, assistant: 2, system: 3 } as const;

export interface HostMessage {
  readonly role: number;
  readonly parts: readonly HostPart[];
}

/**
 * What becomes of data by its MIME type. VS Code marks parts for its own use with names that are no MIME types
 * (`cache_control`, `stateful_marker`, `thinking`, `context_management`, `phase_data`, `usage`): they are never sent.
 */
export function useOfMime(mime: string): 'internal' | 'picture' | 'text' | 'unknown' {
  const type = mime.trim().toLowerCase().split(';')[0]?.trim() ?? '';
  if (!/^[\w.+-]+\/[\w.+*-]+$/.test(type)) return 'internal';
  if (/^image\/(png|jpe?g|gif|webp)$/.test(type)) return 'picture';
  return /^text\/|[/+](json|xml|yaml|javascript|typescript)$/.test(type) ? 'text' : 'unknown';
}

/** What was kept of calls that our models made: what their server wants back with them. */
export type ExtraOf = (callId: string) => ToolCall['extra'];

/** The result of a call that VS Code has none of: the user stopped the agent. */
const NO_RESULT = 'No result: the call was cancelled.';

/**
 * The messages as our adapters take them. Every call is followed by its results, in the order of the calls: endpoints
 * refuse calls without results and results without calls, which VS Code leaves behind when a turn was canceled or the
 * conversation was cut to its window.
 */
export function fromHost(messages: readonly HostMessage[], extraOf: ExtraOf = () => undefined): Message[] {
  const made: Message[] = [];
  const results = new Map<string, Message>();
  for (const { parts } of messages)
    for (const part of parts) if (part.kind === 'result') results.set(part.id, resultOf(part));
  const answered = new Set<string>();
  for (const { role, parts } of messages) {
    if (role === HOST_ROLES.assistant) made.push(...assistantTurn(parts, results, answered, extraOf));
    else {
      const message = plainMessage(role === HOST_ROLES.system ? 'system' : 'user', parts);
      if (message) made.push(message);
      // A result without its call still tells the model something.
      for (const part of parts)
        if (part.kind === 'result' && !isCalled(messages, part.id))
          made.push({ ...resultOf(part), role: 'user', content: `Result of a tool:\n${resultOf(part).content}` });
    }
  }
  return withoutAnswers(made);
}

const isCalled = (messages: readonly HostMessage[], id: string): boolean =>
  messages.some(
    ({ role, parts }) => role === HOST_ROLES.assistant && parts.some((part) => part.kind === 'call' && part.id === id),
  );

/** A user's message has no member for results of tools. */
const withoutAnswers = (messages: readonly Message[]): Message[] =>
  messages.map(({ answers, ...message }) => (message.role === 'tool' && answers ? { ...message, answers } : message));

function assistantTurn(
  parts: readonly HostPart[],
  results: ReadonlyMap<string, Message>,
  answered: Set<string>,
  extraOf: ExtraOf,
): Message[] {
  const calls = parts.flatMap((part): ToolCall[] => {
    if (part.kind !== 'call' || answered.has(part.id)) return [];
    answered.add(part.id);
    const input = typeof part.input === 'object' && part.input !== null ? (part.input as Record<string, unknown>) : {};
    const extra = extraOf(part.id);
    return [{ id: part.id, name: part.name, input, ...(extra ? { extra } : {}) }];
  });
  const content = textOf(parts);
  const reasoning = parts.map((part) => (part.kind === 'thinking' ? part.text : '')).join('');
  if (calls.length === 0 && !content) return [];
  return [
    {
      role: 'assistant',
      content,
      ...(reasoning ? { reasoning } : {}),
      ...(calls.length > 0 ? { toolCalls: calls } : {}),
    },
    ...calls.map(({ id, name }): Message => ({
      ...(results.get(id) ?? { role: 'tool', content: NO_RESULT }),
      answers: { id, name },
    })),
  ];
}

function plainMessage(role: 'system' | 'user', parts: readonly HostPart[]): Message | undefined {
  const content = textOf(parts);
  const images = role === 'user' ? picturesOf(parts) : [];
  return content || images.length > 0 ? { role, content, ...(images.length > 0 ? { images } : {}) } : undefined;
}

function resultOf({ parts }: Extract<HostPart, { kind: 'result' }>): Message {
  const images = picturesOf(parts);
  return { role: 'tool', content: textOf(parts), ...(images.length > 0 ? { images } : {}) };
}

const picturesOf = (parts: readonly HostPart[]): Picture[] =>
  parts.flatMap((part) =>
    part.kind === 'data' && useOfMime(part.mime) === 'picture' ? [{ mime: part.mime, data: part.base64() }] : [],
  );

/** The text of a message. Parts that no one can read are named, so that the model does not guess what was there. */
const textOf = (parts: readonly HostPart[]): string =>
  parts
    .map((part) => {
      if (part.kind === 'text') return part.text;
      if (part.kind === 'other') return part.json;
      if (part.kind !== 'data') return '';
      const use = useOfMime(part.mime);
      return use === 'text'
        ? part.text()
        : use === 'unknown'
          ? `[An attachment of type ${part.mime} was left out.]`
          : '';
    })
    .filter(Boolean)
    .join('\n');

/** Whether the last thing that happened is a tool's result: the model is in the middle of its work. */
export const isInToolLoop = (messages: readonly Message[]): boolean => messages.at(-1)?.role === 'tool';

/** What the user wrote last: VS Code's agents put it between marks, with context around it. */
export function questionOf(messages: readonly Message[]): string {
  const last = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const marked = [...last.matchAll(/<userRequest>([\s\S]*?)<\/userRequest>/g)].at(-1)?.[1];
  return (marked ?? last).trim();
}
