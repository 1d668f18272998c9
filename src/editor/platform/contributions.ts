/** The names that the manifest gives to commands, views and context: the one place where they are spelt. */

export const COMMANDS = [
  'gearshift.chat.focus',
  'gearshift.chat.new',
  'gearshift.chat.openInEditor',
  'gearshift.escalate',
  'gearshift.escalate.ask',
  'gearshift.escalate.explain',
  'gearshift.escalate.debug',
  'gearshift.escalate.review',
  'gearshift.escalate.security',
  'gearshift.escalate.refactor',
  'gearshift.escalate.tests',
  'gearshift.escalate.modernise',
  'gearshift.escalate.terminal',
  'gearshift.escalate.testFailure',
  'gearshift.edits.apply',
  'gearshift.edits.choose',
  'gearshift.edits.discard',
  'gearshift.edits.followUp',
  'gearshift.edits.acceptHunk',
  'gearshift.edits.rejectHunk',
  'gearshift.edits.undo',
  'gearshift.inlineEdit.start',
  'gearshift.commitMessage.write',
  'gearshift.commitMessage.stop',
  'gearshift.review.start',
  'gearshift.review.dismiss',
  'gearshift.review.clear',
  'gearshift.completions.toggle',
  'gearshift.completions.snooze',
  'gearshift.completions.explain',
  'gearshift.meter.open',
  'gearshift.settings.open',
  'gearshift.settings.import',
  'gearshift.settings.doctor',
  'gearshift.settings.localModels',
  'gearshift.walkthrough.open',
  'gearshift.keys.set',
  'gearshift.ledger.export',
  'gearshift.ledger.clear',
] as const;
export type Command = (typeof COMMANDS)[number];

export const CHAT_VIEW = 'gearshift.chat';
/** Type of the editor tab that the chat may be in. */
export const CHAT_PANEL = 'gearshift.chatPanel';
export const STATUS_ITEM = 'meter';
/** `publisher.name`. */
export const EXTENSION_ID = 'gearshift.gearshift';
export const WALKTHROUGH = `${EXTENSION_ID}#start`;
