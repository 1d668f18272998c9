import * as vscode from 'vscode';

/**
 * Whether VS Code may hand requests to a proxy that the user or the environment names. A proxy of the system is no
 * matter here: systems leave out the addresses of this machine by themselves.
 */
export function hasProxy(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  const http = vscode.workspace.getConfiguration('http');
  if (http.get<string>('proxySupport') === 'off') return false;
  if (http.get<string>('proxy')) return true;
  return Object.entries(environment).some(([name, value]) => /^(https?|all)_proxy$/i.test(name) && value);
}
