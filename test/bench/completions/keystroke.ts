/**
 * Own time in the extension host per key: real VS Code, a file of 20,000 lines, 15 keys a second, a CPU profile of the
 * extension host. What counts are samples inside the extension's own files, or in what they called.
 *
 *   node test/bench/completions/keystroke.ts [--keys=600] [--passes=3] [--hot]
 */
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { openVSCode } from '../../e2e/harness.ts';
import { startOllama } from '../../servers/ollama.ts';
import { MOST_STOLEN, waitForQuiet, watchSteal } from '../steal.ts';
import { quantile } from './figures.ts';
import { findHost, readHostUsage } from '../../support/hostProcess.ts';
import { attachProfiler, ownSamples } from './profile.ts';

const MODEL = 'qwen2.5-coder:1.5b-base';
const BOUNDS = { p50: 0.5, p99: 3, most: 16 };
/**
 * The profiler samples every 0.1 ms: what runs for 1 ms has several samples. Where one stands for more, the profiler's own
 * thread probably did not run either. Only for comparison: the bounds are for the time by the clock.
 */
const STALL_MS = 1;

/** After so many passes also those count that other machines disturbed. */
const MOST_PASSES = 10;

const { values: options } = parseArgs({
  options: {
    keys: { type: 'string', default: '600' },
    passes: { type: 'string', default: '3' },
    hot: { type: 'boolean', default: false },
  },
});

const lines = Array.from(
  { length: 20_000 },
  (_, i) => `export const value${i} = compute(${i}, 'name ${i}') + other(${i % 7});`,
);
const server = await startOllama({ models: [MODEL], promptTokensPerSecond: 1_500, decodeTokensPerSecond: 80 });
server.preload(MODEL);
const code = await openVSCode({
  settings: {
    'gearshift.providers': { ollama: { kind: 'ollama', baseUrl: server.url } },
    'gearshift.tiers.local': [`ollama/${MODEL}`],
    'files.autoSave': 'off',
  },
  env: { OLLAMA_HOST: undefined },
  files: { 'big.txtx': lines.join('\n'), 'other.txtx': lines.slice(0, 2_000).join('\n') },
});
try {
  const window = await code.newWindow();
  await window.openFile('other.txtx');
  await window.openFile('big.txtx');
  await window.goTo(10_000, 999);
  await window.press('Enter');
  const pid = findHost(code.dir);
  if (pid === undefined) throw new Error('the extension host was not found');
  const profiler = await attachProfiler(pid);
  const words = 'const total = compute(first, second) + other(third); '.repeat(40);
  // What is compiled with the first keys is not what a key costs.
  const type = async (text: string): Promise<number[]> => {
    const times: number[] = [];
    let due = performance.now();
    for (const char of text) {
      due += 66;
      await window.page.waitForTimeout(Math.max(0, due - performance.now()));
      times.push(Date.now());
      await window.page.keyboard.press(char === ' ' ? 'Space' : char);
    }
    return times;
  };
  await type(words.slice(0, 120));
  await window.press('Enter');
  const passes: { keys: number[]; unstalled: Figures; cpuMs: number }[] = [];
  for (let pass = 0; passes.length < Number(options.passes); pass++) {
    if (pass > 0) await window.press('Enter');
    await waitForQuiet();
    const stolen = watchSteal();
    const before = readHostUsage(code.dir);
    await profiler.start();
    const keys = await type(words.slice(0, Number(options.keys)));
    const { profile, startedAt } = await profiler.stop();
    const after = readHostUsage(code.dir);
    const share = stolen();
    const samples = ownSamples(profile, (url) => url.includes('gearshift.gearshift'));
    if (options.hot) showHot(samples, profile);
    const perKey = (longest: number): number[] =>
      keys.map((at, i) => {
        const until = keys[i + 1] ?? at + 66;
        return samples
          .filter((sample) => sample.at + startedAt >= at && sample.at + startedAt < until)
          .reduce((sum, { ms }) => sum + Math.min(ms, longest), 0);
      });
    const disturbed = share > MOST_STOLEN && pass < MOST_PASSES;
    if (disturbed) {
      const percent = (share * 100).toFixed(0);
      console.log(
        `disturbed, typed again: other machines took ${percent} % of the processors; ${describe(figuresOf(perKey(Infinity)))}`,
      );
      continue;
    }
    passes.push({
      keys: perKey(Infinity),
      unstalled: figuresOf(perKey(STALL_MS)),
      cpuMs: before && after ? ((after.cpuMs - before.cpuMs) * 100) / keys.length : NaN,
    });
  }
  profiler.close();
  console.log(
    `load ${os.loadavg()[0]?.toFixed(1)}, ${passes.length} passes of ${options.keys} keys at 15 per second, a file of ${lines.length} lines`,
  );
  for (const { keys, unstalled } of passes)
    console.log(
      `own time per key, by the clock: ${describe(figuresOf(keys))}; samples at most ${STALL_MS} ms: ${describe(unstalled)}`,
    );
  const all = figuresOf(passes.flatMap(({ keys }) => keys));
  console.log(`all keys, by the clock: ${describe(all)}`);
  console.log(
    `extension host, all extensions and VS Code's own part, with the profiler: ${Math.min(...passes.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms per 100 keys`,
  );
  console.log(`requests: ${server.book.calls.length}`);
  if (all.p50 > BOUNDS.p50 || all.p99 > BOUNDS.p99 || all.most > BOUNDS.most) {
    console.log(`over the bounds of ${BOUNDS.p50} / ${BOUNDS.p99} / ${BOUNDS.most} ms`);
    process.exitCode = 1;
  }
  await window.close();
} finally {
  await code.close();
  await server.stop();
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

function figuresOf(perKey: readonly number[]): Figures {
  return { p50: quantile(perKey, 0.5), p99: quantile(perKey, 0.99), most: Math.max(...perKey) };
}

function describe({ p50, p99, most }: Figures): string {
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, most ${most.toFixed(2)} ms`;
}

/** Where the time went, and the whole profile for the developer tools. */
function showHot(samples: ReturnType<typeof ownSamples>, profile: unknown): void {
  const by = new Map<string, number>();
  for (const { where, ms } of samples) by.set(where, (by.get(where) ?? 0) + ms);
  for (const [where, ms] of [...by].sort((a, b) => b[1] - a[1]).slice(0, 25))
    console.log(ms.toFixed(1).padStart(9), where);
  fs.mkdirSync('test-results', { recursive: true });
  fs.writeFileSync('test-results/keystroke.cpuprofile', JSON.stringify(profile));
}
