import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseProviders, type ChosenProviders } from '../../cli/choose-providers.js';
import { loadConfig } from '../../config/load.js';

async function choose(env: NodeJS.ProcessEnv, file?: string): Promise<ChosenProviders> {
  const chosen = await chooseProviders({ file, simulate: false, env });
  await chosen.simulated?.stop();
  return chosen;
}

describe('the providers of `holdfast up`', () => {
  it.each(['OPENAI_API_KEY', 'ANTHROPIC_API_KEY'])(
    'with %s are the real ones, with models of today',
    async (name) => {
      const { config, simulated } = await choose({ [name]: 'any' });
      expect(simulated).toBeUndefined();
      expect(config.hash).toBe((await loadConfig({ file: 'current', env: {} })).hash);
    },
  );

  it('without a key are simulated under the classic models, though the shipped Ollama needs none', async () => {
    const { config, simulated } = await choose({});
    expect(simulated).toMatchObject({ failingModel: 'gpt-4' });
    expect(simulated?.because).toHaveLength(2);
    expect(config.config.chains).toEqual((await loadConfig({ file: 'default', env: {} })).config.chains);
  });

  it('are real where the default chain asks one that needs no key', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-choice-'));
    const file = path.join(folder, 'holdfast.yaml');
    await writeFile(file, 'chains: { default: [ollama/codellama] }');
    const { config, simulated } = await choose({}, file);
    await rm(folder, { recursive: true });
    expect(simulated).toBeUndefined();
    expect(config.config.chains['default']).toEqual(['ollama/codellama']);
  });
});
