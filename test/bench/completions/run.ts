/**
 * Types traces into real VS Code, with the packaged extension and a time-modeled Ollama server whose model knows the
 * programs by heart and runs on past the gap. Prints the figures; see test/bench/README.md.
 *
 *   node test/bench/completions/run.ts [--quick] [--all] [--speed=laptop|fast] [--only=typing|accepting|added|gaps|closers]
 *     [--habit=wrong|stops-short|wraps|stops|repeats-line] [--quiet] [--every=n of the gaps] [--file=pattern of names] [--off] [--host=instant|none]
 *
 * VS Code has its defaults: it closes brackets and quotes by itself, and shows its own list of suggestions. `--quiet`: with
 * both switched off; `--habit`: the model does not answer as it should, see habits.ts;
 * `--off`: with completions switched off; `--host`: without Gearshift, with an extension that knows the programs and answers
 * at once, or with none: what VS Code itself takes of the processor, and what no extension can show sooner
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openVSCode, QUIET_TYPING, type VSCode } from '../../e2e/harness.ts';
import { startOllama, type OllamaServer } from '../../servers/ollama.ts';
import { measureAdded } from './added.ts';
import { figuresOf, type Figures } from './figures.ts';
import { GAP_HABITS, measureGaps, type GapHabit } from './gaps.ts';
import { answerWith, HABITS, type Habit } from './habits.ts';
import { readHostUsage } from '../../support/hostProcess.ts';
import { loadFixtures, PAUSE_MS, PROGRAMS, USUAL, type Fixture } from './trace.ts';
import { typeFixtures } from './typist.ts';

const MODEL = 'qwen2.5-coder:1.5b-base';
const SPEEDS = {
  laptop: { promptTokensPerSecond: 1_500, decodeTokensPerSecond: 80 },
  fast: { promptTokensPerSecond: 6_000, decodeTokensPerSecond: 200 },
} as const;
type Speed = keyof typeof SPEEDS;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    speed: { type: 'string' },
    only: { type: 'string' },
    file: { type: 'string' },
    all: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    off: { type: 'boolean', default: false },
    host: { type: 'string', default: 'gearshift' },
    quiet: { type: 'boolean', default: false },
    habit: { type: 'string' },
    every: { type: 'string', default: '1' },
  },
});
const habits = (Object.keys(HABITS) as Habit[]).filter((name) => name === (options.habit ?? 'runs-on'));
const gapHabits = (Object.keys(GAP_HABITS) as GapHabit[]).filter((name) => name === (options.habit ?? name));
if (habits.length + gapHabits.length === 0)
  throw new Error(`--habit is one of ${Object.keys({ ...HABITS, ...GAP_HABITS }).join(', ')}`);

async function open(server: OllamaServer, fixtures: readonly Fixture[]): Promise<VSCode> {
  return openVSCode({
    without: options.host !== 'gearshift',
    ...(options.host === 'instant' ? { extensions: ['test/fixtures/instant-suggestion'] } : {}),
    settings: {
      'gearshift.providers': { ollama: { kind: 'ollama', baseUrl: server.url } },
      'gearshift.tiers.local': [`ollama/${MODEL}`],
      ...(options.off ? { 'gearshift.completions.enabled': false } : {}),
      ...(options.quiet ? QUIET_TYPING : {}),
      'files.autoSave': 'off', // as on the desktop
    },
    env: { OLLAMA_HOST: undefined, INSTANT_PROGRAMS: PROGRAMS },
    files: Object.fromEntries(fixtures.map(({ name, holed }) => [name, holed])),
  });
}

async function measure(habit: Habit, speed: Speed, accepting: boolean, fixtures: readonly Fixture[]): Promise<Figures> {
  const server = await startOllama({ models: [MODEL], ...SPEEDS[speed] });
  const documents = fixtures.map(({ full }) => full);
  const reset = (): void => {
    server.reset();
    server.script(({ prefix = '', suffix = '' }) => answerWith(habit, documents, prefix, suffix));
  };
  reset();
  server.preload(MODEL);
  const code = await open(server, fixtures);
  try {
    const window = await code.newWindow();
    await window.page.waitForTimeout(options.quick ? 2_000 : 5_000);
    const pass = await typeFixtures(code, window, server, fixtures, { accepting, reset });
    if (options.log) {
      fs.mkdirSync('test-results', { recursive: true });
      fs.writeFileSync(
        path.join('test-results', `bench-${speed}-${accepting ? 'accepting' : 'typing'}.json`),
        JSON.stringify(
          {
            ...pass,
            calls: pass.calls.map(({ receivedAt, closedAt, closedBy, tokens, text, body }) => ({
              receivedAt,
              closedAt,
              closedBy,
              tokens,
              text,
              prompt: (body as { prompt: string }).prompt,
            })),
          },
          null,
          1,
        ),
      );
    }
    const figures = figuresOf(pass, PAUSE_MS);
    const memory = readHostUsage(code.dir)?.rssMb;
    await window.close();
    return { ...figures, 'extension host memory, MB': memory };
  } finally {
    await code.close();
    await server.stop();
  }
}

const fixtures = loadFixtures(1, options.all ? Infinity : 1)
  .filter(({ name }) => (options.file ? new RegExp(options.file).test(name) : options.all || USUAL.test(name)))
  .slice(0, options.quick && !options.file ? 2 : undefined);
const speeds = (Object.keys(SPEEDS) as Speed[]).filter(
  (speed) => (options.speed ?? (options.quick ? 'laptop' : speed)) === speed,
);
const columns: [string, Figures][] = [];
console.log(
  `load ${os
    .loadavg()
    .map((load) => load.toFixed(1))
    .join(
      ' ',
    )}, ${fixtures.length} files; a model that ${habits.map((habit) => HABITS[habit]).join()}${options.quiet ? '; quiet typing' : ''}`,
);
for (const speed of speeds) {
  for (const accepting of [false, true]) {
    const kind = accepting ? 'accepting' : 'typing';
    if ((options.only ?? (options.quick ? 'typing' : kind)) !== kind) continue;
    for (const habit of habits) columns.push([`${speed}, ${kind}`, await measure(habit, speed, accepting, fixtures)]);
    console.log(`  ${speed}, ${kind}: done (load ${os.loadavg()[0]?.toFixed(1)})`);
  }
}
const names = [...new Set(columns.flatMap(([, figures]) => Object.keys(figures)))];
const cell = (value: number | undefined): string =>
  value === undefined ? '' : Number.isNaN(value) ? '-' : value.toFixed(value < 10 ? 1 : 0);
console.log(`\n| figure | ${columns.map(([name]) => name).join(' | ')} |\n|---|${columns.map(() => '---:|').join('')}`);
for (const name of names) console.log(`| ${name} | ${columns.map(([, figures]) => cell(figures[name])).join(' | ')} |`);
if (!options.off && (options.only ?? (options.quick ? 'typing' : 'added')) === 'added') {
  const { floor, right, wrong } = await measureAdded();
  console.log(
    '\n| last key to ghost text, the model taking no time | p50 ms | p95 ms | pauses |\n|---|---:|---:|---:|',
  );
  for (const [name, { p50, p95, pauses }] of [
    ['an extension that has its answer before it is asked', floor],
    ['Gearshift, the model right, a word at a time', right],
    ['Gearshift, the model always wrong', wrong],
  ] as const)
    console.log(`| ${name} | ${p50.toFixed(0)} | ${p95.toFixed(0)} | ${pauses} |`);
  console.log(`added: p50 ${(right.p50 - floor.p50).toFixed(0)} ms, p95 ${(right.p95 - floor.p95).toFixed(0)} ms`);
}
for (const part of ['gaps', 'closers'] as const) {
  if (options.off || (options.only ?? (options.quick ? 'typing' : part)) !== part) continue;
  const title = part === 'gaps' ? 'gaps, one Tab' : 'behind what VS Code closed, one Tab';
  console.log(`\n| ${title} | places | exact | short | none | harmful | key to ghost text p50 | p95 |`);
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
  for (const speed of speeds)
    for (const habit of gapHabits) {
      const { gaps, p50, p95, ...shares } = await measureGaps(
        SPEEDS[speed],
        habit,
        Number(options.every),
        options.log,
        options.quiet,
        part === 'closers',
      );
      const cells = Object.values(shares).map((share: number) => `${share.toFixed(0)}%`);
      const name = `${speed}, a model that ${GAP_HABITS[habit]}`;
      console.log(`| ${name} | ${gaps} | ${cells.join(' | ')} | ${p50.toFixed(0)} ms | ${p95.toFixed(0)} ms |`);
    }
}
