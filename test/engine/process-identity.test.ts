import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { processIdentity } from '../../engine/process-identity.js';

const platforms: NodeJS.Platform[] = [];
if (process.platform === 'linux') platforms.push('linux');
// Where there is no /proc, and wherever else `ps` is installed.
if (spawnSync('ps', ['-p', String(process.pid)]).status === 0) platforms.push('darwin');

describe.each(platforms)('as read on %s', (platform) => {
  test('stays the same while the process lives, and ends with it', async () => {
    const child = spawn('sleep', ['60']);
    const pid = child.pid ?? 0;
    const identity = await processIdentity(pid, platform);
    expect(identity).toBeTruthy();
    expect(await processIdentity(pid, platform)).toBe(identity);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await processIdentity(pid, platform)).toBeUndefined();
  });
});
