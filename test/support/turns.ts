/**
 * The longest turn of the event loop, in ms of the main thread's own processor time: what a user would feel as a stall
 * on a machine that has nothing else to do, whatever else the machine of the test is busy with.
 */
export function watchTurns(): { stop(): number } {
  const used = (): number => {
    const { user, system } = (process.threadCpuUsage ?? process.cpuUsage)();
    return (user + system) / 1_000;
  };
  let longest = 0;
  let before = used();
  const look = (): void => {
    const now = used();
    longest = Math.max(longest, now - before);
    before = now;
  };
  let next = setTimeout(function again() {
    look();
    next = setTimeout(again, 1);
  }, 1);
  return {
    stop() {
      clearTimeout(next);
      look();
      return longest;
    },
  };
}
