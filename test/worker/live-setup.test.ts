import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../config/load.js';
import { createLiveSetup, type LiveSetup } from '../../worker/live-setup.js';

let folder: string;
let live: LiveSetup | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-live-'));
});
afterEach(async () => {
  live?.stop();
  await rm(folder, { recursive: true, force: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text);

const withHook = (module: string, deadline: string): string =>
  `deadline: ${deadline}\nhooks: { beforeAttempt: [{ module: ${module} }] }`;

/** What a worker with the config of the folder says, in order. */
async function start(): Promise<{
  live: LiveSetup;
  said: string[];
  saidSoMuch: (count: number) => Promise<void>;
}> {
  const said: string[] = [];
  const logger = pino({}, { write: (line: string) => said.push(line) });
  const source = { env: {}, directory: folder };
  live = await createLiveSetup(await loadConfig(source), logger, source);
  const saidSoMuch = (count: number): Promise<void> =>
    vi.waitFor(() => expect(said.length).toBe(count), { timeout: 20_000, interval: 10 });
  return { live, said, saidSoMuch };
}

const hangUp = (): void => {
  process.kill(process.pid, 'SIGHUP');
};

const deadlineOf = ({ current }: LiveSetup): number => current().config.deadline;

/** What the first hook before an attempt notes. */
async function noteOf({ current }: LiveSetup): Promise<unknown> {
  const run = current().hooks.beforeAttempt[0]?.run;
  // These hooks look at nothing.
  return run?.(undefined as never, undefined as never);
}

describe('a live setup', () => {
  it('ends with the newest config, although an older one takes longer to load', async () => {
    await write('holdfast.yaml', 'deadline: 1s');
    const { live, saidSoMuch } = await start();
    const begun = path.join(folder, 'begun');
    await write(
      'slow.mjs',
      `import { writeFileSync } from 'node:fs';
       writeFileSync(${JSON.stringify(begun)}, '');
       await new Promise((resolve) => setTimeout(resolve, 1_000));
       export default () => undefined;`,
    );
    await write('holdfast.yaml', withHook('./slow.mjs', '2s'));
    hangUp();
    await vi.waitFor(() => loadConfig({ file: begun }), { timeout: 20_000, interval: 5 });
    await write('holdfast.yaml', 'deadline: 3s');
    hangUp();
    await saidSoMuch(2);
    expect(deadlineOf(live)).toBe(3_000);
  });

  it('takes a config it had refused once the missing hook module is there', async () => {
    await write('holdfast.yaml', 'deadline: 1s');
    const { live, said, saidSoMuch } = await start();
    await write('holdfast.yaml', withHook('./late.mjs', '2s'));
    hangUp();
    await saidSoMuch(1);
    expect(said[0]).toContain('./late.mjs#default cannot be loaded');
    expect(deadlineOf(live)).toBe(1_000);
    await write('late.mjs', 'export default () => ({ note: "here" });');
    hangUp();
    await saidSoMuch(2);
    expect(deadlineOf(live)).toBe(2_000);
    expect(await noteOf(live)).toEqual({ note: 'here' });
  });

  it('loads an edited hook module anew with a changed config, and on SIGHUP alone', async () => {
    await write('hook.mjs', 'export default () => ({ note: "first" });');
    await write('holdfast.yaml', withHook('./hook.mjs', '1s'));
    const { live, saidSoMuch } = await start();
    expect(await noteOf(live)).toEqual({ note: 'first' });
    await write('hook.mjs', 'export default () => ({ note: "second" });');
    await write('holdfast.yaml', withHook('./hook.mjs', '2s'));
    hangUp();
    await saidSoMuch(1);
    expect(await noteOf(live)).toEqual({ note: 'second' });
    await write('hook.mjs', 'export default () => ({ note: "third" });');
    hangUp();
    await saidSoMuch(2);
    expect(await noteOf(live)).toEqual({ note: 'third' });
  });
});
