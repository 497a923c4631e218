// Tallies in a worker: what happens when the worker is gone.
import { cidOf, decodeParameters, digestOf, encodeTensors } from '@muster/protocol';
import { expect, test } from '@jest/globals';
import { createTallies } from './tally-calls.ts';

const terms = { rule: { name: 'fed-avg', options: {} }, fixedPoint: { fractionBits: 24, magnitudeBits: 28 }, seed: 1 };
const base = encodeTensors([{ name: 'w', shape: [1], data: Float32Array.of(1) }]);

test('a tally whose worker has ended fails with its code instead of waiting', async () => {
  const tallies = createTallies();
  const tally = await tallies.open(terms, 1, { base });
  await tallies.close();
  await expect(tally.finish()).rejects.toMatchObject({ code: 'ERR_TALLY_FAILED' });
  await expect(tallies.open(terms, 1, { base })).rejects.toMatchObject({ code: 'ERR_TALLY_FAILED' });
});

test('a tally by a robust rule gives its model, and refuses as the rule does', async () => {
  const tallies = createTallies();
  try {
    const rule = { name: 'median', options: { maliciousPercent: 33 } };
    const tally = await tallies.open({ ...terms, rule }, 1, { base });
    const add = async (by: string, value: number): Promise<void> => {
      const bytes = encodeTensors([{ name: 'w', shape: [1], data: Int32Array.of(value * 2 ** 24) }]);
      const update = { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length };
      await tally.add({ by, examples: 1, update }, bytes);
    };
    await add('army/c', 15);
    await add('army/a', 2);
    await expect(tally.finish()).rejects.toMatchObject({ code: 'ERR_RULE_BOUND', details: { rule: 'median' } });
    await add('army/b', 1);
    expect([...(decodeParameters((await tally.finish()).model)[0]?.data ?? [])]).toEqual([3]);
    await tally.forget();
  } finally {
    await tallies.close();
  }
});
