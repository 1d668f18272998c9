import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { BUILD_STAGE } from '../../core/languageModels/plan.ts';
import type { LedgerRow, LedgerStore } from '../../core/ledger/ledger.ts';
import { addFields } from '../../core/common/sums.ts';
import { NO_USAGE, type Usage } from '../../core/common/types.ts';
import type { AgentEnd, AgentTask, AgentUsed } from '../../core/recipes/ports.ts';
import { FileSnapshot } from '../../storage/fileSnapshot.ts';
import type { CheckpointOf } from '../../storage/checkpoints.ts';
import type { Checkpoints } from '../edits/checkpoints.ts';
import { originOf } from '../platform/attachmentOrigins.ts';
import { listSources } from '../platform/sources.ts';
import type { SharedPartTypes } from '../platform/sharedParts.ts';

/** The work stage of a recipe by VS Code's agent: the files before are kept, and what the agent used is read from the ledger. */

export interface AgentWorkParts {
  readonly chat: Pick<SharedPartTypes['vsCodeChat'], 'run' | 'obstacle'>;
  readonly checkpoints: Checkpoints;
  readonly ledger: () => Promise<Pick<LedgerStore, 'rows'>>;
  readonly trusted: () => boolean;
  /** The run of the recipe. */
  readonly run: string;
  /** What the checkpoint of the run says. */
  readonly label: string;
  /** Told what the agent waits for, in words; empty: nothing. */
  readonly waiting: (words: string) => void;
}

/** How long VS Code may take to read files again that a command changed, and how often that is looked at, in ms. */
const RELOAD_MS = 2_000;
const LOOK_EVERY_MS = 100;
/** Rows of the ledger that one stage may have. */
const MOST_ROWS = 5_000;

/** Why the work cannot be done by VS Code's agent, as a sentence; empty where it can. */
export async function agentObstacle({ chat, trusted }: Pick<AgentWorkParts, 'chat' | 'trusted'>): Promise<string> {
  if (!trusted()) return t("This workspace is not trusted, so VS Code's agent does not run in it.");
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) return t("No folder is open, so VS Code's agent has nothing to work in.");
  if (folders.some(({ uri }) => uri.scheme !== 'file'))
    return t(
      "The files of this workspace are not on a disk, so they cannot be kept before VS Code's agent changes them.",
    );
  return chat.obstacle();
}

/** Lets VS Code's agent do the work of a stage. Does not throw because of the agent. */
export async function workByAgent(
  task: AgentTask,
  parts: AgentWorkParts,
  signal: AbortSignal,
): Promise<AgentEnd | { readonly unavailable: string }> {
  const why = await agentObstacle(parts);
  if (why) return { unavailable: why };
  parts.waiting(t('Keeping the files as they are now'));
  const snapshot = await FileSnapshot.take(await sourcePaths(), unsavedTexts());
  if (!snapshot)
    return {
      unavailable: t("This workspace has too many files to keep them before VS Code's agent changes them."),
    };
  parts.waiting(t("VS Code's agent works. You can follow it in VS Code's chat."));
  const of: CheckpointOf = { id: parts.run, kind: 'answer', label: parts.label };
  const keeper = keepWhatChanges(snapshot, of, parts.checkpoints);
  const since = Date.now();
  try {
    const end = await parts.chat.run(
      {
        agent: BUILD_STAGE,
        model: task.tier,
        prompt: task.prompt,
        files: task.files.flatMap((file) => originOf(file)?.uri ?? []),
        limits: {
          nanoUsd: task.nanoUsd,
          requests: task.requests,
          tier: task.tier,
          chain: task.chain,
          run: parts.run,
        },
        progress: (so) => task.progress(usedOf(so)),
        asksUser: () =>
          parts.waiting(
            t(
              "The agent asks you something in VS Code's chat. Answer it there. If you stop the agent there, stop the run here too: VS Code does not tell Gearshift.",
            ),
          ),
      },
      signal,
    );
    if (!end.available) return { unavailable: end.why };
    const used = { ...usedOf(end), ...(await onLedger(end.conversation, since, parts)) };
    const outcome = end.limitWords ? 'limited' : end.state === 'waiting' ? 'failed' : end.state;
    const { text, failure, place } = end;
    return { ...used, outcome, text, words: end.limitWords || end.error, failure, place };
  } finally {
    keeper.dispose();
    const changed = await snapshot.changedSince(await sourcePaths());
    const files = changed.map(({ path, text }) => ({ uri: vscode.Uri.file(path), text }));
    await untilReloaded(files.map(({ uri }) => uri));
    await parts.checkpoints.keepAs(
      of,
      files.map(({ uri, text }) => ({ uri: uri.toString(), text })),
    );
  }
}

/** Waits until open documents show what a command of the agent wrote: VS Code takes a moment to read it. */
async function untilReloaded(uris: readonly vscode.Uri[]): Promise<void> {
  const changed = new Set(uris.map((uri) => uri.toString()));
  const decoder = new TextDecoder();
  const lines = (text: string): string => text.replaceAll('\r\n', '\n');
  const isStale = async (document: vscode.TextDocument): Promise<boolean> => {
    if (document.isDirty || !changed.has(document.uri.toString())) return false;
    const bytes = await vscode.workspace.fs.readFile(document.uri).then(
      (found) => found,
      () => undefined,
    );
    return bytes !== undefined && lines(decoder.decode(bytes)) !== lines(document.getText());
  };
  for (let waited = 0; waited < RELOAD_MS; waited += LOOK_EVERY_MS) {
    const stale = await Promise.all(vscode.workspace.textDocuments.map(isStale));
    if (!stale.includes(true)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const sourcePaths = async (): Promise<string[]> => [...(await listSources()).values()].map(({ fsPath }) => fsPath);

/** Texts of files that the editor holds with unsaved changes: the agent reads these, not the disk. */
const unsavedTexts = (): ReadonlyMap<string, string> =>
  new Map(
    vscode.workspace.textDocuments
      .filter(({ isDirty, uri }) => isDirty && uri.scheme === 'file')
      .map((document) => [document.uri.fsPath, document.getText()]),
  );

/** Keeps each file at its first change: a window that is reloaded in the middle of the work can still restore it. */
function keepWhatChanges(snapshot: FileSnapshot, of: CheckpointOf, checkpoints: Checkpoints): vscode.Disposable {
  const seen = new Set<string>();
  const keep = (uri: vscode.Uri): void => {
    const text = snapshot.textOf(uri.fsPath);
    if (text === undefined || seen.has(uri.fsPath)) return;
    seen.add(uri.fsPath);
    void checkpoints.keepAs(of, [{ uri: uri.toString(), text }]);
  };
  const watchers = (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) => {
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(uri, '**/*'), true);
    return [watcher, watcher.onDidChange(keep), watcher.onDidDelete(keep)];
  });
  return vscode.Disposable.from(...watchers);
}

type Used = Parameters<NonNullable<Parameters<AgentWorkParts['chat']['run']>[0]['progress']>>[0];

const usedOf = ({ cost, usage, models, model, attempts }: Used): AgentUsed => ({
  by: [...new Set([...(model ? [model.model] : []), ...models])],
  model,
  requests: attempts,
  usage,
  nanoUsd: cost.nanoUsd,
  ...(cost.isUnknown ? { costUnknown: true } : {}),
});

/**
 * Requests, tokens and cost of a conversation as the ledger has them, with the titles and summaries that VS Code asks for;
 * nothing where it cannot be read.
 */
async function onLedger(
  conversation: string | undefined,
  since: number,
  { ledger, run }: Pick<AgentWorkParts, 'ledger' | 'run'>,
): Promise<Partial<Pick<AgentUsed, 'requests' | 'usage' | 'nanoUsd' | 'costUnknown'>>> {
  if (conversation === undefined) return {};
  const all = await ledger()
    .then((store) => store.rows({ since, limit: MOST_ROWS }))
    .catch((): readonly LedgerRow[] => []);
  const belongs = (row: LedgerRow): boolean => row.conversation === conversation || row.task === 'overhead';
  const rows = all.filter((row) => row.run === run && belongs(row));
  if (rows.length === 0) return {};
  return {
    requests: rows.length,
    usage: rows.reduce<Usage>((sum, { settled }) => (settled ? addFields(sum, settled.usage) : sum), NO_USAGE),
    nanoUsd: rows.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? 0), 0),
    ...(rows.some(({ settled }) => settled === null || settled.cost.nanoUsd === null) ? { costUnknown: true } : {}),
  };
}
