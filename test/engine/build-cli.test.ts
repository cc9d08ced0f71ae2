import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { buildCli } from '../../engine/build-cli.js';

test('a long build tells its time every half minute, and every minute after three', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-build-'));
  const progress: string[] = [];
  let finish: (() => void) | undefined;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  try {
    const building = buildCli({
      folder,
      logPath: join(folder, 'go-build.log'),
      env: {},
      run: (_program, [step]) =>
        step === 'env'
          ? Promise.resolve({ ok: true, output: 'go1.26.4\nlocal' })
          : new Promise((resolve) => {
              finish = () => resolve({ ok: false, output: 'no space' });
            }),
      onProgress: (line) => progress.push(line),
    });
    await expect.poll(() => finish, { interval: 1 }).toBeDefined();
    vi.advanceTimersByTime(5 * 60_000);
    finish?.();

    expect(await building).toMatchObject({ failed: expect.stringContaining('no space') as string });
    expect(progress[0]).toMatch(/3 to 6 minutes on two free cores, longer on a busy machine; once only/);
    const told = progress.flatMap((line) => /^Still building .*\((.*)\)/.exec(line)?.[1] ?? []);
    expect(told).toEqual([
      '30 s',
      ...['1 min 0 s', '1 min 30 s', '2 min 0 s', '2 min 30 s', '3 min 0 s'],
      ...['4 min 0 s', '5 min 0 s'],
    ]);
  } finally {
    vi.useRealTimers();
    await rm(folder, { recursive: true, force: true });
  }
});
