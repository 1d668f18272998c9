import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { startSink } from '../servers/ports.ts';

/** The fixture extension that writes down what its extension host connects to. */
export const RECORDER = 'test/fixtures/connection-recorder';

/** One line that the fixture extension wrote. */
export interface Contact {
  readonly kind: 'connection' | 'look-up' | 'datagram' | 'program';
  readonly host?: string;
  readonly port?: number;
  readonly file?: string;
  readonly given?: readonly string[];
}

/** Everything that left the extension host and the pages of a browser since the last `reset`. */
export class Recorder {
  /** Environment that the fixture extension needs. */
  readonly env: Record<string, string>;
  /** Addresses that pages requested, with the text of what they sent. */
  readonly requests: { readonly url: string; readonly body: string; readonly isOurs: boolean }[] = [];
  readonly #sink: Awaited<ReturnType<typeof startSink>>;
  readonly #dir: string;
  readonly #log: string;
  #from = 0;

  private constructor(sink: Awaited<ReturnType<typeof startSink>>, canary: string) {
    this.#sink = sink;
    this.#dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-recorder-'));
    this.#log = path.join(this.#dir, 'contacts.jsonl');
    fs.writeFileSync(this.#log, '');
    this.env = { RECORDER_LOG: this.#log, RECORDER_SINK: String(sink.port), RECORDER_CANARY: canary };
  }

  /** @param canary what the recorder's own leak carries, to show that it would be seen */
  static async start(canary: string): Promise<Recorder> {
    return new Recorder(await startSink(), canary);
  }

  /** The address of the sink: nothing may ever be sent there. */
  get sinkUrl(): string {
    return this.#sink.url;
  }

  /** What reached the sink, as text. */
  get sunk(): readonly string[] {
    return this.#sink.contacts.map(({ head }) => head);
  }

  get contacts(): Contact[] {
    const lines = fs.readFileSync(this.#log, 'utf8').slice(this.#from).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Contact);
  }

  /** Writes down the requests of all pages of the browser. */
  watch(context: BrowserContext): void {
    context.on('request', (request) => {
      let frame = '';
      try {
        frame = request.frame().url();
      } catch {
        // A service worker has no frame.
      }
      const isOurs = /fake\.html|vscode-resource/.test(frame);
      this.requests.push({ url: request.url(), body: request.postData() ?? '', isOurs });
    });
    context.on('page', (page) =>
      page.on('websocket', (socket) => this.requests.push({ url: socket.url(), body: '', isOurs: false })),
    );
  }

  reset(): void {
    this.#from = fs.statSync(this.#log).size;
    this.requests.length = 0;
    (this.#sink.contacts as unknown[]).length = 0;
  }

  async stop(): Promise<void> {
    await this.#sink.stop();
    fs.rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
