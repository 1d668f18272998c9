/** Types of vscode-server.mjs, for the TypeScript that uses it. */

export interface Installation {
  /** The Node that runs the server. */
  node: string;
  /** Folder of the code-server package. */
  codeServer: string;
  /** The script that starts the VS Code server. */
  main: string;
}

export interface ServerOptions {
  /** Holds everything of this server: user data, extensions, logs. */
  dir: string;
  /** Default: a free one. */
  port?: number;
  /** Added to the environment of the server, which is also that of the extension host. */
  env?: Record<string, string | undefined>;
  /** More command line arguments. */
  args?: string[];
  /** User settings to start with. */
  settings?: Record<string, unknown>;
  /** Whether workspace trust is on, so that windows open restricted. */
  trust?: boolean;
  /** For tests inside the extension host: allows test paths in the address, silences dialogs and notifications. */
  driver?: boolean;
}

export interface Server {
  base: string;
  port: number;
  dir: string;
  settingsFile: string;
  logTail(): string;
  stop(): Promise<void>;
}

export function installServer(): Promise<Installation>;
export function installExtension(dir: string, vsix: string): Promise<void>;
export function startServer(options: ServerOptions): Promise<Server>;
export function cleanEnvironment(extra?: Record<string, string | undefined>): NodeJS.ProcessEnv;
export function freePort(wish?: number): Promise<number>;
export function remoteUri(server: Server, file: string): string;
export function windowUrl(server: Server, folder: string, payload?: Record<string, string>): string;
