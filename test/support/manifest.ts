import fs from 'node:fs';
import path from 'node:path';

interface SettingEntry {
  readonly type: string;
  readonly scope?: string;
  readonly default: unknown;
  readonly markdownDeprecationMessage?: string;
}

/** The extension's manifest, as far as tests look at it. */
export interface Manifest {
  readonly main: string;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly enabledApiProposals?: unknown;
  readonly extensionKind: readonly string[];
  readonly activationEvents: readonly string[];
  readonly capabilities: Readonly<Record<string, { readonly supported: unknown }>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly keybindings: readonly { readonly command: string; readonly key: string; readonly mac?: string }[];
    readonly menus: Readonly<
      Record<string, readonly { readonly command?: string; readonly submenu?: string; readonly when?: string }[]>
    >;
    readonly submenus: readonly { readonly id: string; readonly label: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, SettingEntry>> };
  };
}

const ROOT = path.resolve(import.meta.dirname, '../..');
export const MANIFEST = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** The manifest's defaults by setting name without `gearshift.`. */
export const DEFAULTS = Object.fromEntries(
  Object.entries(MANIFEST.contributes.configuration.properties).map(([name, entry]) => [
    name.replace(/^gearshift\./, ''),
    entry.default,
  ]),
);
