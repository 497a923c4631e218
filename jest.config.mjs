const project = (displayName, testMatch) => ({
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
      '<rootDir>/test/{flow,repository}/**/*.test.ts',
    ]),
    // Tests that stand up a real Fabric network of their own.
    project('network', ['<rootDir>/test/{network,adversary}/**/*.test.ts']),
  ],
  coverageProvider: 'v8',
};
