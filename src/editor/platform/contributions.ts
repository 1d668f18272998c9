/** The names that the manifest gives to commands, views and context: the one place where they are spelled. */

/** Every command, by the feature that handles it. */
export const COMMANDS_BY_FEATURE = {
  // It has none: other features ask through it.
  oneShot: [],
  chat: [
    'gearshift.chat.focus',
    'gearshift.chat.new',
    'gearshift.chat.history',
    'gearshift.chat.askFrontier',
    'gearshift.chat.openInEditor',
    'gearshift.chat.ask',
    'gearshift.chat.addSelection',
    'gearshift.chat.addFile',
    'gearshift.chat.explain',
    'gearshift.chat.fix',
    'gearshift.chat.tests',
    'gearshift.terminal.suggest',
    'gearshift.escalate',
    'gearshift.escalate.ask',
    'gearshift.escalate.explain',
    'gearshift.escalate.debug',
    'gearshift.escalate.review',
    'gearshift.escalate.security',
    'gearshift.escalate.refactor',
    'gearshift.escalate.tests',
    'gearshift.escalate.modernize',
    'gearshift.escalate.terminal',
    'gearshift.escalate.testFailure',
  ],
  edits: [
    'gearshift.edits.apply',
    'gearshift.edits.applyShown',
    'gearshift.edits.discardShown',
    'gearshift.edits.choose',
    'gearshift.edits.discard',
    'gearshift.edits.followUp',
    'gearshift.edits.acceptHunk',
    'gearshift.edits.rejectHunk',
    'gearshift.edits.undo',
    'gearshift.checkpoints.restore',
    'gearshift.inlineEdit.start',
    'gearshift.inlineEdit.send',
    'gearshift.inlineEdit.cancel',
  ],
  codeTools: [
    'gearshift.commitMessage.write',
    'gearshift.commitMessage.stop',
    'gearshift.review.start',
    'gearshift.review.dismiss',
    'gearshift.review.clear',
  ],
  codebase: ['gearshift.codebase.rebuild'],
  evaluation: ['gearshift.evaluation.run', 'gearshift.evaluation.blind'],
  languageModels: [
    'gearshift.vscodeChat.use',
    'gearshift.vscodeChat.remove',
    'gearshift.vscodeChat.escalate',
    'gearshift.vscodeChat.build',
    'gearshift.vscodeChat.inline',
  ],
  recipes: ['gearshift.recipes.create', 'gearshift.recipes.chooseCheck'],
  completion: ['gearshift.completions.toggle', 'gearshift.completions.snooze', 'gearshift.completions.explain'],
  insights: ['gearshift.meter.open', 'gearshift.walkthrough.month'],
  ledger: ['gearshift.ledger.export', 'gearshift.ledger.clear'],
  settings: [
    'gearshift.settings.open',
    'gearshift.settings.import',
    'gearshift.settings.doctor',
    'gearshift.settings.localModels',
    'gearshift.walkthrough.open',
    'gearshift.docs.open',
    'gearshift.keys.set',
    'gearshift.reportIssue',
  ],
} as const;
export type FeatureName = keyof typeof COMMANDS_BY_FEATURE;
export type CommandOf<F extends FeatureName> = (typeof COMMANDS_BY_FEATURE)[F][number];
export type Command = CommandOf<FeatureName>;
export const COMMANDS = Object.values(COMMANDS_BY_FEATURE).flat() as readonly Command[];

/** Where the guard for model changes keeps what it knows, shared by the windows of this user. */
export const GUARD_KEY = 'gearshift.modelGuard';
export const CHAT_VIEW = 'gearshift.chat';
/** Type of the editor tab that the chat may be in. */
export const CHAT_PANEL = 'gearshift.chatPanel';
export const STATUS_ITEM = 'meter';
/** `publisher.name`. */
export const EXTENSION_ID = 'gearshift.gearshift';
export const WALKTHROUGH = `${EXTENSION_ID}#start`;
export const MONTH_WALKTHROUGH = `${EXTENSION_ID}#month`;
