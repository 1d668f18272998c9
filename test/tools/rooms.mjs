/**
 * Who may import whom: every room of the house and the rooms that it may import. `eslint.config.mjs` turns this table
 * into a rule that underlines a wrong import in the editor, `test/architecture.test.ts` reads it too, and ARCHITECTURE.md
 * says what each room holds. A room may always import its own files.
 */

/** Rooms of `src/core`, from the ground up: each may import only rooms that are above it in this table. */
const CORE = {
  common: [],
  ledger: ['common'],
  providers: ['common'],
  privacy: ['common'],
  money: ['common', 'ledger', 'providers'],
  insights: ['common', 'ledger', 'money'],
  gateway: ['common', 'ledger', 'providers', 'privacy', 'money'],
  routing: ['common', 'ledger', 'privacy', 'money', 'gateway'],
  settings: ['common', 'money', 'routing'],
  edits: ['common', 'privacy'],
  codeTools: ['common', 'privacy', 'edits'],
  codebase: ['common', 'privacy'],
  completion: ['common', 'privacy', 'money', 'gateway', 'settings'],
  chat: ['common', 'privacy', 'money', 'gateway', 'routing', 'edits'],
  languageModels: ['common', 'ledger', 'privacy', 'money', 'insights', 'gateway', 'routing', 'chat'],
  recipes: ['common', 'ledger', 'privacy', 'money', 'gateway', 'edits', 'codeTools', 'chat', 'languageModels'],
  evaluation: ['common', 'ledger', 'privacy', 'money', 'insights', 'routing', 'edits', 'chat', 'recipes'],
  setup: ['common', 'ledger', 'providers', 'privacy', 'money', 'insights', 'gateway', 'settings', 'completion'],
};

/** Rooms of `src/editor`. Each may import every room of the core, the protocol and the storage. */
const EDITOR = {
  platform: [],
  ledger: ['platform'],
  insights: ['platform'],
  routing: ['platform'],
  gateway: ['platform', 'routing'],
  completion: ['platform'],
  edits: ['platform', 'gateway'],
  codeTools: ['platform', 'gateway', 'edits'],
  codebase: ['platform'],
  chat: ['platform', 'gateway', 'routing', 'edits', 'codebase'],
  languageModels: ['platform', 'gateway', 'routing'],
  recipes: ['platform', 'edits', 'codeTools'],
  settings: ['platform'],
  evaluation: ['platform'],
};

const core = (/** @type {readonly string[]} */ ...rooms) => rooms.map((room) => `core/${room}`);
const ALL_OF_CORE = core(...Object.keys(CORE));

/** @type {Readonly<Record<string, readonly string[]>>} room below `src`, and the rooms that it may import */
export const ROOMS = {
  ...Object.fromEntries(Object.entries(CORE).map(([room, below]) => [`core/${room}`, core(...below)])),
  protocol: ALL_OF_CORE,
  storage: core('common', 'ledger', 'privacy', 'chat', 'edits', 'codebase'),
  'storage/ledger': ['storage', ...core('common', 'ledger')],
  ...Object.fromEntries(
    Object.entries(EDITOR).map(([room, others]) => [
      `editor/${room}`,
      ['protocol', 'storage', 'storage/ledger', ...ALL_OF_CORE, ...others.map((other) => `editor/${other}`)],
    ]),
  ),
  'webview/shared': ['protocol', ...core('common', 'chat', 'edits')],
  'webview/chat': ['webview/shared', 'protocol', ...core('common', 'chat', 'gateway')],
  'webview/insights': ['webview/shared', 'protocol', ...core('common')],
  'webview/settings': ['webview/shared', 'protocol', ...core('common')],
};

/**
 * The room that a file belongs to: the longest name in `ROOMS` that its path begins with.
 * @param {string} file path below `src`, with `/`
 * @returns {string | undefined} undefined for files beside the rooms, such as `main.ts`
 */
export const roomOf = (file) =>
  Object.keys(ROOMS)
    .filter((room) => file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
