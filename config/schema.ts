export {
  fileSchema,
  shippedConfigs,
  type CheckedFile,
  type ConfigFile,
  type ShippedConfig,
} from './schema/file.js';
export type { Config, ModelConfig, ProviderConfig } from './resolve.js';
