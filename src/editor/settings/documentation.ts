import * as vscode from 'vscode';

/** Shows the README that comes with the extension; its links lead to the other pages. */
export async function openDocumentation(extension: vscode.Uri): Promise<void> {
  // The packager of extensions writes the name in lower case.
  const files = await vscode.workspace.fs.readDirectory(extension);
  const [name = 'README.md'] = files.find(([file]) => file.toLowerCase() === 'readme.md') ?? [];
  await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.joinPath(extension, name));
}
