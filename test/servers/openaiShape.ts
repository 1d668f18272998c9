/** The JSON shapes of OpenAI's chat completions, shared by the OpenAI server and Ollama's compatible side. */
import type { Piece, Voice } from './generation.ts';
import type { Exchange } from './loopback.ts';
import { distortUsage } from './scenario.ts';
import type { Answer, Message } from './text.ts';
import { flattenContent } from './text.ts';

export function openAiError(message: string, type: string, code: string | number | null = null): object {
  return { error: { message, type, param: null, code } };
}

/** The messages of a chat request with their content as text. */
export function readMessages(value: unknown): Message[] {
  if (!Array.isArray(value)) return [];
  return value.map((message: { role?: unknown; content?: unknown }) => ({
    role: String(message?.role ?? 'user'),
    content: flattenContent(message?.content),
  }));
}

export interface ChatVoiceOptions {
  readonly id: string;
  readonly model: string;
  readonly answer: Answer;
  /** The field of the delta that carries thought text. */
  readonly reasoningField: 'reasoning' | 'reasoning_content';
  /** The true usage at this moment. */
  usage(): Record<string, unknown>;
  /** Does the stream have a usage chunk? */
  readonly streamUsage: boolean;
  error(message: string): unknown;
}

/** Speaks chat completions: role chunk, deltas, finish chunk, usage chunk; or one object. */
export function chatVoice({ scenario, entry }: Exchange, options: ChatVoiceOptions): Voice {
  const { id, model, answer, reasoningField, streamUsage } = options;
  const created = Math.floor(entry.receivedAt / 1000);
  const usage = () => distortUsage(options.usage(), scenario.usage);
  const envelope = (rest: object) => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    ...rest,
    ...(scenario.usage === 'every' && { usage: usage() }),
  });
  const chunk = (delta: object, finish: string | null = null) =>
    envelope({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  const toolCalls = answer.toolCalls?.map((call, index) => ({
    index,
    id: call.id ?? `call_${entry.sequence}_${index}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));

  return {
    begin: () => [chunk({ role: 'assistant', content: '' })],
    piece: ({ kind, text }: Piece) => chunk({ [kind === 'text' ? 'content' : reasoningField]: text }),
    finish(reason) {
      const usageChunk = { ...envelope({ choices: [] }), usage: usage() };
      const wanted = streamUsage && scenario.usage !== 'missing' && scenario.usage !== 'every';
      return [
        ...(toolCalls ?? []).flatMap((call, i) => {
          const { arguments: text } = call.function;
          const { pieceLength = text.length } = answer.toolCalls?.[i] ?? {};
          const first = { ...call, function: { ...call.function, arguments: text.slice(0, pieceLength) } };
          const rest = [];
          for (let at = pieceLength; at < text.length; at += pieceLength)
            rest.push({ index: call.index, function: { arguments: text.slice(at, at + pieceLength) } });
          return [first, ...rest].map((piece) => chunk({ tool_calls: [piece] }));
        }),
        ...(reason === 'none' ? [] : [chunk({}, reason)]),
        ...(wanted ? [usageChunk] : []),
        ...(wanted && scenario.usage === 'repeated' ? [usageChunk] : []),
      ];
    },
    error: (message) => options.error(message),
    whole: (reason) => ({
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: entry.text || (toolCalls ? null : ''),
            ...(entry.reasoning && { [reasoningField]: entry.reasoning }),
            ...(toolCalls && { tool_calls: toolCalls }),
          },
          logprobs: null,
          finish_reason: reason === 'none' ? null : reason,
        },
      ],
      usage: usage(),
    }),
  };
}
