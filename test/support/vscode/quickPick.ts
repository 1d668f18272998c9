import { EventEmitter } from './values.ts';

export interface PickItem {
  readonly label: string;
}

/** A list of the extension's own, with the hands of the user: `choose`, `accept`, `press`, `hide`. */
export class QuickPick<T extends { readonly picked?: boolean; readonly label: string } = PickItem> {
  title = '';
  placeholder = '';
  value = '';
  busy = false;
  enabled = true;
  canSelectMany = false;
  ignoreFocusOut = false;
  matchOnDescription = false;
  matchOnDetail = false;
  keepScrollPosition = false;
  buttons: readonly unknown[] = [];
  activeItems: readonly T[] = [];
  isShown = false;
  isDisposed = false;
  #items: readonly T[] = [];
  #selected: readonly T[] = [];
  readonly #accepted = new EventEmitter<void>();
  readonly #hidden = new EventEmitter<void>();
  readonly #changedSelection = new EventEmitter<readonly T[]>();
  readonly #changedActive = new EventEmitter<readonly T[]>();
  readonly #changedValue = new EventEmitter<string>();
  readonly #button = new EventEmitter<unknown>();
  readonly #itemButton = new EventEmitter<{ item: T; button: unknown }>();
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidChangeSelection = this.#changedSelection.event;
  readonly onDidChangeActive = this.#changedActive.event;
  readonly onDidChangeValue = this.#changedValue.event;
  readonly onDidTriggerButton = this.#button.event;
  readonly onDidTriggerItemButton = this.#itemButton.event;
  readonly #onShow: (pick: QuickPick<T>) => void;

  constructor(onShow: (pick: QuickPick<T>) => void) {
    this.#onShow = onShow;
  }

  get items(): readonly T[] {
    return this.#items;
  }
  set items(items: readonly T[]) {
    this.#items = items;
    if (this.canSelectMany) this.#selected = items.filter(({ picked }) => picked);
  }
  get selectedItems(): readonly T[] {
    return this.#selected;
  }
  set selectedItems(items: readonly T[]) {
    this.#selected = items;
    this.#changedSelection.fire(items);
  }

  show(): void {
    this.isShown = true;
    this.#onShow(this);
  }
  hide(): void {
    if (!this.isShown) return;
    this.isShown = false;
    this.#hidden.fire();
  }
  dispose(): void {
    this.hide();
    this.isDisposed = true;
    for (const each of [this.#accepted, this.#hidden, this.#changedSelection, this.#changedValue, this.#button])
      each.dispose();
  }

  // ---- the user ----

  /** Ticks the entries whose labels match, and no others. */
  choose(which: (item: T) => boolean): void {
    this.selectedItems = this.#items.filter(which);
  }
  /** Writes into the box. */
  type(text: string): void {
    this.value = text;
    this.#changedValue.fire(text);
  }
  accept(): void {
    if (this.enabled) this.#accepted.fire();
  }
  press(button: unknown): void {
    this.#button.fire(button);
  }
  /** Clicks the button of an entry. */
  pressOf(item: T, button: unknown): void {
    this.#itemButton.fire({ item, button });
  }
}
