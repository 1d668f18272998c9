/**
 * When a page was painted with something on it for the first time, in ms since it began to load. Runs in the page, which
 * has to be seen.
 */
export async function firstPaint(): Promise<number> {
  for (;;) {
    const [entry] = performance.getEntriesByName('first-contentful-paint');
    if (entry) return entry.startTime;
    await new Promise((done) => requestAnimationFrame(done));
  }
}
