import assert from 'node:assert/strict';
import * as vscode from 'vscode';

/** What the extension contributes, seen from inside the real extension host. */
describe('surfaces', () => {
  it('a setting that the user changes takes effect without a reload', async () => {
    const section = () => vscode.workspace.getConfiguration('gearshift');
    await section().update('completions.enabled', false, vscode.ConfigurationTarget.Global);
    assert.equal(section().get('completions.enabled'), false);
    await section().update('completions.enabled', undefined, vscode.ConfigurationTarget.Global);
    assert.equal(section().get('completions.enabled'), true);
  });

  it('T01 a workspace cannot set any of our settings', async () => {
    const section = vscode.workspace.getConfiguration('gearshift');
    for (const name of ['providers', 'tiers.mid', 'consent.cloud', 'completions.enabled', 'ollama.baseUrl'])
      await assert.rejects(async () => section.update(name, {}, vscode.ConfigurationTarget.Workspace), name);
  });

  it('the commands that open something do so, and none of them throws', async () => {
    await vscode.commands.executeCommand('gearshift.meter.open');
    await vscode.commands.executeCommand('gearshift.settings.open');
    const titles = (): string[] => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
    const open = (): boolean => ['Gearshift Insights', 'Gearshift Settings'].every((title) => titles().includes(title));
    // Tabs are told to the extension host a moment later.
    for (let i = 0; i < 100 && !open(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(open(), `open tabs: ${titles().join(', ')}`);
    await vscode.commands.executeCommand('gearshift.chat.new');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('T21 commands take no arguments: junk from another extension changes nothing', async () => {
    const before = JSON.stringify(vscode.workspace.getConfiguration('gearshift'));
    for (const junk of [undefined, null, 'https://sink.example', { provider: 'x', key: 'sk-x' }, [1, 2], () => 1]) {
      await vscode.commands.executeCommand('gearshift.chat.new', junk);
      await vscode.commands.executeCommand('gearshift.completions.accepted', junk);
      // What pays for an answer needs a repository of the workspace, whatever a caller hands over.
      for (const name of ['commitMessage.write', 'commitMessage.stop', 'review.dismiss', 'review.clear'])
        await vscode.commands.executeCommand(`gearshift.${name}`, junk);
    }
    assert.equal(JSON.stringify(vscode.workspace.getConfiguration('gearshift')), before);
  });
});
