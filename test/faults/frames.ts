/** The two protocols by hand, for bodies that no healthy server would send. */

export const PROTOCOLS = ['openai', 'ollama'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

interface Counts {
  readonly input: number;
  readonly output: number;
}

interface Frames {
  readonly contentType: string;
  /** A frame of any value. */
  frame(value: unknown): string;
  text(text: string): string;
  reasoning(text: string): string;
  toolCall(name: string): string;
  /** What ends a healthy answer: finish reason, counts and end mark. */
  end(options?: { reason?: string; counts?: Counts | null }): string;
  error(error: unknown): string;
  readonly keepAlive: string;
}

const choice = (delta: object, finish_reason: string | null = null) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  model: 'mid',
  choices: [{ index: 0, delta, finish_reason }],
});

const sse = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const openai: Frames = {
  contentType: 'text/event-stream',
  frame: sse,
  text: (content) => sse(choice({ content })),
  reasoning: (reasoning_content) => sse(choice({ reasoning_content })),
  toolCall: (name) => sse(choice({ tool_calls: [{ index: 0, id: 'call_1', function: { name, arguments: '{}' } }] })),
  end: ({ reason = 'stop', counts = { input: 10, output: 5 } } = {}) =>
    sse(choice({}, reason)) +
    (counts
      ? sse({
          choices: [],
          usage: {
            prompt_tokens: counts.input,
            completion_tokens: counts.output,
            total_tokens: counts.input + counts.output,
          },
        })
      : '') +
    'data: [DONE]\n\n',
  error: (error) => sse({ error }),
  keepAlive: ': keep-alive\n\n',
};

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const said = (message: object): string =>
  line({ model: 'mid:cloud', message: { role: 'assistant', ...message }, done: false });
const ollama: Frames = {
  contentType: 'application/x-ndjson',
  frame: line,
  text: (content) => said({ content }),
  reasoning: (thinking) => said({ content: '', thinking }),
  toolCall: (name) => said({ content: '', tool_calls: [{ function: { name, arguments: {} } }] }),
  end: ({ reason = 'stop', counts = { input: 10, output: 5 } } = {}) =>
    line({
      model: 'mid:cloud',
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: reason,
      ...(counts ? { prompt_eval_count: counts.input, eval_count: counts.output } : {}),
    }),
  error: (error) => line({ error }),
  keepAlive: '\n',
};

export const FRAMES: Readonly<Record<Protocol, Frames>> = { openai, ollama };
