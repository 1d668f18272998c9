import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { runAsWorker } from '../support/worker.ts';
import { FRAMES, type Protocol } from './frames.ts';
import { makeRig } from './rig.ts';

/**
 * F49: what an answer of very many tokens does to those who share the thread. It runs in a worker, since node:test
 * follows every promise, which costs more than the gateway does; the server is in another, so that only what the gateway
 * does is measured.
 */

export interface Flood {
  readonly protocol: Protocol;
  readonly count: number;
}

export interface Felt {
  /** Pieces of text that arrived. */
  readonly pieces: number;
  /** The longest work of the thread between two turns of a timer, in ms of processor time. */
  readonly longestMs: number;
}

/** Three answers of `count` tokens, as fast as they come. */
async function readFlood({ protocol, count }: Flood): Promise<Felt[]> {
  const { contentType, text, end } = FRAMES[protocol];
  const flood = new Worker(
    `const { createServer } = require('node:http');
     const { parentPort, workerData: { contentType, frame, end, count } } = require('node:worker_threads');
     createServer((request, response) => {
       request.resume();
       response.writeHead(200, { 'content-type': contentType });
       for (let n = 0; n < count; n += 100) response.write(frame.repeat(100));
       response.end(end);
     }).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port); });`,
    { eval: true, workerData: { contentType, frame: text('ab'), end: end(), count } },
  );
  const undo: (() => unknown)[] = [() => flood.terminate()];
  try {
    const [port] = (await once(flood, 'message')) as [number];
    const after = (done: () => unknown): void => void undo.unshift(done);
    const rig = await makeRig({ after }, protocol, { url: `http://127.0.0.1:${port}` });
    const request = { ...rig.call().request, maxTokens: count };
    // Loading the client libraries is another matter.
    await rig.ask({ request: { ...request, maxTokens: 5 } });
    const felt: Felt[] = [];
    for (let n = 0; n < 3; n++) {
      let longestMs = 0;
      let last = process.threadCpuUsage();
      const ticker = setInterval(() => {
        const now = process.threadCpuUsage();
        longestMs = Math.max(longestMs, (now.user + now.system - last.user - last.system) / 1000);
        last = now;
      });
      let pieces = 0;
      for await (const { kind } of rig.gateway.stream(rig.call({ request }), new AbortController().signal))
        if (kind === 'text') pieces++;
      clearInterval(ticker);
      felt.push({ pieces, longestMs });
    }
    return felt;
  } finally {
    for (const done of undo) await done();
  }
}

await runAsWorker(readFlood);
