import { describe, expect, it } from 'vitest';
import { parseKeyReference, resolveKey } from '../../providers/index.js';

const sources = {
  env: { SET: '  sk-from-env\n', EMPTY: ' ' } as Record<string, string | undefined>,
  readFile: (path: string): Promise<string> => {
    if (path === '/run/secrets/key') return Promise.resolve('sk-from-file\n');
    if (path === '/run/secrets/empty') return Promise.resolve('\n');
    return Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }));
  },
};

describe('resolveKey', () => {
  it('takes a key from the environment or a file, trimmed', async () => {
    expect(await resolveKey('env:SET', sources)).toEqual({ ok: true, key: 'sk-from-env' });
    expect(await resolveKey('file:/run/secrets/key', sources)).toEqual({ ok: true, key: 'sk-from-file' });
  });

  it('reads again at each call, so that a rotated key is seen', async () => {
    const keys = ['first', 'second'];
    const rotating = { ...sources, readFile: () => Promise.resolve(keys.shift() ?? '') };
    expect(await resolveKey('file:/k', rotating)).toEqual({ ok: true, key: 'first' });
    expect(await resolveKey('file:/k', rotating)).toEqual({ ok: true, key: 'second' });
  });

  it.each([
    ['env:UNSET', 'environment variable UNSET is not set'],
    ['env:EMPTY', 'environment variable EMPTY is empty'],
    ['file:/run/secrets/none', '/run/secrets/none cannot be read (ENOENT)'],
    ['file:/run/secrets/empty', '/run/secrets/empty is empty'],
  ])('%s: says what to set', async (reference, reason) => {
    expect(await resolveKey(reference, sources)).toEqual({
      ok: false,
      reason: expect.stringContaining(reason) as unknown,
    });
  });

  it.each(['sk-proj-AbCdEf123456', 'env:sk-proj-AbCdEf123456', 'AbCdEf123456'])(
    'a key in place of a reference is refused and not repeated',
    async (literal) => {
      const refused = await resolveKey(literal, sources);
      expect(refused.ok).toBe(false);
      expect(JSON.stringify(refused)).not.toContain('AbCdEf123456');
      expect(parseKeyReference(literal)).toEqual(refused);
    },
  );
});
