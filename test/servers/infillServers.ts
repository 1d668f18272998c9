/** Servers beside Ollama that infill, with the requests they take and the answers they give, by their documentation. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface InfillServerInTest {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Bodies of the questions, with the path that they were sent to. */
  readonly asked: { readonly path: string; readonly body: Record<string, unknown>; readonly key: string }[];
  readonly stop: () => Promise<void>;
}

type Handler = (path: string, body: Record<string, unknown>, response: ServerResponse) => void;

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** Events, each in a packet of its own. */
const stream = (response: ServerResponse, events: readonly unknown[], done: boolean): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end(done ? 'data: [DONE]\n\n' : '');
};

async function start(handle: Handler): Promise<InfillServerInTest> {
  const asked: InfillServerInTest['asked'] = [];
  const read = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    return text ? (JSON.parse(text) as Record<string, unknown>) : {};
  };
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const path = request.url ?? '';
      if (request.method === 'POST') asked.push({ path, body, key: request.headers.authorization ?? '' });
      handle(path, body, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** llama.cpp's server (tools/server/README.md): `/props`, `/infill` with its own events and no `[DONE]`, `/v1/completions`. */
/** `ending`: members of the last event, in place of those of today's servers. */
export const startLlamaCpp = (
  options: { infills?: boolean; loading?: boolean; ending?: Readonly<Record<string, unknown>> } = {},
): Promise<InfillServerInTest> =>
  start((path, body, response) => {
    if (options.loading)
      return json(response, 503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } });
    if (path === '/props')
      return json(response, 200, {
        default_generation_settings: { id: 0, n_ctx: 8192, params: { n_predict: -1 } },
        total_slots: 1,
        model_path: '/models/ggml-org_Qwen2.5-Coder-1.5B-Q8_0-GGUF.gguf',
        chat_template: '',
        build_info: 'b10488',
      });
    if (path !== '/infill')
      return json(response, 404, { error: { code: 404, message: 'File Not Found', type: 'not_found_error' } });
    if (options.infills === false)
      return json(response, 501, {
        error: {
          code: 501,
          message: 'Infill is not supported by this model: prefix token is missing.',
          type: 'not_supported_error',
        },
      });
    if (typeof body['input_prefix'] !== 'string' || typeof body['input_suffix'] !== 'string')
      return json(response, 400, {
        error: { code: 400, message: '"input_prefix" is required', type: 'invalid_request_error' },
      });
    const piece = (content: string) => ({
      index: 0,
      content,
      tokens: [1],
      stop: false,
      id_slot: -1,
      tokens_predicted: 2,
    });
    const limited = body['n_predict'] === 1;
    stream(
      response,
      [
        ...['a ', '+ b'].slice(0, limited ? 1 : 2).map(piece),
        {
          index: 0,
          content: '',
          tokens: [],
          id_slot: 0,
          stop: true,
          model: 'gpt-3.5-turbo',
          tokens_predicted: limited ? 1 : 3,
          tokens_evaluated: 41,
          generation_settings: {},
          prompt: '',
          has_new_line: false,
          truncated: false,
          stop_type: limited ? 'limit' : 'eos',
          stopping_word: '',
          tokens_cached: 44,
          timings: { prompt_n: 41, prompt_ms: 12, predicted_n: 3, predicted_ms: 8 },
          ...options.ending,
        },
      ],
      false,
    );
  });

/** OpenAI's `/v1/completions` as vLLM and LM Studio serve it: without `suffix`, which vLLM refuses. */
export const startCompletions = (of: 'vllm' | 'lmstudio' | 'suffix'): Promise<InfillServerInTest> =>
  start((path, body, response) => {
    if (path !== '/v1/completions')
      // LM Studio answers 200 to what it does not know.
      return of === 'lmstudio'
        ? json(response, 200, { error: `Unexpected endpoint or method. (GET ${path})` })
        : json(response, 404, { detail: 'Not Found' });
    if (of === 'vllm' && body['suffix'])
      return json(response, 400, {
        error: { message: 'suffix is not currently supported', type: 'BadRequestError', param: null, code: 400 },
      });
    const model = String(body['model']);
    const chunk = (text: string, finish_reason: string | null = null) => ({
      id: 'cmpl-1',
      object: 'text_completion',
      created: 1_795_000_000,
      model,
      choices: [{ index: 0, text, logprobs: null, finish_reason, ...(of === 'vllm' ? { stop_reason: null } : {}) }],
    });
    const usage = { prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 };
    const asksUsage = (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage;
    stream(
      response,
      [
        chunk('a '),
        chunk('+ b'),
        chunk('', 'stop'),
        ...(asksUsage ? [{ id: 'cmpl-1', object: 'text_completion', model, choices: [], usage }] : []),
      ],
      true,
    );
  });

/** Mistral's `/v1/fim/completions`: the shape of a chat, and 422 for a field that it does not know. */
export const startMistral = (): Promise<InfillServerInTest> =>
  start((path, body, response) => {
    if (path !== '/v1/fim/completions') return json(response, 404, { message: 'no Route matched with those values' });
    const known = /^(model|prompt|suffix|max_tokens|min_tokens|stop|temperature|top_p|random_seed|stream|metadata)$/;
    const unknown = Object.keys(body).find((field) => !known.test(field));
    if (unknown)
      return json(response, 422, {
        object: 'error',
        message: {
          detail: [{ type: 'extra_forbidden', loc: ['body', unknown], msg: 'Extra inputs are not permitted' }],
        },
        type: 'invalid_request_error',
      });
    const chunk = (content: string, finish_reason: string | null = null) => ({
      id: 'f1',
      object: 'chat.completion.chunk',
      created: 1_795_000_000,
      model: body['model'],
      choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason }],
    });
    stream(
      response,
      [
        chunk('a '),
        chunk('+ b'),
        { ...chunk('', 'stop'), usage: { prompt_tokens: 18, completion_tokens: 4, total_tokens: 22 } },
      ],
      true,
    );
  });

/** DeepSeek's `/beta/completions`, with its figures on its cache and comments that keep the connection. */
export const startDeepSeek = (): Promise<InfillServerInTest> =>
  start((path, body, response) => {
    if (path !== '/beta/completions') return json(response, 404, {});
    const chunk = (text: string, finish_reason: string | null = null, usage: unknown = null) => ({
      id: 'd1',
      object: 'text_completion',
      created: 1_795_000_000,
      model: body['model'],
      choices: [{ text, index: 0, logprobs: null, finish_reason }],
      usage,
    });
    const usage = {
      prompt_tokens: 30,
      completion_tokens: 4,
      total_tokens: 34,
      prompt_cache_hit_tokens: 10,
      prompt_cache_miss_tokens: 20,
    };
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(': keep-alive\n\n');
    response.end(
      [chunk('a '), chunk('+ b'), chunk('', 'stop', usage)]
        .map((event) => `data: ${JSON.stringify(event)}\n\n`)
        .join('') + 'data: [DONE]\n\n',
    );
  });
