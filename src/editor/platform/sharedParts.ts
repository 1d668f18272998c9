import type * as vscode from 'vscode';
import { lazy, type Lazy } from './lazy.ts';

/**
 * The parts that features offer each other, by name. The platform knows no feature: each adds its own parts to this
 * interface, in its `register.ts`.
 */
export interface SharedPartTypes {
  /** Opens the settings page at a section. */
  readonly openSettings: (section?: string) => Promise<void>;
  /** The chat, for other features that ask questions in it. */
  readonly chatQuestions: {
    /** Asks for a fix of problems that a change brought. */
    askToFix(uri: vscode.Uri, problems: string): Promise<void>;
    /** Asks about some lines of a document. */
    askAbout(document: vscode.TextDocument, range: vscode.Range, question: string): Promise<void>;
    /** Escalates problems of a document, with the code that they are in. */
    escalateProblems(document: vscode.TextDocument, at: vscode.Position, problems: string): Promise<void>;
  };
}
export type PartName = keyof SharedPartTypes;

/** Parts that are made when they are first asked for, which is usually after activation. */
export class SharedParts {
  readonly #parts = new Map<PartName, Lazy<unknown>>();

  /** Offers a part. @param make called at most once; after a failure it is tried again */
  provide<N extends PartName>(name: N, make: () => Promise<SharedPartTypes[N]>): void {
    this.#parts.set(name, lazy(make));
  }

  /** @throws Error where the feature that offers the part could not be started */
  async get<N extends PartName>(name: N): Promise<SharedPartTypes[N]> {
    const part = this.#parts.get(name);
    if (!part) throw new Error(`no feature offers "${name}"`);
    return (await part()) as SharedPartTypes[N];
  }

  /** The part if it has been made already. */
  made<N extends PartName>(name: N): SharedPartTypes[N] | undefined {
    return this.#parts.get(name)?.made as SharedPartTypes[N] | undefined;
  }
}
