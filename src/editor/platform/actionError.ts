/** An error with the one step that helps: its message is shown with a button. */
export class ActionError extends Error {
  readonly action: string;
  readonly run: () => Promise<void>;

  /**
   * @param message for the user
   * @param action words of the button
   * @param run what the button does
   */
  constructor(message: string, action: string, run: () => Promise<void>) {
    super(message);
    this.action = action;
    this.run = run;
  }
}
