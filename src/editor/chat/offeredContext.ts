import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import type { Attachment, Thread } from '../../core/chat/conversation.ts';
import { threadPath } from '../../core/chat/branches.ts';
import { filesNamed, namedInQuestion } from '../../core/chat/namedInQuestion.ts';
import type { OfferView } from '../../protocol/chat.ts';
import { currentEditor, pathOf } from '../platform/activeEditor.ts';
import { isReadable, judgeDocument } from '../platform/contextFiles.ts';
import { attachFile, attachRange } from './attach.ts';
import { takeFile, takeSymbol, workspaceSymbols } from './contextPicker.ts';
import { draftChip } from './viewModel.ts';

/** The editor is looked at this long after its last change, in ms: a selection changes with each key. */
const PAUSE_MS = 120;
/** Largest document that is offered, in characters. */
const MOST_CHARACTERS = 1_000_000;
/** Identifiers of a question that the language servers are asked about. */
const MOST_SYMBOLS = 3;
/** How long the language servers may take for one, in ms. */
const SYMBOL_MS = 1_500;

/** A piece of context that the user could add, or, for the selection, leave out. */
interface Offer {
  readonly id: string;
  /** The same for the same code in the same place. */
  readonly key: string;
  readonly kind: 'selection' | 'file' | 'symbol';
  readonly label: string;
  /** Estimated; null where the text has not been read. */
  readonly tokens: number | null;
  /** The selection as it would be sent. */
  readonly attachment?: Attachment;
  readonly take: () => Promise<Attachment | undefined>;
}

interface OfferParts {
  /** The user's setting. */
  readonly enabled: () => boolean;
  /** The files of the workspace, without those that may hold secrets. */
  readonly files: () => Promise<readonly vscode.Uri[]>;
  readonly thread: () => Thread;
  readonly attached: () => readonly Attachment[];
  /** Whether a page of the chat is on show: otherwise nothing is computed. */
  readonly visible: () => boolean;
  readonly changed: () => void;
}

/**
 * What the chat can see without being told: the selection, which is sent with the next question unless the user removes
 * it, the open file, and files and symbols that the question names, which are sent only when the user clicks them. Files
 * that hold secrets, and links out of the workspace, are not offered.
 */
export class OfferedContext implements vscode.Disposable {
  readonly #parts: OfferParts;
  readonly #disposables: vscode.Disposable[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ofEditor: readonly Offer[] = [];
  #ofQuestion: readonly Offer[] = [];
  #question = '';
  /** Key of the selection that the user removed. */
  #removed = '';
  #round = 0;
  #lastEditor: vscode.TextEditor | undefined;
  readonly #fileTokens = new WeakMap<vscode.TextDocument, { readonly version: number; readonly tokens: number }>();

  constructor(parts: OfferParts) {
    this.#parts = parts;
    const soon = (): void => this.update();
    this.#disposables.push(
      vscode.window.onDidChangeActiveTextEditor(soon),
      vscode.window.onDidChangeTextEditorSelection(soon),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document === this.#editor()?.document) soon();
      }),
    );
  }

  /** Looks at the editor soon. */
  update(): void {
    if (!this.#parts.visible()) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#lookAtEditor().then(this.#parts.changed, giveUp('the open editor as context', undefined));
    }, PAUSE_MS);
  }

  /** Offers the files and symbols that a half-written question names. */
  async setQuestion(question: string): Promise<void> {
    if (question === this.#question) return;
    this.#question = question;
    const found = this.#parts.enabled() ? await this.#named(question) : [];
    if (question !== this.#question) return;
    const before = this.#ofQuestion.map(({ key }) => key).join();
    const known = new Map(this.#ofQuestion.map((offer) => [offer.key, offer]));
    this.#ofQuestion = found.map((offer) => known.get(offer.key) ?? offer);
    if (before !== found.map(({ key }) => key).join()) this.#parts.changed();
  }

  /** The chips; what is attached already is not offered again. */
  get views(): readonly OfferView[] {
    const on = this.#selectionToSend();
    return this.#offers().map((offer) => {
      const chip = offer.attachment ? draftChip(offer.attachment) : undefined;
      return {
        ...(chip ?? { kind: offer.kind, label: offer.label }),
        id: offer.id,
        tokens: offer.tokens,
        on: offer === on,
        detail: this.#detailOf(offer, offer === on),
      };
    });
  }

  /** Attachments that are sent with the next question although the user has not attached them. */
  get sentAlong(): readonly Attachment[] {
    const offer = this.#selectionToSend();
    return offer?.attachment ? [offer.attachment] : [];
  }

  /** Whether the user removed what is selected from the next question. */
  get isSelectionRemoved(): boolean {
    return this.#ofEditor.some(({ kind, key }) => kind === 'selection' && key === this.#removed);
  }

  /** The same as `sentAlong`, from the editor as it is now. */
  async takeSentAlong(): Promise<readonly Attachment[]> {
    await this.#lookAtEditor();
    return this.sentAlong;
  }

  /** What the user clicked; undefined when it is not there any more. */
  async take(offerId: string): Promise<Attachment | undefined> {
    const offer = this.#offers().find(({ id }) => id === offerId);
    if (offer?.key === this.#removed) this.#removed = '';
    return offer?.take();
  }

  /** Leaves the selection out of the next questions, until another one is made. */
  remove(offerId: string): void {
    const offer = this.#ofEditor.find(({ id }) => id === offerId);
    if (offer) this.#removed = offer.key;
    this.#parts.changed();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #offers(): readonly Offer[] {
    if (!this.#parts.enabled()) return [];
    const attached = this.#parts.attached();
    const labels = new Set(this.#ofEditor.map(({ label }) => label));
    return [...this.#ofEditor, ...this.#ofQuestion.filter(({ label }) => !labels.has(label))].filter(
      (offer) => !attached.some(({ kind, label }) => kind === offer.kind && label === offer.label),
    );
  }

  /** The selection, unless the user removed it or the thread has it already. */
  #selectionToSend(): Offer | undefined {
    const offer = this.#offers().find(({ kind }) => kind === 'selection');
    return offer && offer.key !== this.#removed && !this.#wasSent(offer) ? offer : undefined;
  }

  #wasSent({ attachment }: Offer): boolean {
    if (!attachment) return false;
    return threadPath(this.#parts.thread()).some(({ question }) =>
      question.attachments.some(({ label, text }) => label === attachment.label && text === attachment.text),
    );
  }

  #detailOf(offer: Offer, isOn: boolean): string {
    if (isOn) return t('{0}, selected in the editor. It is sent with your question.', offer.label);
    if (offer.kind === 'selection' && this.#wasSent(offer)) return t('{0} was already sent in this chat.', offer.label);
    return t('{0} is not sent. Click to attach it.', offer.label);
  }

  /** The user's editor; while the chat itself is the active tab, the one that was active before and is still visible. */
  #editor(): vscode.TextEditor | undefined {
    const current = currentEditor();
    if (current) this.#lastEditor = current;
    return current ?? vscode.window.visibleTextEditors.find((editor) => editor === this.#lastEditor);
  }

  async #lookAtEditor(): Promise<void> {
    const round = ++this.#round;
    const editor = this.#parts.enabled() ? this.#editor() : undefined;
    const offers = editor ? await this.#offersOf(editor) : [];
    if (round !== this.#round) return;
    const known = new Map(this.#ofEditor.map((offer) => [offer.key, offer]));
    this.#ofEditor = offers.map((offer) => known.get(offer.key) ?? offer);
  }

  async #offersOf({ document, selection }: vscode.TextEditor): Promise<readonly Offer[]> {
    const length = document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
    if (!isFile(document) || length === 0 || length > MOST_CHARACTERS) return [];
    if ((await judgeDocument(document.uri)) !== 'free') return [];
    const where = document.uri.toString();
    if (!selection.isEmpty) {
      const attachment = await attachRange(document, selection);
      if (!attachment?.text.trim()) return [];
      const { label, tokens } = attachment;
      const key = `selection ${where} ${label} ${attachment.text}`;
      const take = (): Promise<Attachment> => Promise.resolve(attachment);
      return [{ id: crypto.randomUUID(), key, kind: 'selection', label, tokens, attachment, take }];
    }
    return [
      {
        id: crypto.randomUUID(),
        key: `file ${where} ${document.version}`,
        kind: 'file',
        label: pathOf(document.uri),
        tokens: this.#tokensOf(document),
        take: () => attachFile(document),
      },
    ];
  }

  #tokensOf(document: vscode.TextDocument): number {
    const known = this.#fileTokens.get(document);
    if (known?.version === document.version) return known.tokens;
    const tokens = estimateTokens(document.getText());
    this.#fileTokens.set(document, { version: document.version, tokens });
    return tokens;
  }

  async #named(question: string): Promise<readonly Offer[]> {
    const { files, identifiers } = namedInQuestion(question);
    const offers: Offer[] = [];
    if (files.length > 0) {
      const uris = new Map((await this.#parts.files()).map((uri) => [pathOf(uri), uri]));
      for (const label of filesNamed(files, [...uris.keys()])) {
        const uri = uris.get(label);
        if (!uri || !(await isReadable(uri))) continue;
        const take = (): Promise<Attachment | undefined> => takeFile(uri);
        offers.push({ id: crypto.randomUUID(), key: `named ${label}`, kind: 'file', label, tokens: null, take });
      }
    }
    const symbols = await Promise.all(identifiers.slice(0, MOST_SYMBOLS).map((name) => symbolNamed(name)));
    for (const symbol of symbols) {
      if (!symbol || !(await isReadable(symbol.location.uri))) continue;
      const { name, location } = symbol;
      const label = `${name} · ${pathOf(location.uri)}`;
      const take = (): Promise<Attachment | undefined> => takeSymbol(name, location);
      offers.push({ id: crypto.randomUUID(), key: `named ${label}`, kind: 'symbol', label, tokens: null, take });
    }
    return offers;
  }
}

/** Whether a document is a file, a cell or an unsaved one, rather than the output of a tool or a view of Gearshift. */
const isFile = ({ uri, isUntitled }: vscode.TextDocument): boolean =>
  isUntitled ||
  uri.scheme === 'vscode-notebook-cell' ||
  uri.scheme === 'file' ||
  vscode.workspace.fs.isWritableFileSystem(uri.scheme) !== undefined;

/** The one symbol of this name in the workspace; undefined where there is none, or several that could be meant. */
async function symbolNamed(name: string): Promise<vscode.SymbolInformation | undefined> {
  const late = new Promise<readonly vscode.SymbolInformation[]>((resolve) =>
    setTimeout(() => resolve([]), SYMBOL_MS).unref(),
  );
  const found = await Promise.race([workspaceSymbols(name).catch(giveUp('symbols of the workspace', [])), late]);
  const same = found.filter((symbol) => symbol.name.replace(/\(.*/, '') === name);
  return same.length === 1 ? same[0] : undefined;
}
