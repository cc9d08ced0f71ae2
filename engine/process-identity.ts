import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/**
 * A text that no other process ever has: when this pid was started. A pid alone is given to another
 * program sooner or later. undefined when no such process lives; a zombie counts as dead.
 */
export async function processIdentity(
  pid: number,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  return platform === 'linux' ? identityFromProc(pid) : identityFromPs(pid);
}

async function identityFromProc(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The name in parentheses may hold anything, so fields are counted after it (proc(5): state is field 3).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    const startedAtTick = fields[19];
    if (state === 'Z' || state === 'X' || startedAtTick === undefined) return undefined;
    return `${boot.trim()}:${startedAtTick}`;
  } catch {
    return undefined;
  }
}

async function identityFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    const [state, ...started] = stdout.trim().split(/\s+/);
    return state === undefined || state.startsWith('Z') || started.length === 0
      ? undefined
      : started.join(' ');
  } catch {
    return undefined;
  }
}

/** A process as it was when it was written down. */
export interface ProcessRecord {
  pid: number;
  identity: string;
}

/** Whether that very process still lives, and not merely one with its pid. */
export async function isAlive(recorded: ProcessRecord): Promise<boolean> {
  return (await processIdentity(recorded.pid)) === recorded.identity;
}

/** This process, to be written down. */
export async function ownRecord(): Promise<ProcessRecord> {
  return { pid: process.pid, identity: (await processIdentity(process.pid)) ?? 'unknown' };
}
