import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** VS Code has no API for this, so the system is asked, in the background and at most this often, in ms. */
const EVERY_MS = 60_000;
const TIMEOUT_MS = 5_000;

/** Whether this computer runs on battery; false where that cannot be known. */
export class Power {
  #onBattery = false;
  #askedAt = -Infinity;

  /** The last known state; asks again in the background when it is old. */
  get onBattery(): boolean {
    const now = performance.now();
    if (now - this.#askedAt > EVERY_MS) {
      this.#askedAt = now;
      void readOnBattery().then((onBattery) => (this.#onBattery = onBattery));
    }
    return this.#onBattery;
  }
}

async function readOnBattery(): Promise<boolean> {
  switch (process.platform) {
    case 'linux':
      return readLinux('/sys/class/power_supply');
    case 'darwin':
      return /Battery Power/.test(await output('/usr/bin/pmset', ['-g', 'ps']));
    case 'win32':
      // 1: the battery is discharging (Win32_Battery.BatteryStatus).
      return /^1\b/m.test(
        await output('powershell.exe', ['-NoProfile', '-Command', '(Get-CimInstance Win32_Battery).BatteryStatus']),
      );
    default:
      return false;
  }
}

/** On battery: there is one that discharges, and no mains adapter that is connected. */
export async function readLinux(folder: string): Promise<boolean> {
  const read = (...parts: string[]): Promise<string> =>
    fs.promises.readFile(path.join(folder, ...parts), 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const supplies = await fs.promises.readdir(folder).catch(() => []);
  let discharging = false;
  for (const supply of supplies) {
    const type = await read(supply, 'type');
    if ((type === 'Mains' || type === 'USB') && (await read(supply, 'online')) === '1') return false;
    // Mice and headsets have batteries as well.
    if (type === 'Battery' && (await read(supply, 'scope')) !== 'Device')
      discharging ||= (await read(supply, 'status')) === 'Discharging';
  }
  return discharging;
}

const output = (command: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(command, [...args], { timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout) =>
      resolve(error ? '' : stdout),
    );
  });
