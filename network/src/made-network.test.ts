// A state folder keeps the network it was made with.
import { expect, test } from '@jest/globals';
import { refusal } from '../../test/support/refusal.ts';
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
  const { code, details } = refusal(() => requireSame(made, wanted));
  expect(code).toBe('ERR_NETWORK_CHANGED');
  expect(details).toMatchObject({ field });
});
