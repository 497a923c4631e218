// The chaincode behind Fabric's dispatcher: what is not an act, and what happens when something breaks.

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createClosedWorld } from '../../test/flow/create-world.ts';
import { ORGANISATIONS } from '../../test/flow/terms.ts';
import { refusalOf, type World } from '../../test/flow/world.ts';

let world: World;
let logged: jest.Spied<typeof console.error>;

beforeEach(async () => {
  world = await createClosedWorld();
  logged = jest.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(() => {
  logged.mockRestore();
});

describe('the chaincode', () => {
  test.each(['rounds:get2', 'rounds:constructor', 'rounds:createContext', 'rounds:_get', 'jobs:record'])(
    'refuses the unknown function %s',
    async (fn) => {
      expect(await refusalOf(world.call(fn, []))).toMatchObject({ code: 'ERR_ROUTE_UNKNOWN', details: { path: fn } });
    },
  );

  test('refuses an unknown contract and another number of arguments', async () => {
    await expect(world.call('nothing:get', [])).rejects.toThrow('Contract name is not known: nothing');
    await expect(world.call('rounds:close', ['a', 'b'])).rejects.toThrow('Expected 1 parameters, but 2');
  });

  test('answers a defect with a reference only, logs its cause, and writes nothing', async () => {
    world.ledger.putUnsafe(`\u0000job\u0000${world.job}\u0000`, Buffer.from('{broken'));
    const refusal = await refusalOf(world.close());
    expect(refusal.code).toBe('ERR_DEFECT');
    expect(Object.keys(refusal.details)).toEqual(['reference']);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('defect in transaction'), expect.any(SyntaxError));
  });

  test('fails a whole transaction for a defect in one of its envelopes', async () => {
    world.ledger.putUnsafe(`\u0000job\u0000${world.job}\u0000`, Buffer.from('{broken'));
    const envelope = world.update(world.party('army').agents[1]!);
    expect((await refusalOf(world.record('rubbish', envelope))).code).toBe('ERR_DEFECT');
  });

  test('answers queries without writing', async () => {
    for (const [fn, args] of [
      ['consortium:roster', ['army']],
      ['jobs:get', [world.job]],
      ['rounds:get', [world.job, '1']],
    ] as const) {
      const creator = world.party('army').officer;
      const { writes, events } = await world.ledger.endorse({ fn, args, creator, at: world.at }, ORGANISATIONS);
      expect([writes.size, events.length]).toEqual([0, 0]);
    }
  });
});
