/** What both model servers share: sockets, bodies, the choice of the scenario, the book, and an end to everything. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Book, now } from './book.ts';
import type { BookEntry, Price } from './book.ts';
import { ScenarioPlan, scenarioNamed, splitModel } from './scenario.ts';
import type { Scenario, ScenarioLike } from './scenario.ts';
import { TextModel } from './text.ts';
import type { Script } from './text.ts';
import { ExchangeOver, Wire, sleep } from './wire.ts';

/** One request being answered. */
export interface Exchange {
  readonly entry: BookEntry;
  readonly scenario: Scenario;
  readonly wire: Wire;
  /** Aborts when the client leaves (unless the scenario continues) or the server stops. */
  readonly signal: AbortSignal;
  /** The JSON body, an empty object if there is none. */
  readonly body: Record<string, unknown>;
}

/** The part of the public API that both servers have. */
export interface ModelServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly book: Book;
  /** Sets what the model says, see {@link Script}; `undefined` returns to the default answers. */
  script(script: Script | undefined): void;
  /** Gives the model a document to continue exactly, see {@link TextModel.know}. */
  know(text: string, options?: { runOn?: boolean }): void;
  /** Queues a scenario for one request; without a path, for the next request to a model. */
  next(scenario: ScenarioLike, path?: string): void;
  /** Sets the scenario for all requests that have no other one; `always('ok')` returns to normal. */
  always(scenario: ScenarioLike, path?: string): void;
  /** Empties the book, the planned scenarios and the script. */
  reset(): void;
  /** Closes all sockets and ends all generations; resolves when nothing is left. */
  stop(): Promise<void>;
}

export interface LoopbackOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** USD per million tokens, by model name. */
  readonly prices?: Readonly<Record<string, Price>>;
  /** Seed of the default answers. */
  readonly seed?: number;
}

interface Protocol {
  /** Does this request ask a model to generate? */
  isModelCall(path: string): boolean;
  /** The protocol's own body for an error status. */
  errorBody(status: number, message: string, path: string): object;
  handle(exchange: Exchange): Promise<void>;
}

export async function startLoopback(
  options: LoopbackOptions,
  makeProtocol: (model: TextModel, book: Book) => Protocol,
): Promise<ModelServer> {
  const book = new Book(options.prices);
  const plan = new ScenarioPlan();
  const model = new TextModel(options.seed);
  const protocol = makeProtocol(model, book);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const server = createServer((request, response) => {
    const served = serve(request, response).finally(() => running.delete(served));
    running.add(served);
  });
  countSockets(server, book);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const headers = flattenHeaders(request);
    const entry = book.open({ method: request.method ?? 'GET', path, query, headers });
    const gone = new AbortController();
    let goesOn = false;
    let closedAt: number | undefined;
    const close = () => {
      const byServer = response.writableFinished || stopping.signal.aborted;
      book.close(entry, byServer ? 'server' : 'client', closedAt);
    };
    response.once('close', () => {
      closedAt = now();
      gone.abort();
      if (goesOn) close();
    });
    try {
      const body = await readBody(request, entry);
      entry.isModelCall = entry.method === 'POST' && protocol.isModelCall(path);
      const named = splitModel(String(body.model ?? ''));
      entry.model = named.model || undefined;
      const { label, scenario } = plan.take({
        path,
        isModelCall: entry.isModelCall,
        header: headers['x-scenario'],
        model: named.scenario,
      });
      entry.scenario = label;
      goesOn = scenario.goesOn ?? false;
      const signal = AbortSignal.any(goesOn ? [stopping.signal] : [stopping.signal, gone.signal]);
      const wire = new Wire(response, scenario, entry, book, signal);
      const exchange = { entry, scenario, wire, signal, body: { ...body, ...(entry.model && { model: entry.model }) } };
      await play(exchange, response.socket);
    } catch (error) {
      if (error instanceof ExchangeOver || gone.signal.aborted || stopping.signal.aborted) return;
      entry.fault = error;
      book.close(entry, 'server');
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(`fault in the loopback server: ${String(error)}`);
    } finally {
      // Closed only now, so that a closed entry has its final figures.
      close();
    }
  }

  /** The part of the scenario that keeps the request from the model; else the protocol answers. */
  async function play(exchange: Exchange, socket: Socket | null): Promise<void> {
    const { scenario, wire, entry, signal } = exchange;
    await sleep(scenario.delay?.acceptMs ?? 0, signal);
    if (scenario.drop || scenario.raw !== undefined) {
      book.close(entry, 'server');
      if (scenario.raw !== undefined) socket?.end(scenario.raw);
      else if (scenario.drop === 'reset') socket?.resetAndDestroy();
      else socket?.destroy();
    } else if (scenario.reply) {
      await sleep(scenario.delay?.headersMs ?? 0, signal);
      const reply = typeof scenario.reply === 'function' ? scenario.reply(entry) : scenario.reply;
      const { status = 200 } = reply;
      const noBody = reply.body === undefined && status >= 400;
      await wire.reply(
        noBody ? { ...reply, body: protocol.errorBody(status, `scenario ${status}`, entry.path) } : reply,
      );
    } else {
      await protocol.handle(exchange);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    book,
    script: (script) => model.script(script),
    know: (text, knowOptions) => model.know(text, knowOptions),
    next: (scenario, path) => plan.next(checked(scenario), path),
    always: (scenario, path) => plan.always(checked(scenario), path),
    reset() {
      book.reset();
      plan.clear();
      model.script(undefined);
    },
    async stop() {
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await Promise.allSettled(running);
    },
  };
}

/** A misspelled name fails in the test that wrote it, not inside the server. */
function checked(scenario: ScenarioLike): ScenarioLike {
  if (typeof scenario === 'string') scenarioNamed(scenario);
  return scenario;
}

function countSockets(server: Server, book: Book): void {
  server.on('connection', (socket) => {
    book.openSockets++;
    book.connections++;
    socket.once('close', () => {
      book.openSockets--;
      book.changed();
    });
  });
}

function flattenHeaders(request: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) flat[name] = [value].flat().join(', ');
  return flat;
}

async function readBody(request: IncomingMessage, entry: BookEntry): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  entry.rawBody = Buffer.concat(pieces).toString();
  try {
    entry.body = JSON.parse(entry.rawBody);
  } catch {
    entry.body = undefined;
  }
  const isRecord = typeof entry.body === 'object' && entry.body !== null && !Array.isArray(entry.body);
  return isRecord ? (entry.body as Record<string, unknown>) : {};
}
