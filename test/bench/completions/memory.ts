/**
 * What the extension costs its host in memory and in processor time while a user types with ghost text: the same keys
 * in real VS Code without it, with an extension that has its answer before it is asked and does nothing else, and with
 * Gearshift and a model that knows what will be typed, in turn. Memory is what the process holds after its garbage has
 * been collected, after the keys.
 *
 *   node test/bench/completions/memory.ts [--keys=600] [--rounds=3]
 */
import { parseArgs } from 'node:util';
import { openVSCode } from '../../e2e/harness.ts';
import { startOllama } from '../../servers/ollama.ts';
import { MOST_STOLEN, waitForQuiet, watchSteal } from '../steal.ts';
import { findHost, readHostUsage } from '../../support/hostProcess.ts';
import { attachProfiler } from './profile.ts';

const MODEL = 'qwen2.5-coder:1.5b-base';
const { values: options } = parseArgs({
  options: { keys: { type: 'string', default: '600' }, rounds: { type: 'string', default: '3' } },
});

interface Usage {
  /** MB of the process, and of its JavaScript heap, after the keys. */
  readonly rss: number;
  readonly heap: number;
  /** Ms of processor time per 100 keys. */
  readonly cpu: number;
}

const lines = Array.from({ length: 400 }, (_, i) => `export const value${i} = compute(${i}) + other(${i % 7});`);
const typed = Array.from(
  { length: 200 },
  (_, i) => `const total${i} = compute(first${i % 7}, second) + other(third${i % 5});`,
);
const keys = typed.join('\n');
const server = await startOllama({ models: [MODEL], promptTokensPerSecond: 6_000, decodeTokensPerSecond: 200 });
server.know([...lines.slice(0, 200), ...typed, ...lines.slice(200)].join('\n'));
server.preload(MODEL);

const HOSTS = ['without any', 'with one that only answers', 'with Gearshift'] as const;
type Host = (typeof HOSTS)[number];

async function measure(host: Host): Promise<Usage> {
  const code = await openVSCode({
    without: host !== 'with Gearshift',
    ...(host === 'with one that only answers' ? { extensions: ['test/fixtures/instant-suggestion'] } : {}),
    settings: {
      'gearshift.providers': { ollama: { kind: 'ollama', baseUrl: server.url } },
      'gearshift.tiers.local': [`ollama/${MODEL}`],
      'files.autoSave': 'off',
    },
    env: { OLLAMA_HOST: undefined },
    files: { 'a.ts': lines.join('\n') },
  });
  try {
    const window = await code.newWindow();
    await window.openFile('a.ts');
    await window.goTo(200, 999);
    await window.press('Enter');
    const pid = findHost(code.dir);
    if (pid === undefined) throw new Error('the extension host was not found');
    let next = 0;
    const type = async (count: number): Promise<void> => {
      let due = performance.now();
      for (let i = 0; i < count; i++) {
        due += 110;
        await window.page.waitForTimeout(Math.max(0, due - performance.now()));
        const char = keys.charAt(next++);
        await window.page.keyboard.press(char === '\n' ? 'Enter' : char === ' ' ? 'Space' : char);
      }
    };
    await type(60);
    const stolen = watchSteal();
    const before = readHostUsage(code.dir);
    await type(Number(options.keys));
    const after = readHostUsage(code.dir);
    const share = stolen();
    if (share > MOST_STOLEN)
      console.log(`disturbed: other machines took ${(share * 100).toFixed(0)} % of the processors`);
    const profiler = await attachProfiler(pid);
    await profiler.collectGarbage();
    const heap = Number(await profiler.evaluate('process.memoryUsage().heapUsed')) / 1e6;
    await window.page.waitForTimeout(3_000);
    const { rssMb = NaN } = readHostUsage(code.dir) ?? {};
    profiler.close();
    await window.close();
    return {
      rss: rssMb,
      heap,
      cpu: before && after ? ((after.cpuMs - before.cpuMs) * 100) / Number(options.keys) : NaN,
    };
  } finally {
    await code.close();
  }
}

/** MB above a host without the extension; ms of processor time per 100 keys of the whole host. */
const BOUNDS = { rss: 25, cpu: 400 };

const usages: { readonly host: Host; readonly usage: Usage }[] = [];
for (let round = 0; round < Number(options.rounds); round++) {
  for (const host of HOSTS) {
    await waitForQuiet();
    const usage = await measure(host);
    console.log(
      `${host}: process ${usage.rss.toFixed(0)} MB, heap ${usage.heap.toFixed(1)} MB, ${usage.cpu.toFixed(0)} ms of processor time per 100 keys`,
    );
    usages.push({ host, usage });
  }
}
await server.stop();
/** The mean over all rounds. */
const mean = (host: Host, figure: keyof Usage): number =>
  usages.reduce((sum, each) => sum + (each.host === host ? each.usage[figure] : 0), 0) / Number(options.rounds);
const added = (host: Host, figure: keyof Usage): number => mean(host, figure) - mean('without any', figure);
const judge = (value: number, bound: number, words: string): void => {
  if (!(value <= bound)) process.exitCode = 1;
  console.log(`${value <= bound ? 'ok  ' : 'OVER'} ${words}: ${value.toFixed(1)} (bound ${bound})`);
};
const [ours, floor] = ['with Gearshift', 'with one that only answers'] as const;
judge(added(ours, 'rss'), BOUNDS.rss, 'process, added by Gearshift, MB');
console.log(
  `     by one that only answers: ${added(floor, 'rss').toFixed(1)}; heap: ${added(ours, 'heap').toFixed(1)} and ${added(floor, 'heap').toFixed(1)}`,
);
judge(mean(ours, 'cpu'), BOUNDS.cpu, 'processor time per 100 keys, all of the host, ms');
console.log(
  `     with one that only answers: ${mean(floor, 'cpu').toFixed(0)}, without any: ${mean('without any', 'cpu').toFixed(0)}; added by Gearshift: ${added(ours, 'cpu').toFixed(0)}`,
);
