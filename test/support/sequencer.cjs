// The order of test files: those named here first, whatever a machine remembers of earlier runs; the rest as jest has it.
const { relative } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

const FIRST = [
  // their members would take part in the jobs that other files leave open on the network they share
  'test/network/models.test.ts',
  'test/network/contested-jobs.test.ts',
  'test/network/round.test.ts',
  // the longest: none of them begins when the other worker is about to end
  'edge-agent/src/validator/round.test.ts',
  'edge-agent/src/validator/commitments.test.ts',
  'edge-agent/src/validator/root-updates.test.ts',
  'network/src/supervise/supervisor.test.ts',
  'edge-agent/src/attackers/attackers.test.ts',
  'test/fuzz/fuzz.test.ts',
];

const rank = ({ path, context }) => {
  const found = FIRST.indexOf(relative(context.config.rootDir, path));
  return found < 0 ? FIRST.length : found;
};

module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
};
