/**
 * An Ollama server on 127.0.0.1: the native API field by field, the OpenAI-compatible side, and honest timing (see
 * runner.ts). By default everything is immediate.
 *
 *     const server = await startOllama({ models: ['qwen2.5-coder:1.5b-base'], decodeTokensPerSecond: 80 });
 *     server.script('return a + b;');
 *     ...
 *     server.timing.loadMs = 500;
 *     server.book.calls[0].tokens;
 *     await server.stop();
 */
import { startLoopback } from './loopback.ts';
import type { Exchange, ModelServer } from './loopback.ts';
import { OllamaGeneration } from './ollamaGeneration.ts';
import { OllamaHost } from './ollamaHost.ts';
import type { OllamaOptions } from './ollamaHost.ts';
import { fullName, processOf, showOf, tagOf } from './ollamaModels.ts';
import type { ModelSpec } from './ollamaModels.ts';
import { Downloads } from './ollamaPull.ts';
import type { PullTiming } from './ollamaPull.ts';
import { openAiError } from './openaiShape.ts';
import type { Timing } from './runner.ts';

export interface OllamaServer extends ModelServer {
  /** Speeds; assign to change them while the server runs. */
  readonly timing: Timing & PullTiming;
  /** How often the model was loaded. */
  loads(model: string): number;
  /** Loads a model at once, without a request. */
  preload(model: string): void;
  /** Names of the models on disk. */
  models(): string[];
  addModel(spec: ModelSpec): void;
  /** Takes a model from the disk, also while it generates. */
  removeModel(name: string): void;
  /** Bytes of a model in the registry that were downloaded. */
  pulledBytes(model: string): number;
}

const LIVENESS = 'Ollama is running';

export async function startOllama(options: OllamaOptions = {}): Promise<OllamaServer> {
  let host!: OllamaHost;
  let downloads!: Downloads;
  const registry = new Map(Object.entries(options.registry ?? {}).map(([name, sizes]) => [fullName(name), sizes]));
  const server = await startLoopback(options, (text, book) => {
    host = new OllamaHost(options, book);
    downloads = new Downloads(host.timing);
    const generation = new OllamaGeneration(host, text);
    const routes = { ...makeRoutes(host, generation, downloads, registry), ...embedRoute(host, options.embed) };
    return {
      isModelCall: (path) => ['/api/generate', '/api/chat', '/v1/chat/completions'].includes(path),
      errorBody: (_status, message, path) =>
        path.startsWith('/v1/') ? openAiError(message, 'api_error') : { error: message },
      async handle(exchange) {
        const { entry, wire } = exchange;
        if (!isLocalHost(entry.headers.host ?? '')) return wire.reply({ status: 403 });
        const route = routes[`${entry.method === 'HEAD' ? 'GET' : entry.method} ${entry.path}`];
        if (!route) return wire.reply({ status: 404, body: '404 page not found' });
        if (entry.method !== 'GET' && entry.method !== 'HEAD' && entry.rawBody === '') {
          return wire.reply({ status: 400, body: { error: 'missing request body' } });
        }
        return route(exchange);
      },
    };
  });
  return Object.assign(server, {
    timing: host.timing,
    loads: (model: string) => host.runners.get(fullName(model))?.loads ?? 0,
    preload(name: string) {
      const model = host.find(name);
      if (!model) throw new Error(`no model ${name}`);
      host.runnerOf(model).preload(host.environment.contextLength, host.environment.keepAliveMs);
    },
    models: () => [...host.models.keys()],
    addModel: (spec: ModelSpec) => host.add(spec),
    removeModel: (name: string) => void host.models.delete(fullName(name)),
    pulledBytes: (name: string) => downloads.bytesOf(fullName(name), registry.get(fullName(name)) ?? []),
  });
}

type Route = (exchange: Exchange) => Promise<void>;

function makeRoutes(
  host: OllamaHost,
  generation: OllamaGeneration,
  downloads: Downloads,
  registry: ReadonlyMap<string, readonly number[]>,
): Readonly<Record<string, Route | undefined>> {
  return {
    'GET /': ({ wire }) => wire.reply({ headers: { 'content-type': 'text/plain; charset=utf-8' }, body: LIVENESS }),
    'GET /api/version': ({ wire }) => wire.reply({ body: { version: host.environment.version } }),
    'GET /api/tags': ({ wire }) => wire.reply({ body: { models: [...host.models.values()].map(tagOf) } }),
    'GET /api/ps': ({ wire }) => wire.reply({ body: { models: listProcesses(host) } }),
    'POST /api/show': ({ wire, body }) => wire.reply(show(host, body)),
    'POST /api/generate': (exchange) => generation.generate(exchange),
    'POST /api/chat': (exchange) => generation.chat(exchange),
    'POST /v1/chat/completions': (exchange) => generation.completions(exchange),
    'GET /v1/models': ({ wire }) => wire.reply({ body: { object: 'list', data: listOpenAiModels(host) } }),
    'POST /api/pull'(exchange) {
      const name = fullName(String(exchange.body.model ?? exchange.body.name ?? ''));
      exchange.entry.model = name;
      return downloads.pull(exchange, name, registry.get(name), () => host.add(name));
    },
    'DELETE /api/delete'({ wire, body }) {
      const name = body.model ?? body.name;
      const model = host.find(name);
      if (!model) return wire.reply({ status: 404, body: { error: `model '${String(name)}' not found` } });
      host.models.delete(model.name);
      host.runners.get(model.name)?.unload();
      return wire.reply({});
    },
  };
}

/** `POST /api/embed`: https://docs.ollama.com/api/embed */
function embedRoute(host: OllamaHost, embed: OllamaOptions['embed']): Readonly<Record<string, Route | undefined>> {
  if (!embed) return {};
  return {
    'POST /api/embed': ({ wire, body }) => {
      const model = host.find(body.model);
      if (!model) return wire.reply({ status: 404, body: { error: `model '${String(body.model)}' not found` } });
      const input = (Array.isArray(body.input) ? body.input : [body.input]).map(String);
      return wire.reply({ body: { model: body.model, embeddings: input.map(embed), total_duration: 1 } });
    },
  };
}

function show(host: OllamaHost, body: Record<string, unknown>): { status?: number; body: object } {
  const name = String(body.model ?? body.name ?? '');
  if (name === '') return { status: 400, body: { error: 'model is required' } };
  if (!/^[\w.\-/:]+$/.test(name)) return { status: 400, body: { error: 'invalid model name' } };
  const model = host.find(name);
  // Names have a tag in the words of this one path.
  const tagged = /:[^/]*$/.test(name) ? name : `${name}:latest`;
  if (!model) return { status: 404, body: { error: `model '${tagged}' not found` } };
  return { body: showOf(model) };
}

function listProcesses(host: OllamaHost): object[] {
  return [...host.runners].flatMap(([name, runner]) => {
    const model = host.models.get(name);
    return model && runner.loaded ? [processOf(model, runner.contextLength, runner.expiresAt)] : [];
  });
}

function listOpenAiModels(host: OllamaHost): object[] {
  return [...host.models.keys()].map((id) => ({ id, object: 'model', created: 1760000000, owned_by: 'library' }));
}

/** On a loopback bind, Ollama refuses names that are not local (protection against DNS rebinding). */
function isLocalHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return /^(localhost|127(\.\d+){3}|\[::1\]|10(\.\d+){3}|192\.168(\.\d+){2})$|\.(localhost|local|internal)$/.test(name);
}
