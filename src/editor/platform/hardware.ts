import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { debugLog } from '../../core/common/debugLog.ts';
import type { MachineMemory } from '../../core/setup/ollamaRecommend.ts';
import type { Surroundings } from '../../core/setup/ollamaDetect.ts';

/** The facts that this extension host knows about its computer. */

const ASK_MS = 3_000;

/** Absolute, so that nothing in a workspace or in PATH is run in its place. */
const NVIDIA_SMI: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/bin/nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi', '/usr/local/bin/nvidia-smi'],
  win32: [path.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'nvidia-smi.exe')],
};

/** The memory for models; that of a GPU only where the system tells it without further tools. */
export async function readMachineMemory(): Promise<MachineMemory> {
  const ram = os.totalmem();
  if (process.platform === 'darwin') return { ram, unified: process.arch === 'arm64' };
  const vram = Math.max(0, ...(await nvidiaMemory()), ...(await amdMemory()));
  return { ram, unified: false, ...(vram > 0 ? { vram } : {}) };
}

/** NVIDIA's own tool, in bytes for each card; it comes with the driver. */
async function nvidiaMemory(): Promise<number[]> {
  for (const file of NVIDIA_SMI[process.platform] ?? []) {
    try {
      await fs.access(file);
      const args = ['--query-gpu=memory.total', '--format=csv,noheader,nounits'];
      const { stdout } = await promisify(execFile)(file, args, { timeout: ASK_MS, windowsHide: true });
      return stdout.split('\n').map((line) => (Number(line.trim()) || 0) * 1024 * 1024);
    } catch (error) {
      // no such card, or its driver is not running
      debugLog('memory of graphics cards', error);
    }
  }
  return [];
}

/** The kernel's figures of the amdgpu driver, in bytes for each card. */
async function amdMemory(): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const cards = await fs.readdir('/sys/class/drm').catch(() => []);
  return Promise.all(
    cards
      .filter((card) => /^card\d+$/.test(card))
      .map(async (card) => {
        const text = await fs.readFile(`/sys/class/drm/${card}/device/mem_info_vram_total`, 'utf8').catch(() => '');
        return Number(text.trim()) || 0;
      }),
  );
}

/** Where this host runs, for the search for Ollama. `configured` is the current address. */
export async function readSurroundings(configured: string): Promise<Surroundings> {
  const exists = (file: string): Promise<boolean> =>
    fs.access(file).then(
      () => true,
      () => false,
    );
  return {
    configured,
    ollamaHost: process.env['OLLAMA_HOST'],
    wsl: process.platform === 'linux' && /microsoft/i.test(os.release()),
    routes: process.platform === 'linux' ? await fs.readFile('/proc/net/route', 'utf8').catch(() => '') : '',
    container: (await exists('/.dockerenv')) || (await exists('/run/.containerenv')),
  };
}
