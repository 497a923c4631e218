// Tests of reading an orderer's metrics.
import { expect, test } from '@jest/globals';
import { readMetric } from './leader-orderer.ts';

const text = [
  '# HELP consensus_BFT_leader_id The id of the current leader according to the latest commited block.',
  '# TYPE consensus_BFT_leader_id gauge',
  'consensus_BFT_leader_id{channel="muster"} 3',
  'consensus_BFT_leader_identity{channel="muster"} 9',
].join('\n');

test('reads the value of exactly the metric asked for', () => {
  expect(readMetric(text, 'consensus_BFT_leader_id')).toBe(3);
});

test('tells that a metric is not there', () => {
  expect(readMetric(text, 'consensus_BFT_leader')).toBeUndefined();
});
