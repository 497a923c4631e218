const project = (displayName, testMatch, more = {}) => ({
  ...more,
  displayName,
  testMatch,
  testEnvironment: '<rootDir>/test/support/node-environment.cjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
});

export default {
  projects: [
    // Pure and in-process tests, beside their sources and in test/.
    project('unit', [
      '<rootDir>/{protocol,chaincode,gateway,edge-agent,network}/src/**/*.test.ts',
      '<rootDir>/test/{flow,fuzz,repository}/**/*.test.ts',
      '<rootDir>/eslint/**/*.test.ts',
    ]),
    // Tests on real Fabric networks: the one that files share, or one of their own.
    project('network', ['<rootDir>/test/{network,adversary}/**/*.test.ts'], {
      globalSetup: '<rootDir>/test/support/shared-network/setup.mjs',
      globalTeardown: '<rootDir>/test/support/shared-network/teardown.mjs',
    }),
  ],
  testSequencer: '<rootDir>/test/support/sequencer.cjs',
  // a deadline says that something hangs, not that a machine is busy
  testTimeout: 120_000,
  coverageProvider: 'v8',
  // what is signed, recorded and re-derived: no branch of it goes untested
  collectCoverageFrom: ['protocol/src/**/*.ts', '!**/*.test.ts'],
  coverageThreshold: { global: { branches: 100, functions: 100, lines: 100, statements: 100 } },
};
