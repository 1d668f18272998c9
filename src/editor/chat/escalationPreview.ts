import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import type { Estimate } from '../../core/gateway/call.ts';
import { mostNanoUsd } from '../../core/chat/approval.ts';
import type { Attachment } from '../../core/chat/conversation.ts';
import { withoutHidden, type Part } from '../../core/chat/escalation.ts';
import { formatCount } from '../../core/common/format.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { describeInPlan } from '../../core/money/likelyCost.ts';
import { plural } from '../../core/common/language.ts';
import { shortModel } from './chatState.ts';
import { showMessage } from './messagePreview.ts';

/** The preview before an escalation: the content to send and its cost. Nothing has been sent while it is open. */

export interface PreviewParts {
  readonly parts: readonly Part[];
  /** With `askIn`: what is asked where the user leaves the box empty; empty for none. */
  readonly question: string;
  /** Present where the user types the question into the preview's own box: what the empty box says. */
  readonly askIn?: string | undefined;
  readonly estimate: (attachments: readonly Attachment[], question: string) => Promise<Estimate | undefined>;
  /** Likely cost in nano-USD up to which nothing is asked; null always asks. */
  readonly askAbove: number;
}

/**
 * The content to send, and the highest cost in nano-USD that the user has seen: Infinity where the preview said that the
 * price is unknown, undefined where nothing was asked.
 */
export interface Agreed {
  readonly attachments: readonly Attachment[];
  readonly question: string;
  readonly atMost: number | undefined;
}

/**
 * The content that the user allows to be sent; undefined when the user cancels. Each part, and the whole message, can be
 * opened before. Cheap requests go without a preview, but never those with masked secrets or hidden characters. Where the
 * user has still to type the question, the preview is the box for it: one stop instead of two.
 */
export async function previewParts({
  parts,
  question,
  askIn,
  estimate,
  askAbove,
}: PreviewParts): Promise<Agreed | undefined> {
  const on = parts.filter((part) => part.on).map(({ attachment }) => attachment);
  const first = await estimate(on, question);
  const isCheap = first?.likely !== null && first !== undefined && first.likely <= askAbove;
  const isPlain = parts.every(({ on, secrets, hidden }) => !on || (secrets === 0 && hidden === 0));
  if (askIn === undefined && isCheap && isPlain && askAbove > 0)
    return { attachments: on, question, atMost: undefined };

  const pick = vscode.window.createQuickPick<PartItem>();
  const strip: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('eye-closed'),
    tooltip: t('Send without the hidden characters'),
  };
  const openAll: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('open-preview'),
    tooltip: t('Open the whole message'),
  };
  const hasHidden = parts.some(({ hidden }) => hidden > 0);
  let stripped = false;
  let round = 0;
  let shown = first;
  const chosen = (): Attachment[] =>
    pick.selectedItems.map(({ part }) => (stripped ? withoutHidden(part.attachment) : part.attachment));
  const written = (): string => (askIn === undefined ? '' : pick.value.trim()) || question;
  const update = async (): Promise<void> => {
    const mine = ++round;
    // What cannot be estimated has no known price.
    const cost = await estimate(chosen(), written()).catch(giveUp('estimate of an escalation'));
    if (mine !== round) return;
    shown = cost;
    pick.title = titleOf(cost, parts, stripped);
  };
  try {
    return await new Promise((resolve) => {
      pick.canSelectMany = true;
      pick.ignoreFocusOut = true;
      pick.placeholder = askIn ?? t('Press Enter to send the checked items, or Escape to cancel.');
      pick.title = titleOf(first, parts, stripped);
      pick.buttons = hasHidden ? [strip, openAll] : [openAll];
      pick.items = parts.map((part) => ({ ...itemOf(part), alwaysShow: askIn !== undefined }));
      pick.selectedItems = pick.items.filter(({ part }) => part.on);
      pick.onDidChangeSelection(() => void update());
      if (askIn !== undefined) pick.onDidChangeValue(() => void update());
      pick.onDidTriggerButton((button) => {
        if (button === openAll) return void open(t('Message'), chosen(), written());
        stripped = true;
        pick.buttons = [openAll];
        void update();
      });
      pick.onDidTriggerItemButton(({ item: { part } }) => {
        const attachment = stripped ? withoutHidden(part.attachment) : part.attachment;
        void open(attachment.label, [attachment]);
      });
      pick.onDidAccept(() => {
        if (pick.selectedItems.length === 0 || !written()) return;
        resolve({ attachments: chosen(), question: written(), atMost: shown && mostNanoUsd(shown) });
      });
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
  } finally {
    pick.dispose();
  }
}

/** Shows what would be sent beside the preview, which stays open. */
const open = (...message: [title: string, attachments: readonly Attachment[], question?: string]): Promise<void> =>
  showMessage(message[0], message[1], message[2]).catch(giveUp('a document of an escalation'));

interface PartItem extends vscode.QuickPickItem {
  readonly part: Part;
}

function itemOf(part: Part): PartItem {
  const { attachment, secrets, hidden } = part;
  const facts = [
    t('{0} tokens', `~${formatCount(attachment.tokens)}`),
    ...(secrets > 0 ? [secretsWords(secrets)] : []),
    ...(hidden > 0 ? [hiddenWords(hidden)] : []),
    ...(attachment.remarks ?? []),
  ];
  const open = {
    iconPath: new vscode.ThemeIcon('go-to-file'),
    tooltip: t('Open what is sent of {0}', attachment.label),
  };
  return { part, label: attachment.label, description: facts.join(' · '), buttons: [open] };
}

function titleOf(cost: Estimate | undefined, parts: readonly Part[], stripped: boolean): string {
  const secrets = parts.reduce((sum, part) => sum + part.secrets, 0);
  const hidden = parts.reduce((sum, part) => sum + part.hidden, 0);
  return [
    cost ? t('Send to {0}', shortModel(cost.model)) : t('Send to the frontier model'),
    cost ? t('{0} tokens', `~${formatCount(cost.inputTokens)}`) : '',
    costWords(cost),
    secrets > 0 ? secretsWords(secrets) : t('no secrets found'),
    hidden === 0 ? '' : stripped ? t('hidden characters removed') : hiddenWords(hidden),
  ]
    .filter(Boolean)
    .join(' · ');
}

function costWords(cost: Estimate | undefined): string {
  if (cost?.monthlyPlan) return describeInPlan(cost.monthlyPlan);
  if (!cost || cost.likely === null || cost.atMost === null) return t('price unknown');
  return t('~{0}, at most {1}', displayMoney(cost.likely), displayMoney(cost.atMost));
}

const secretsWords = (count: number): string =>
  plural(count, t('{0} secret masked', count), t('{0} secrets masked', count));
const hiddenWords = (count: number): string =>
  plural(count, t('{0} hidden character', count), t('{0} hidden characters', count));
