// Imports go one way, floor by floor. A folder may import only the folders listed for it (and itself).
const mayImport = {
  contracts: [],
  policy: ['contracts'],
  workflows: ['policy', 'contracts'],
  wire: ['contracts'],
  providers: ['wire', 'policy', 'contracts'],
  config: ['policy', 'wire', 'contracts'],
  health: ['policy', 'contracts'],
  activities: ['health', 'config', 'providers', 'policy', 'wire', 'contracts'],
  engine: ['contracts'],
  worker: ['activities', 'health', 'config', 'providers', 'policy', 'wire', 'engine', 'contracts'],
  client: ['contracts'],
  gateway: [
    'worker',
    'client',
    'activities',
    'health',
    'config',
    'providers',
    'policy',
    'wire',
    'engine',
    'contracts',
  ],
  cli: [
    'gateway',
    'worker',
    'client',
    'activities',
    'health',
    'config',
    'providers',
    'policy',
    'wire',
    'engine',
    'contracts',
  ],
};
const floors = Object.keys(mayImport);

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...floors.map((floor) => ({
      name: `${floor}-imports-downwards`,
      severity: 'error',
      comment: `${floor}/ may import only ${[...mayImport[floor], floor].join(', ')}`,
      from: { path: `^${floor}/` },
      to: {
        path: `^(${[...floors, 'test', 'bench'].filter((other) => other !== floor && !mayImport[floor].includes(other)).join('|')})/`,
      },
    })),
    {
      name: 'pure-floors-use-no-packages',
      severity: 'error',
      comment: 'contracts/ and policy/ are plain TypeScript: they run in workflows',
      from: { path: '^(contracts|policy)/' },
      to: { pathNot: '^(contracts|policy)/' },
    },
    {
      name: 'workflows-stay-deterministic',
      severity: 'error',
      comment: 'workflow code runs in the deterministic sandbox',
      from: { path: '^workflows/' },
      to: { pathNot: '^(workflows|policy|contracts)/|@temporalio/(workflow|common)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
