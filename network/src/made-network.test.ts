// A state folder keeps the network it was made with.
import { expect, test } from '@jest/globals';
import { planNetwork } from './derive/plan.ts';
import { readDescription } from './description.ts';
import { requireSame } from './made-network.ts';

const description = readDescription();
const made = planNetwork(description, { state: '/state' });

test('the same network may come back', () => {
  expect(() => requireSame(made, planNetwork(description, { state: '/state' }))).not.toThrow();
});

test.each([
  ['organisations', { organisations: 5 }],
  ['agents', { agentsPerOrganisation: 3 }],
])('another number of %s is refused, and the difference named', (field, options) => {
  const wanted = planNetwork(description, { state: '/state', ...options });
  expect(() => requireSame(made, wanted)).toThrow(
    expect.objectContaining({
      code: 'ERR_NETWORK_CHANGED',
      details: expect.objectContaining({ field }) as unknown,
    }) as Error,
  );
});
