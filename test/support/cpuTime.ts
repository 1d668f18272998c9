/** Processor time of this thread since it began, in ms: unlike the clock, it stands still while other programs run. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Processor time of this thread that `work` takes, in ms. */
export function cpuMsOf(work: () => unknown): number {
  const begun = cpuMs();
  work();
  return cpuMs() - begun;
}

/**
 * The shortest processor time of up to ten runs, in ms. A run can take more for compiling, collecting garbage or cold
 * caches, never less than the work itself.
 * @param bound ms that the work must stay below: a run below it is the last
 */
export function leastCpuMs(work: () => unknown, bound: number): number {
  let least = Infinity;
  for (let run = 0; run < 10 && least >= bound; run++) least = Math.min(least, cpuMsOf(work));
  return least;
}
