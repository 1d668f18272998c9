/**
 * Loaded before unit tests (`node --import`): wherever code imports `vscode`, which only exists inside VS Code, it gets the
 * fake of test/support/vscode.ts.
 */
import { registerHooks } from 'node:module';

const FAKE = new URL('../support/vscode.ts', import.meta.url).href;

registerHooks({
  resolve: (name, context, next) => (name === 'vscode' ? { url: FAKE, shortCircuit: true } : next(name, context)),
});
