import type { CallEvent, CallResult, Gateway, ModelCall } from '../../../src/core/gateway/call.ts';
import {
  DocumentContextReader,
  readDocumentContext,
  type DocumentContext,
  type DocumentView,
  type Position,
} from '../../../src/core/completion/documentContext.ts';
import { SuggestionCache } from '../../../src/core/completion/cache.ts';
import {
  complete,
  KeystrokeMemo,
  type Completion,
  type CompletionParts,
  type CompletionRequest,
} from '../../../src/core/completion/complete.ts';
import { InFlightRequests } from '../../../src/core/completion/inFlight.ts';
import { AdaptiveDebounce } from '../../../src/core/completion/adaptiveDebounce.ts';
import { LocalModel, type LocalModelClient, type ModelDescription } from '../../../src/core/completion/localModel.ts';
import type { Failure } from '../../../src/core/common/failures.ts';
import type { Settings } from '../../../src/core/settings/settings.ts';
import { RESULT } from '../../support/facts.ts';

/** Where the cursor is in a test's text. */
export const CURSOR = '█';

/** No two documents of the tests are the same. */
let versions = 0;

export interface Marked {
  readonly document: DocumentView;
  readonly position: Position;
}

/** A document and a position from a text with a cursor mark. */
export function at(marked: string, options: Partial<DocumentView> = {}): Marked {
  const offset = marked.indexOf(CURSOR);
  const text = marked.replace(CURSOR, '');
  const before = text.slice(0, offset).split('\n');
  const lines = text.split('\n');
  return {
    document: {
      uri: 'file:///repo/src/shop.ts',
      scheme: 'file',
      path: 'src/shop.ts',
      fullPath: '/repo/src/shop.ts',
      language: 'typescript',
      version: ++versions,
      lineCount: lines.length,
      lineAt: (line) => lines[line] ?? '',
      ...options,
    },
    position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
  };
}

export function aroundOf(marked: string): DocumentContext {
  const { document, position } = at(marked);
  return readDocumentContext(document, position);
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that moves by hand. */
export class Clock {
  ms = 1_000_000;
  #waits: { until: number; resolve: () => void }[] = [];

  readonly now = (): number => this.ms;

  readonly wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (ms <= 0) return resolve();
      const wait = { until: this.ms + ms, resolve };
      this.#waits.push(wait);
      signal.addEventListener(
        'abort',
        () => {
          this.#waits = this.#waits.filter((other) => other !== wait);
          reject(signal.reason as Error);
        },
        { once: true },
      );
    });

  async pass(ms: number): Promise<void> {
    await settle();
    this.ms += ms;
    for (const wait of this.#waits.filter(({ until }) => until <= this.ms)) wait.resolve();
    this.#waits = this.#waits.filter(({ until }) => until > this.ms);
    await settle();
  }
}

/** One call as the fake gateway sees it; the test writes its stream. */
class Stream {
  readonly call: ModelCall;
  readonly signal: AbortSignal;
  closed = false;
  #queue: CallEvent[] = [];
  #wake: () => void = () => undefined;

  constructor(call: ModelCall, signal: AbortSignal) {
    this.call = call;
    this.signal = signal;
    signal.addEventListener('abort', () => this.#wake());
  }

  get raw(): string {
    const { request } = this.call;
    return request.kind === 'fim' && 'raw' in request.prompt ? request.prompt.raw : '';
  }

  async say(...pieces: readonly string[]): Promise<void> {
    for (const text of pieces) {
      this.#queue.push({ kind: 'text', text });
      this.#wake();
      await settle();
    }
  }

  async end(result: Partial<CallResult> = {}): Promise<void> {
    this.#queue.push({ kind: 'end', result: { ...RESULT, ...result } });
    this.#wake();
    await settle();
  }

  fail(failure: Failure, outcome: 'failed' | 'partial' = 'failed'): Promise<void> {
    return this.end({ outcome, failure });
  }

  async *events(): AsyncGenerator<CallEvent> {
    try {
      for (;;) {
        if (this.signal.aborted) {
          yield { kind: 'end', result: { ...RESULT, outcome: 'cancelled' } };
          return;
        }
        const event = this.#queue.shift();
        if (event) {
          yield event;
          if (event.kind === 'end') return;
        } else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.closed = true;
    }
  }
}

class FakeGateway implements Gateway {
  readonly streams: Stream[] = [];
  mostOpen = 0;

  stream(call: ModelCall, signal: AbortSignal): AsyncIterable<CallEvent> {
    const stream = new Stream(call, signal);
    this.streams.push(stream);
    this.mostOpen = Math.max(this.mostOpen, this.open);
    return stream.events();
  }

  get open(): number {
    return this.streams.filter(({ closed }) => !closed).length;
  }

  get last(): Stream {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error('nothing was asked');
    return stream;
  }
}

export const QWEN: ModelDescription = {
  capabilities: ['completion', 'insert'],
  template: '{{ .Suffix }}',
  family: 'qwen2',
  architecture: 'qwen2',
  contextTokens: 32_768,
};

export function settingsWith(
  completions: Partial<{
    enabled: boolean;
    languages: Record<string, boolean>;
    files: Record<string, boolean>;
    comments: boolean;
    strings: boolean;
  }> = {},
  local: readonly string[] = ['qwen2.5-coder:1.5b-base'],
  kind: 'ollama' | 'openai' = 'ollama',
): Settings {
  const provider = { name: 'ollama', kind, baseUrl: 'http://127.0.0.1:11434', headers: {}, prices: new Map() };
  return {
    ollamaUrl: '',
    providers: new Map([['ollama', provider]]),
    tiers: { local: local.map((model) => ({ provider: 'ollama', model })), mid: [], frontier: [] },
    completions: {
      enabled: completions.enabled ?? true,
      languages: new Map(Object.entries(completions.languages ?? { '*': true, markdown: false })),
      files: new Map(Object.entries(completions.files ?? {})),
      comments: completions.comments ?? true,
      strings: completions.strings ?? true,
      onBattery: true,
    },
    consent: new Set(),
    budgets: [],
    confirmAbove: 0,
    previewAbove: 0,
    conventionalCommits: false,
    costlierFallback: 'ask',
    routing: { entries: [], rules: [], threshold: 3.5, classifier: false },
    chatTier: 'auto',
    private: false,
    ignored: [],
    contextUrls: false,
    insights: { firstTokenTarget: 2, answerTarget: 10, currency: {}, hourlyRate: 0, machineHourlyCost: 0 },
    blind: { paths: [], oneIn: 5, against: '' },
    localAnswers: [],
    editorContext: true,
  };
}

/** A window with a ready model: everything that `complete` takes, in the test's hands. */
export class Window {
  readonly clock = new Clock();
  readonly gateway = new FakeGateway();
  readonly model: LocalModel;
  parts: CompletionParts;
  settings: Settings;

  constructor(settings = settingsWith(), client: Partial<LocalModelClient> = {}) {
    this.settings = settings;
    this.model = new LocalModel({
      client: { show: () => Promise.resolve(QWEN), load: () => Promise.resolve(), ...client },
      now: this.clock.now,
    });
    this.model.configure(settings);
    this.parts = {
      gateway: this.gateway,
      settings: () => this.settings,
      model: this.model,
      cache: new SuggestionCache(this.clock.now),
      inFlight: new InFlightRequests(),
      debounce: new AdaptiveDebounce(this.clock.now),
      reader: new DocumentContextReader(),
      keystrokeMemo: new KeystrokeMemo(),
      context: null,
      snoozedUntil: () => 0,
      paused: () => null,
      now: this.clock.now,
      wait: this.clock.wait,
    };
  }

  /** Asks at a cursor mark, as VS Code would after a key. */
  ask(
    marked: string,
    request: Partial<CompletionRequest> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Completion> {
    return complete(
      {
        ...at(marked),
        trigger: 'typing',
        severalCursors: false,
        writable: true,
        repo: 'work',
        sinceEditMs: 50,
        ...request,
      },
      this.parts,
      { signal },
    );
  }

  /** Asks, waits out the pause, and lets the model say all of `answer`. */
  async answer(marked: string, answer: string, request: Partial<CompletionRequest> = {}): Promise<Completion> {
    const completion = this.ask(marked, request);
    await this.clock.pass(1_000);
    await this.gateway.last.say(answer);
    await this.gateway.last.end();
    return completion;
  }
}

/** The text of a completion, or the kind of the reason why there is none. */
export const told = (completion: Completion): string =>
  'none' in completion ? `none: ${completion.none.kind}` : completion.text;
