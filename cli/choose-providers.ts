import { loadConfig, type ConfigSource, type LoadedConfig } from '../config/load.js';
import { whyNoProvider } from './missing-keys.js';
import type { SimulatedProviders } from './simulated-providers.js';

/** The providers that a worker will call, and the environment with their keys. */
export interface ChosenProviders {
  config: LoadedConfig;
  env: NodeJS.ProcessEnv;
  /** Where the config came from, so that its changes are seen; absent where they are not wanted. */
  source?: ConfigSource;
  simulated?: SimulatedProviders & { because: string[] };
}

/**
 * The configured providers where a key can be read for at least one of them, else simulated ones in their place.
 * @throws ConfigError
 */
export async function chooseProviders({
  file,
  simulate,
  env,
}: {
  file: string | undefined;
  simulate: boolean;
  env: NodeJS.ProcessEnv;
}): Promise<ChosenProviders> {
  const config = await loadConfig({ file, env });
  const because = simulate ? ['--simulate asks for it.'] : await whyNoProvider(config, env);
  // The classic models are for a first look and for tests; who has keys is answered by models of today.
  if (because === undefined) {
    const source: ConfigSource = { file, env, shipped: 'current' };
    return { config: await loadConfig(source), env, source };
  }
  // Loaded only when needed: most runs have keys.
  const { startSimulatedProviders } = await import('./simulated-providers.js');
  const simulated = await startSimulatedProviders(config.config);
  return {
    config: await loadConfig({ file, env, overlay: simulated.overlay }),
    env: { ...env, ...simulated.env },
    simulated: { ...simulated, because },
  };
}
