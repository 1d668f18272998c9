import * as vscode from 'vscode';
import { gatherReviewContext } from '../../core/codeTools/reviewContext.ts';
import type { Attachment } from '../../core/chat/conversation.ts';
import { PROCESS_CLOCK } from '../../core/common/clock.ts';
import type { ModelRef, Tier } from '../../core/common/types.ts';
import { unifiedDiff } from '../../core/edits/unifiedDiff.ts';
import type { Gateway } from '../../core/gateway/call.ts';
import type { RunPorts } from '../../core/recipes/ports.ts';
import type { Checkpoints } from '../edits/checkpoints.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { originOf } from '../platform/attachmentOrigins.ts';
import { judgeDocument } from '../platform/contextFiles.ts';
import { readText } from '../platform/files.ts';
import { runCheck, type ChosenCheck, type Errors } from './check.ts';
import { searchWorkspace, type SearchParts } from './search.ts';
import { workspaceReader } from './workspaceReader.ts';

interface Parts {
  readonly gateway: Gateway;
  readonly run: string;
  readonly conversation: string;
  readonly chain: (tier: Tier) => readonly ModelRef[];
  readonly attachments: () => readonly Attachment[];
  readonly checkpoints: () => Promise<Checkpoints>;
  readonly check: () => ChosenCheck | undefined;
  readonly errors: () => Errors | undefined;
  /** Resolves when the editor's errors are those after a change. */
  readonly settled: () => Promise<void>;
  /** Shows the edits of an answer as a diff. */
  readonly propose: (text: string) => Promise<void>;
  readonly agent: NonNullable<RunPorts['agent']>;
  readonly codebase: SearchParts['codebase'];
}

/** How long gathering code around a change may take, in ms. */
const AROUND_MS = 5_000;
const MOST_AROUND = 40_000;

/** The workspace as a run sees it. */
export class WorkspacePorts {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get ports(): Omit<RunPorts, 'changed' | 'waiting'> {
    const { gateway, run, conversation, chain, check, errors, settled, propose, agent } = this.#parts;
    return {
      gateway,
      context: { run, conversation },
      chain,
      attached: () => Promise.all(this.#parts.attachments().map(asNow)),
      search: (texts, signal) => {
        const attachments = this.#parts.attachments();
        return searchWorkspace(texts, { codebase: this.#parts.codebase, attachments }, signal);
      },
      exists: async (path, line) => isOnPage(this.#parts.attachments(), path, line) ?? isPlace(path, line),
      changes: () => this.#diff(),
      around: async (diff, signal) => {
        const reader = workspaceReader();
        if (!reader) return '';
        const late = AbortSignal.any([signal, AbortSignal.timeout(AROUND_MS)]);
        return gatherReviewContext(diff, reader, { signal: late, characters: MOST_AROUND });
      },
      check: async (signal) => {
        const changed = (await this.#changes()).map(({ uri }) => uri);
        return runCheck(check(), { before: errors(), changed, settled }, signal);
      },
      apply: async (text) => {
        await propose(text);
        return 'waits';
      },
      agent,
      clock: PROCESS_CLOCK,
    };
  }

  async #changes(): ReturnType<Checkpoints['changesOf']> {
    return (await this.#parts.checkpoints()).changesOf([this.#parts.run]);
  }

  async #diff(): Promise<string> {
    const changes = await this.#changes();
    // The user may have let a secret file be changed; a model is shown it no more for that.
    const free = await Promise.all(changes.map(async ({ uri }) => (await judgeDocument(uri)) === 'free'));
    return changes
      .filter((_, i) => free[i])
      .map(({ uri, before, now }) =>
        unifiedDiff({
          nameBefore: before === null ? null : pathOf(uri),
          nameAfter: now === null ? null : pathOf(uri),
          before: before ?? '',
          after: now ?? '',
        }),
      )
      .join('');
  }
}

/** A whole file that is attached, as it is now; everything else as it was attached. */
async function asNow(attachment: Attachment): Promise<Attachment> {
  const origin = attachment.kind === 'file' ? originOf(attachment) : undefined;
  const read = origin && (await readText(origin.uri));
  return read?.kind === 'read' ? { ...attachment, text: read.file.text } : attachment;
}

/** Whether an attached web page has a line, from 1; undefined where the address is none of them. */
function isOnPage(attachments: readonly Attachment[], address: string, line: number): boolean | undefined {
  const page = attachments.find(({ kind, label }) => kind === 'url' && label === address);
  return page && line >= 1 && line <= page.text.split('\n').length;
}

/** Whether a file of the workspace that models may see has a line, from 1. */
export async function isPlace(path: string, line: number): Promise<boolean> {
  const parts = path.split('/');
  if (path.startsWith('/') || parts.includes('..')) return false;
  for (const { uri, name } of vscode.workspace.workspaceFolders ?? []) {
    const inside = parts[0] === name ? [parts, parts.slice(1)] : [parts];
    for (const each of inside) {
      const read = await readText(vscode.Uri.joinPath(uri, ...each));
      if (read.kind === 'read') return line >= 1 && line <= read.file.text.split('\n').length;
    }
  }
  return false;
}
