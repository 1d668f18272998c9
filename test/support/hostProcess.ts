import fs from 'node:fs';

/** The extension host of a VS Code server, by Linux's own account; elsewhere its figures are not known. */
export interface HostUsage {
  /** Ms of processor time since its start. */
  readonly cpuMs: number;
  readonly rssMb: number;
}

const TICK_MS = 10;

/** @param dir the server's data folder, by which its process is recognized */
export function readHostUsage(dir: string): HostUsage | undefined {
  const pid = findHost(dir);
  if (pid === undefined) return undefined;
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const rss = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssMb: Number(rss) / 1024 };
  } catch {
    return undefined;
  }
}

/** Process id of the extension host of a server, by the server's data folder. */
export function findHost(dir: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const all = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const commandOf = (pid: string): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
  const parentOf = (pid: string): string => /PPid:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? '0';
  const server = all.find(
    (pid) => commandOf(pid).includes(`--server-data-dir ${dir} `) && parentOf(pid) === String(process.pid),
  );
  const hosts = all.filter((pid) => commandOf(pid).includes('--type=extensionHost'));
  const host = hosts.findLast((pid) => ancestors(pid, parentOf).includes(server ?? '-'));
  return host === undefined ? undefined : Number(host);
}

function ancestors(pid: string, parentOf: (pid: string) => string): string[] {
  const found: string[] = [];
  for (let at = parentOf(pid); at !== '0' && at !== '1'; at = parentOf(at)) found.push(at);
  return found;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
