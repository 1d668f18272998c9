import path from 'node:path';
import type { TestContext } from 'node:test';
import type * as vscode from 'vscode';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import type { SurvivalTracker } from '../../../src/core/insights/survivalTracker.ts';
import type { EditRequest } from '../../../src/editor/edits/proposal.ts';
import { Checkpoints } from '../../../src/editor/edits/checkpoints.ts';
import { EditApplier } from '../../../src/editor/edits/proposals.ts';
import { CheckpointStore } from '../../../src/storage/checkpoints.ts';
import { bookLog } from '../../support/bookLog.ts';
import { startHost, type Host, type HostOptions } from '../../support/vscode/host.ts';

/** An applier in an editor with these files, and what the ledger is told of applied edits. */
export function applierIn(t: TestContext, options: HostOptions) {
  const host = startHost(t, options);
  const log = bookLog();
  const told: string[] = [];
  const tracker = {
    applied: ({ id, by, uri, pieces }: Parameters<SurvivalTracker['applied']>[0]) =>
      void told.push(
        `applied ${id ? '' : 'without id '}${by.model} ${uri.split('/').at(-1)} ${JSON.stringify(pieces)}`,
      ),
    retracted: () => void told.push('retracted'),
  };
  const storeDir = path.join(host.root, 'checkpoints');
  const checkpoints = new Checkpoints(new CheckpointStore(storeDir, (words) => void log.errors.push(words)), log);
  t.after(() => checkpoints.dispose());
  const applier = new EditApplier(
    log,
    () => Promise.resolve(tracker as unknown as SurvivalTracker),
    (...files) => checkpoints.keep(...files),
  );
  t.after(() => applier.dispose());
  const propose = (answer: string, over: Partial<EditRequest> = {}): Promise<void> =>
    applier.propose({ answer: parseAnswer(answer), origins: [], by: BY, ...over });
  return { host, log, told, applier, checkpoints, propose };
}

const BY: EditRequest['by'] = { callId: 'call-1', tier: 'mid', task: 'chat', model: 'small' };

/** A search/replace block as models write it. */
export const change = (path: string, from: string, to: string): string =>
  `${path}\n\`\`\`\n<<<<<<< SEARCH\n${from}\n=======\n${to}\n>>>>>>> REPLACE\n\`\`\`\n`;

/** A file that an answer gives as a whole. */
export const file = (path: string, text: string): string => `\`\`\`ts ${path}\n${text}\n\`\`\`\n`;

/** The diffs and lists of diffs on show, by their titles. */
export const diffs = ({ tabs }: Host): string[] =>
  tabs.flatMap(({ label }) => (/proposed change/i.test(label) ? [label] : []));

/** The text on the right side of the diff in the active tab. */
export const proposed = (host: Host): string | undefined => {
  const input = host.activeTab?.input;
  return input && 'modified' in input ? host.find(input.modified)?.getText() : undefined;
};

/** What was attached from a document, as `EditRequest.origins` has it. */
export const originOf = (uri: unknown, text: string) => ({
  uri: uri as vscode.Uri,
  text,
  about: { start: 0, end: Number.MAX_SAFE_INTEGER },
});

export { settle, until } from '../../support/settle.ts';
