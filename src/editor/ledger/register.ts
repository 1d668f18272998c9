import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';

/** Commands for the ledger itself. */
export const registerLedger = ({ ledger }: Services): CommandsOf<'ledger'> => ({
  'gearshift.ledger.export': async () => (await import('./exportLedger.ts')).exportLedger(await ledger.ready),
  'gearshift.ledger.clear': async () => (await import('./clearLedger.ts')).clearLedger(await ledger.ready),
});
