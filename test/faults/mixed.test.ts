import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runWorker } from '../support/worker.ts';
import { PROTOCOLS } from './frames.ts';
import type { Compared, Mixed } from './mixed.ts';

const CALLS = 10_000;

test(
  `O3 ${CALLS} mixed calls of which a fifth goes wrong: the ledger equals the server's book to the last nano-dollar`,
  { timeout: 600_000 },
  async () => {
    const halves = await Promise.all(
      PROTOCOLS.map((protocol) =>
        runWorker<Mixed, Compared>(new URL('./mixed.ts', import.meta.url), {
          protocol,
          calls: CALLS / 2,
          seed: 20_261_121,
        }),
      ),
    );
    for (const compared of halves) {
      const { calls, rows, exact, estimated, outcomes, failures } = compared;
      const seen = JSON.stringify(compared);
      assert.ok(rows >= calls * 0.95, seen);
      assert.ok(exact > calls / 2, seen);
      assert.ok(estimated > calls / 20, seen);
      for (const outcome of ['done', 'partial', 'failed', 'cancelled', 'left'])
        assert.ok((outcomes[outcome] ?? 0) > 20, `${outcome}: ${seen}`);
      assert.ok(Object.keys(failures).length > 12, seen);
    }
  },
);
