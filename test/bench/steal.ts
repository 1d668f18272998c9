import fs from 'node:fs';
import os from 'node:os';

/** What a measurement says nothing any more above: the share of the processors that was given to other machines. */
export const MOST_STOLEN = 0.02;

/**
 * Starts to watch how much of this machine's processor time its host gives to others; the function it returns gives the
 * share since then, of all cores (0 to 1). 0 on real machines, and where the system does not say: only Linux does.
 * Source: `steal` in proc_stat(5), in units of 10 ms.
 */
export function watchSteal(): () => number {
  const start = performance.now();
  const before = stolenMs();
  return () => (stolenMs() - before) / ((performance.now() - start) * os.availableParallelism());
}

function stolenMs(): number {
  try {
    const [all = ''] = fs.readFileSync('/proc/stat', 'utf8').split('\n', 1);
    return Number(all.split(/\s+/)[8] ?? 0) * 10;
  } catch {
    return 0;
  }
}

/** Waits for a second in which the processors are ours, at most a minute. */
export async function waitForQuiet(): Promise<void> {
  for (let seconds = 0; seconds < 60; seconds++) {
    const share = watchSteal();
    await new Promise((done) => setTimeout(done, 1000));
    if (share() <= MOST_STOLEN / 2) return;
  }
}
