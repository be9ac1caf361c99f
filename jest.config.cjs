const common = {
  testEnvironment: 'node',
  restoreMocks: true,
  // A test that leaves something under way fails, rather than the next one.
  testEnvironmentOptions: { globalsCleanup: 'on' },
  // Published as modules alone.
  transformIgnorePatterns: ['/node_modules/(?!(age-encryption|@noble|@scure)/)'],
  setupFiles: ['<rootDir>/tests/support/environment.ts'],
  transform: {
    '^.+\\.m?[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
    ],
  },
};

/** Whether faults are caused: how long each takes goes into a page, so nothing else may run meanwhile. */
const timed = process.argv.some((argument) => argument.includes('faults'));

module.exports = {
  // Integration tests wait half of their time, so two at a time keep two cores busy; with more of them servers start too slowly. Each has
  // names and ports of its own.
  maxWorkers: timed ? 1 : 2,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/tests/unit/**/*.test.ts'],
      // No engine is asked; a test says what is on it.
      moduleNameMapper: { '/docker/client\\.ts$': '<rootDir>/tests/support/dockerClient.ts' },
    },
    { ...common, displayName: 'integration', testMatch: ['<rootDir>/tests/integration/**/*.test.ts'] },
    // Programs in Python, Go and Java: their compilers take minutes, so only `npm run test:languages` has them.
    { ...common, displayName: 'languages', testMatch: ['<rootDir>/tests/languages/**/*.test.ts'] },
    // A Swarm of three engines on this machine: only `npm run test:swarm` has it.
    { ...common, displayName: 'swarm', testMatch: ['<rootDir>/tests/swarm/**/*.test.ts'] },
    // Everything that can go wrong, caused on purpose: an hour or more, so only `npm run test:faults` has it.
    { ...common, displayName: 'faults', testMatch: ['<rootDir>/tests/faults/**/*.test.ts'] },
  ],
};
