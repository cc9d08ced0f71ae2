import { z } from 'zod';
import { nearest } from '../nearest.js';
import { gatewaySchema } from './gateway.js';
import { hooksSchema } from './hooks.js';
import { modelSchema } from './model.js';
import { name, strategyName } from './names.js';
import { policyShape, profileSchema } from './policy.js';
import { providerSchema } from './provider.js';
import { defaultStrategy, selectionSchema } from './selection.js';

/** The configs that are shipped, by name. */
export const shippedConfigs = ['default', 'current', 'production'] as const;
export type ShippedConfig = (typeof shippedConfigs)[number];

/** The profile that is in force where none is named; it need not exist. */
export const defaultProfile = 'development';

const chain = z.array(z.string()).min(1);

/** The one schema of the config file; types are inferred from it, editors' completion and the reference made from it. */
export const fileSchema = z
  .strictObject({
    $schema: z.string().describe('For editors only.').optional(),
    extends: z
      .enum(shippedConfigs)
      .describe('The shipped config that this one is laid over; absent: `default`.')
      .optional(),
    providers: z.record(name, providerSchema).describe('Endpoints, by name.').prefault({}),
    models: z.record(name, modelSchema).describe('Models, by name.').prefault({}),
    chains: z
      .record(name, chain)
      .describe(
        'Models in the order they are tried, by name. `default` is used when a request names nothing.',
      )
      .prefault({}),
    strategies: z
      .record(strategyName, chain)
      .describe('Chains for a purpose, asked for as `strategy`.')
      .prefault({}),
    selection: selectionSchema.optional(),
    ...policyShape,
    profile: z.string().describe('The profile that is in force.').prefault(defaultProfile),
    profiles: z
      .record(name, profileSchema)
      .describe('Settings under one name, laid over those of the same file.')
      .prefault({}),
    hooks: hooksSchema.optional(),
    gateway: gatewaySchema.prefault({}),
  })
  .superRefine((file, context) => {
    const { providers, models, chains, strategies, selection, loadBalancer, profile, profiles } = file;
    const { onExhausted, standIn } = file;
    const mustExist = (what: string, name: string, known: object, path: (string | number)[]): void => {
      if (Object.hasOwn(known, name)) return;
      context.addIssue({ code: 'custom', path, message: unknownName(what, Object.keys(known), name) });
    };
    for (const [name, { provider }] of Object.entries(models)) {
      if (provider !== undefined) mustExist('provider', provider, providers, ['models', name, 'provider']);
    }
    for (const [section, lists] of Object.entries({ chains, strategies })) {
      for (const [name, list] of Object.entries(lists)) {
        for (const [place, model] of list.entries())
          mustExist('model', model, models, [section, name, place]);
      }
    }
    if (!Object.hasOwn(chains, 'default')) {
      context.addIssue({ code: 'custom', path: ['chains'], message: 'a chain named "default" is needed' });
    }
    if (selection?.rules !== undefined) {
      for (const [place, { strategy }] of selection.rules.entries()) {
        mustExist('strategy', strategy, strategies, ['selection', 'rules', place, 'strategy']);
      }
    }
    const otherwise = selection?.otherwise ?? (selection?.rules && defaultStrategy);
    if (otherwise !== undefined) {
      mustExist('strategy', otherwise, strategies, ['selection', 'otherwise']);
    }
    for (const model of Object.keys(loadBalancer?.models ?? {})) {
      mustExist('model', model, models, ['loadBalancer', 'models', model]);
    }
    if (onExhausted === 'standIn' && standIn === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['standIn'],
        message: 'is missing: onExhausted needs its text',
      });
    }
    if (profile !== defaultProfile) mustExist('profile', profile, profiles, ['profile']);
  });

/** What may be written in a file of one's own: everything is optional, since it is laid over a shipped config. */
export type ConfigFile = z.input<typeof fileSchema>;
/** A merged config that passed the schema. */
export type CheckedFile = z.output<typeof fileSchema>;

/** Whether a name may be repeated is for whoever shows the fault: it may be a key in the wrong place. */
function unknownName(what: string, known: string[], name: string): string {
  const near = nearest(name, known);
  const rest = near === undefined ? `there are: ${known.sort().join(', ')}` : `did you mean ${near}?`;
  return `no ${what} has this name; ${rest}`;
}
