import { setTimeout as sleep } from 'node:timers/promises';

/** A CPU profile of another Node process, by Chrome's protocol. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** Microseconds on the process's own clock. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Profiler {
  start(): Promise<void>;
  /** The profile, and the moment that its `startTime` is, in ms since the epoch. */
  stop(): Promise<{ readonly profile: Profile; readonly startedAt: number }>;
  collectGarbage(): Promise<void>;
  /** Runs an expression in the process. */
  evaluate(expression: string): Promise<unknown>;
  close(): void;
}

/** Node opens its inspector here when it is sent SIGUSR1. */
const ADDRESS = 'http://127.0.0.1:9229/json/list';

/** Attaches to a Node process; no other program may have an inspector open on the usual port. */
export async function attachProfiler(pid: number): Promise<Profiler> {
  process.kill(pid, 'SIGUSR1');
  let url: string | undefined;
  for (let i = 0; i < 50 && !url; i++) {
    await sleep(100);
    url = await fetch(ADDRESS).then(
      async (answer) => ((await answer.json()) as { webSocketDebuggerUrl: string }[])[0]?.webSocketDebuggerUrl,
      () => undefined,
    );
  }
  if (!url) throw new Error('the process opened no inspector');
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id) waiting.get(id)?.(result);
  };
  let last = 0;
  const send = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result } = (await send('Runtime.evaluate', { expression, returnByValue: true })) as {
      result: { value: unknown };
    };
    return result.value;
  };
  if ((await evaluate('process.pid')) !== pid) throw new Error('another process has the inspector');
  await send('Profiler.enable');
  await send('Profiler.setSamplingInterval', { interval: 100 });
  let startedAt = 0;
  return {
    async start() {
      startedAt = Date.now();
      await send('Profiler.start');
    },
    async stop() {
      const { profile } = (await send('Profiler.stop')) as { profile: Profile };
      return { profile, startedAt };
    },
    async collectGarbage() {
      await send('HeapProfiler.enable');
      await send('HeapProfiler.collectGarbage');
    },
    evaluate,
    close: () => socket.close(),
  };
}

/** Samples that were taken inside code from files that `isOurs` knows, or in what that code called. */
export function ownSamples(
  profile: Profile,
  isOurs: (url: string) => boolean,
): { at: number; ms: number; where: string }[] {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const owner = new Map<number, string>();
  const walk = (id: number, inside: string): void => {
    const node = byId.get(id);
    if (!node) return;
    const { url, functionName, lineNumber } = node.callFrame;
    const own = isOurs(url) ? `${functionName || '(anonymous)'}:${lineNumber}` : inside;
    owner.set(id, own);
    for (const child of node.children ?? []) walk(child, own);
  };
  const root = profile.nodes[0];
  if (root) walk(root.id, '');
  let at = profile.startTime;
  return profile.samples.flatMap((id, i) => {
    at += profile.timeDeltas[i] ?? 0;
    const where = owner.get(id) ?? '';
    // A sample stands for the time until the next one.
    const ms = (profile.timeDeltas[i + 1] ?? 0) / 1000;
    return where ? [{ at: (at - profile.startTime) / 1000, ms, where }] : [];
  });
}
