/**
 * What the extension costs its host in memory and in processor time while somebody types with ghost text: the same keys
 * in real VS Code with the extension and without it, in turn. Memory is what the process holds after its garbage has been
 * collected, after the keys.
 *
 *   node test/bench/completions/memory.ts [--keys=600] [--rounds=2]
 */
import { parseArgs } from 'node:util';
import { openVSCode } from '../../e2e/harness.ts';
import { startOllama } from '../../servers/ollama.ts';
import { MOST_STOLEN, waitForQuiet, watchSteal } from '../steal.ts';
import { findHost, readHostUsage } from '../../support/hostProcess.ts';
import { attachProfiler } from './profile.ts';

const MODEL = 'qwen2.5-coder:1.5b-base';
const { values: options } = parseArgs({
  options: { keys: { type: 'string', default: '600' }, rounds: { type: 'string', default: '2' } },
});

interface Usage {
  /** MB of the process, and of its JavaScript heap, after the keys. */
  readonly rss: number;
  readonly heap: number;
  /** Ms of processor time per 100 keys. */
  readonly cpu: number;
}

const lines = Array.from({ length: 400 }, (_, i) => `export const value${i} = compute(${i}) + other(${i % 7});`);
const words = 'const total = compute(first, second) + other(third);';
const server = await startOllama({ models: [MODEL], promptTokensPerSecond: 6_000, decodeTokensPerSecond: 200 });
server.preload(MODEL);

async function measure(without: boolean): Promise<Usage> {
  const code = await openVSCode({
    without,
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
    const type = async (keys: number): Promise<void> => {
      let due = performance.now();
      for (let i = 0; i < keys; i++) {
        due += 110;
        await window.page.waitForTimeout(Math.max(0, due - performance.now()));
        const char = words[i % (words.length + 1)];
        await window.page.keyboard.press(char === undefined ? 'Enter' : char === ' ' ? 'Space' : char);
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
const BOUNDS = { rss: 10, cpu: 400 };

const added: { rss: number[]; heap: number[]; cpu: number[] } = { rss: [], heap: [], cpu: [] };
const all: number[] = [];
for (let round = 0; round < Number(options.rounds); round++) {
  const usages: Usage[] = [];
  for (const without of [true, false]) {
    await waitForQuiet();
    const usage = await measure(without);
    console.log(
      `${without ? 'without' : 'with   '} Gearshift: process ${usage.rss.toFixed(0)} MB, heap ${usage.heap.toFixed(1)} MB, ${usage.cpu.toFixed(0)} ms of processor time per 100 keys`,
    );
    usages.push(usage);
  }
  all.push(usages[1]?.cpu ?? NaN);
  for (const figure of ['rss', 'heap', 'cpu'] as const)
    added[figure].push((usages[1]?.[figure] ?? NaN) - (usages[0]?.[figure] ?? NaN));
}
await server.stop();
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const [rss, heap, cpu] = [mean(added.rss), mean(added.heap), mean(all)];
console.log(`${rss > BOUNDS.rss ? 'OVER' : 'ok  '} process, added: ${rss.toFixed(0)} MB (bound ${BOUNDS.rss})`);
console.log(`     heap after collecting garbage, added: ${heap.toFixed(1)} MB`);
console.log(
  `${cpu > BOUNDS.cpu ? 'OVER' : 'ok  '} processor time per 100 keys, all of the host: ${cpu.toFixed(0)} ms (bound ${BOUNDS.cpu}), of it added: ${mean(added.cpu).toFixed(0)} ms`,
);
if (rss > BOUNDS.rss || cpu > BOUNDS.cpu) process.exitCode = 1;
