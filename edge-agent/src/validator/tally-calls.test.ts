// Tallies in a worker: what happens when the worker is gone.
import { encodeTensors } from '@muster/protocol';
import { expect, test } from '@jest/globals';
import { createTallies } from './tally-calls.ts';

const terms = { rule: { name: 'fed-avg', options: {} }, fixedPoint: { fractionBits: 24, magnitudeBits: 28 }, seed: 1 };
const base = encodeTensors([{ name: 'w', shape: [1], data: Float32Array.of(1) }]);

test('a tally whose worker has ended fails with its code instead of waiting', async () => {
  const tallies = createTallies();
  const tally = await tallies.open(terms, 1, base);
  await tallies.close();
  await expect(tally.finish()).rejects.toMatchObject({ code: 'ERR_TALLY_FAILED' });
  await expect(tallies.open(terms, 1, base)).rejects.toMatchObject({ code: 'ERR_TALLY_FAILED' });
});
