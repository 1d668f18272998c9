/**
 * `npm run -s route -- FILE.jsonl [--rules FILE] [--only] [--threshold N] [--explain]`: where Auto would send requests.
 * See test/bench/routing/cli.ts, or run it with --help.
 */
import { start } from './bootstrap.mjs';

// standard output carries the answers and nothing else, even where something has to be installed first
console.log = console.error;

await start(async () => {
  const { main } = await import('../bench/routing/cli.ts');
  process.exitCode = await main(process.argv.slice(2));
});
