import * as vscode from 'vscode';
import type { CodeReader, CodeSpan } from '../../core/codeTools/reviewContext.ts';
import { codeReaderAt } from '../codeTools/codeReader.ts';

/** The code of the whole workspace by paths as diffs of a run name them: with several folders, that of a folder comes first. */
export function workspaceReader(): CodeReader | undefined {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [only] = folders;
  if (folders.length < 2) return only && codeReaderAt(only.uri);
  const readers = new Map(folders.map(({ name, uri }) => [name, codeReaderAt(uri)]));
  const place = (
    path: string,
  ): { readonly reader: CodeReader; readonly inside: string; readonly name: string } | null => {
    const [name = '', ...rest] = path.split('/');
    const reader = readers.get(name);
    return reader ? { reader, inside: rest.join('/'), name } : null;
  };
  const named = (spans: readonly CodeSpan[], name: string): CodeSpan[] =>
    spans.map((span) => ({ ...span, path: `${name}/${span.path}` }));
  return {
    lines: async (path, signal) => {
      const at = place(path);
      return at && at.reader.lines(at.inside, signal);
    },
    declarations: async (path, signal) => {
      const at = place(path);
      return at && at.reader.declarations(at.inside, signal);
    },
    references: async (path, declared, signal) => {
      const at = place(path);
      const found = at && (await at.reader.references(at.inside, declared, signal));
      return found && named(found, at.name);
    },
    search: async (name, like, signal) => {
      const at = place(like);
      return at ? named(await at.reader.search(name, at.inside, signal), at.name) : [];
    },
  };
}
