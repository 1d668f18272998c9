import type * as vscode from 'vscode';
import type { PromptFile } from '../../core/chat/promptFiles.ts';
import type { Estimator, Gateway } from '../../core/gateway/call.ts';
import type { Config } from '../platform/config.ts';
import type { KeptTaskRecipes } from '../platform/keptTaskRecipes.ts';
import type { TaskFolders } from './taskFolder.ts';
import type { UnfinishedComparison } from './unfinished.ts';

/** What a comparison on kept tasks needs of the window. */
export interface RunTasksParts {
  readonly config: Config;
  readonly gateway: Gateway & Estimator;
  readonly folders: TaskFolders;
  readonly trusted: () => boolean;
  /** The prompts behind `/` as they are now, by name. */
  readonly prompts: () => Promise<ReadonlyMap<string, PromptFile>>;
  readonly recipes: () => Promise<KeptTaskRecipes>;
  /** Of the workspace: the commands that the user allowed. */
  readonly state: vscode.Memento;
  /** The comparison that was stopped last. */
  readonly unfinished: Pick<UnfinishedComparison, 'read' | 'keep'>;
  /** What the user can decide after a comparison of before and now; absent for any other comparison. */
  readonly decide?:
    { readonly keep: () => Promise<void>; readonly back?: (() => Promise<void>) | undefined } | undefined;
}
