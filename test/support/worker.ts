import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** In a worker: does what it was made for and answers, or fails with what went wrong. */
export async function runAsWorker<In, Out>(work: (input: In) => Promise<Out>): Promise<void> {
  if (!isMainThread) parentPort?.postMessage(await work(workerData as In));
}

/** Runs a file that calls `runAsWorker`; rejects with the error that it met. */
export async function runWorker<In, Out>(file: URL, input: In): Promise<Out> {
  const worker = new Worker(file, { workerData: input });
  try {
    const [output] = (await once(worker, 'message')) as [Out];
    return output;
  } finally {
    await worker.terminate();
  }
}
