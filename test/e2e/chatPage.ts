import type { Frame, Locator } from 'playwright-core';
import type { Window } from './harness.ts';

/** The chat page inside a window, with the gestures of its user. */
export class ChatPage {
  readonly window: Window;
  readonly frame: Frame;

  private constructor(window: Window, frame: Frame) {
    this.window = window;
    this.frame = frame;
  }

  /** Shows the chat view and waits for its composer. */
  static async open(window: Window): Promise<ChatPage> {
    await window.command('Gearshift: Focus on Chat View');
    return ChatPage.find(window);
  }

  /** The chat that is already on show. */
  static async find(window: Window): Promise<ChatPage> {
    const frame = await window.webview('.composer textarea');
    await frame.locator('.composer textarea').waitFor();
    return new ChatPage(window, frame);
  }

  composer(): Locator {
    return this.frame.locator('.composer textarea');
  }

  /** Types a question and sends it with Enter. */
  async ask(question: string): Promise<void> {
    await this.composer().click();
    await this.composer().pressSequentially(question, { delay: 5 });
    await this.composer().press('Enter');
  }

  /** Types a mention and chooses the suggestion that shows `label`. */
  async mention(text: string, label: string): Promise<void> {
    await this.composer().click();
    await this.composer().press('End');
    await this.composer().pressSequentially(`@${text}`, { delay: 5 });
    const row = this.frame.locator('.suggestions[aria-busy=false] li', { hasText: label }).first();
    await row.waitFor();
    while (!(await row.getAttribute('class'))?.includes('active')) await this.composer().press('ArrowDown');
    await this.composer().press('Enter');
    await this.frame.locator('.suggestions').waitFor({ state: 'hidden' });
  }

  /** Empties the composer. */
  async clear(): Promise<void> {
    await this.composer().fill('');
  }

  /** The n-th answer, from 0. */
  answer(n: number): Locator {
    return this.frame.locator('article.answer').nth(n);
  }

  /** Waits until the n-th answer has ended, and returns it. */
  async ended(n: number): Promise<Locator> {
    const answer = this.answer(n);
    await answer.locator('.ending').waitFor({ timeout: 90_000 });
    return answer;
  }

  /** Begins an empty chat, as the button in the view's title does. */
  async newThread(): Promise<void> {
    await this.window.command('Gearshift: New Chat');
    await this.frame.locator('.empty').waitFor();
  }

  /** Shows the history, as the button in the view's title does. */
  async openHistory(): Promise<void> {
    await this.window.command('Gearshift: Chat History');
    await this.frame.locator('.history').waitFor();
  }

  /** Why *Auto* sent a question where it did: the hover of the one line above its answer. */
  async routeOf(answer: Locator): Promise<string> {
    return (await answer.locator('.route').getAttribute('title')) ?? '';
  }

  /** Chooses an entry of the menu beside the route of an answer. */
  async routeMenu(answer: Locator, entry: string | RegExp): Promise<void> {
    await answer.getByRole('button', { name: 'Why this tier, and the others' }).click();
    await this.frame.getByRole('menuitem', { name: entry }).click();
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name });
  }

  async chooseTier(tier: 'local' | 'mid' | 'frontier'): Promise<void> {
    await this.frame.locator('.tier-button').click();
    await this.frame.locator(`#tier-${tier}`).click();
    await this.frame.locator('.tier-button .tier-name', { hasText: new RegExp(tier, 'i') }).waitFor();
  }
}
