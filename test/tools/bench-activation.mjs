/**
 * `npm run bench:activation`: how long the extension holds up the start of VS Code, by VS Code's own account: loading its
 * code, the call of `activate`, and the rest until its promise is done. Opens one window after the other on the packaged
 * extension, prints the medians and fails above the bound.
 *
 * "Developer: Startup Performance" begins to count a load before it waits for what else is due in that moment, so that
 * its column holds the loads of other extensions too; the marks that VS Code leaves right before and after loading our
 * file tell which part of it is ours. Both sums are judged.
 *
 *   node test/tools/bench-activation.mjs [windows]
 */
import os from 'node:os';
import { start, step } from './bootstrap.mjs';

const WINDOWS = 7;
const MAX_MS = 100;
/** After so many windows also what other machines disturbed counts. */
const MOST_WINDOWS = 30;

/** A row of the table "Extension Activation Stats": name, eager, load, call, finish. */
const ROW = /^\| gearshift\.gearshift +\| (?:true|false) +\| (\d+) +\| (\d+) +\| (\d+) +\|/m;

/**
 * Reads VS Code's figures for one window.
 * @param {import('../e2e/harness.ts').Window} window
 * @returns {Promise<number[]>} milliseconds: load, call, finish
 */
async function readFigures(window) {
  const { page } = window;
  await window.command('Developer: Startup Performance');
  await page.locator('.monaco-editor.focused .view-line', { hasText: 'System Info' }).waitFor();
  for (let attempt = 0; attempt < 40; attempt++) {
    await window.press('ControlOrMeta+a');
    await window.press('ControlOrMeta+c');
    await page.waitForTimeout(250); // the page's figures arrive one after the other
    const found = ROW.exec(await page.evaluate(() => navigator.clipboard.readText()));
    if (found) return found.slice(1).map(Number);
  }
  throw new Error('"Developer: Startup Performance" does not list the extension.');
}

/**
 * How long loading our own file took, by VS Code's marks around it.
 * @param {string} dir the server's data folder
 * @returns {Promise<number>} milliseconds; NaN where the host's process is not found
 */
async function readOwnLoad(dir) {
  const [{ findHost }, { attachProfiler }] = await Promise.all([
    import('../support/hostProcess.ts'),
    import('../bench/completions/profile.ts'),
  ]);
  const pid = findHost(dir);
  if (pid === undefined) return NaN;
  const host = await attachProfiler(pid);
  const marks = String(await host.evaluate('JSON.stringify(globalThis.MonacoPerformanceMarks.getMarks())'));
  // It would keep the address of its inspector for a while after the window is closed.
  await host.evaluate("void setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500)");
  host.close();
  /** @type {{ name: string, startTime: number }[]} */
  const all = JSON.parse(marks);
  const at = (/** @type {string} */ name) =>
    all.find((mark) => mark.name === `code/extHost/${name}/gearshift.gearshift`)?.startTime ?? NaN;
  return at('didLoadExtensionCode') - at('willLoadExtensionCode');
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** @param {number[]} figure load, call, finish, own load */
const inTable = ([load = NaN, call = NaN, finish = NaN]) => load + call + finish;
/** @param {number[]} figure load, call, finish, own load */
const own = ([, call = NaN, finish = NaN, load = NaN]) => load + call + finish;

/** @param {string} name @param {number[]} values */
const line = (name, values) =>
  `${name.padEnd(24)} ${values.map((value) => String(value).padStart(4)).join('')}   median ${median(values)} ms`;

await start(async () => {
  const { openVSCode } = await import('../e2e/harness.ts');
  const { watchSteal, waitForQuiet, MOST_STOLEN } = await import('../bench/steal.ts');
  const [load = 0] = os.loadavg();
  if (load > os.availableParallelism()) {
    console.log(
      `This computer is busy (load ${load.toFixed(1)}): the figures will be higher than the extension's own.`,
    );
  }
  const windows = Math.max(5, Number(process.argv[2] ?? WINDOWS));
  const code = await step('Starting VS Code', () => openVSCode());
  /** @type {number[][]} */
  const figures = [];
  try {
    await step(`Opening ${windows} windows`, async () => {
      for (let i = 0; figures.length < windows; i++) {
        await waitForQuiet();
        const share = watchSteal();
        const window = await code.newWindow();
        const stolen = share();
        const figure = await readFigures(window);
        figure.push(await readOwnLoad(code.dir));
        await window.close();
        await new Promise((done) => setTimeout(done, 1000));
        if (stolen <= MOST_STOLEN || i >= MOST_WINDOWS) figures.push(figure);
        else {
          const [percent, ms] = [(stolen * 100).toFixed(0), inTable(figure)];
          console.log(`disturbed: ${ms} ms while other machines took ${percent} % of the processors; measured again`);
        }
      }
    });
  } finally {
    await code.close();
  }
  ['load code', 'call activate', 'finish activate', 'load, ours'].forEach((name, column) => {
    console.log(
      line(
        name,
        figures.map((row) => row[column] ?? NaN),
      ),
    );
  });
  const sums = { 'in the table': figures.map(inTable), 'our own': figures.map(own) };
  for (const [name, values] of Object.entries(sums)) console.log(line(`activation, ${name}`, values));
  const over = Object.entries(sums).filter(([, values]) => median(values) > MAX_MS);
  if (over.length > 0)
    throw new Error(
      `Activation takes ${over.map(([name, values]) => `${median(values)} ms ${name}`).join(', ')} (medians); it may take ${MAX_MS} ms.`,
    );
});
