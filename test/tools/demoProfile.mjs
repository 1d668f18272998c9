/** The workspace and the settings of the demo, as `npm start` makes them; the walk of the specs uses the same. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './bootstrap.mjs';

/**
 * Makes the demo workspace: a git repository with one commit and one change. What the user edited in an earlier run
 * stays.
 * @param {string} folder
 * @returns {{ git: boolean }} git: whether git could be run; without it, the folder is no repository
 */
export function makeWorkspace(folder) {
  const isNew = !fs.existsSync(folder) || fs.readdirSync(folder).length === 0;
  fs.cpSync(path.join(ROOT, 'test/fixtures/demo-workspace'), folder, { recursive: true, force: false });
  if (!isNew) return { git: true };
  const who = ['-c', 'user.name=Tea House', '-c', 'user.email=demo@example.com', '-c', 'commit.gpgsign=false'];
  /** @param {string[]} args */
  const runGit = (...args) => execFileSync('git', args, { cwd: folder, stdio: 'ignore', windowsHide: true });
  let git = true;
  try {
    runGit('init', '--quiet', '--initial-branch=main');
    runGit('add', '--all');
    runGit(...who, 'commit', '--quiet', '--message', 'Menu, leaves, stock and orders');
  } catch {
    git = false;
  }
  fs.cpSync(path.join(ROOT, 'test/fixtures/demo-change'), folder, { recursive: true });
  return { git };
}

/** The settings of VS Code itself that the demo starts with. */
export const WINDOW_SETTINGS = {
  'workbench.startupEditor': 'readme',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true, // the user would take VS Code's own chat for Gearshift's
  'security.workspace.trust.enabled': false,
};

/**
 * The settings that point tiers at the demo servers.
 * @param {import('./demoProfile.d.mts').DemoAddresses} addresses
 * @param {readonly import('./demoProfile.d.mts').Tier[]} tiers the tiers that the demo answers
 */
export function demoSettings(addresses, tiers) {
  const { ollamaUrl, localModel, openAiBaseUrl, midModel, frontierModel, prices } = addresses;
  const models = {
    local: `demo-ollama/${localModel}`,
    mid: `demo-cloud/${midModel}`,
    frontier: `demo-cloud/${frontierModel}`,
  };
  return {
    providers: {
      'demo-ollama': { kind: 'ollama', baseUrl: ollamaUrl },
      'demo-cloud': { kind: 'openai', baseUrl: openAiBaseUrl, prices },
    },
    tiers: {
      ...Object.fromEntries(tiers.map((tier) => [`gearshift.tiers.${tier}`, [models[tier]]])),
      // The demo's local model does both jobs.
      ...(tiers.includes('local') ? { 'gearshift.tiers.localAnswers': [models.local] } : {}),
    },
  };
}
