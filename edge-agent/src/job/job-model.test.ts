// A job's model as people need it, from a gateway that holds a job's artefacts and nothing else.
import { describe, expect, test } from '@jest/globals';
import { cidOf, digestOf, encodeTensors, type Artefact } from '@muster/protocol';
import { rejection } from '../../../test/support/refusal.ts';
import type { Gateway } from '../client/index.ts';
import { exportModel, startParameters } from '../train/index.ts';
import { initialParameters } from '../models/index.ts';
import { composeJob } from './compose.ts';
import { fetchJobModel } from './job-model.ts';

/** As much of a gateway as is asked; what else would be called is a failure of the test. */
async function gatewayOf(): Promise<{ gateway: Gateway; model: Uint8Array; later: Uint8Array; lie: () => void }> {
  const recipe = { trainable: ['dense3.*'] };
  const options = { name: 'job', model: 'mlp', organisations: ['army'], agents: 1, rounds: 2, recipe };
  const { terms, artefacts } = await composeJob(options);
  const [model = new Uint8Array()] = artefacts;
  const trained = startParameters(model, recipe, 1).map((each) => ({
    ...each,
    data: each.data.map((value) => value + 1),
  }));
  const later = encodeTensors(trained);
  const store = new Map([...artefacts, later].map((bytes) => [cidOf(bytes), bytes]));
  const artefact: Artefact = { cid: cidOf(later), digest: digestOf(later), size: later.length };
  const rounds = [{ phase: 'finalised', model: artefact }, { phase: 'open' }];
  const gateway = {
    job: () => Promise.resolve({ job: { terms }, model: { from: 1, model: artefact } }),
    round: (_: string, round: number) => Promise.resolve({ round: rounds[round - 1] }),
    getArtefact: (cid: string) => Promise.resolve(store.get(cid)),
  };
  return {
    gateway: gateway as unknown as Gateway,
    model,
    later,
    lie: () =>
      store.set(
        artefact.cid,
        Uint8Array.from(later, (byte, index) => (index === 0 ? byte ^ 1 : byte)),
      ),
  };
}

describe('the model of a job', () => {
  test('is the last finalised round’s, another round’s, or what the job starts from', async () => {
    const { gateway, model } = await gatewayOf();
    const latest = await fetchJobModel(gateway, 'job');
    expect(latest.round).toBe(1);
    expect([...latest.parameters.keys()]).toEqual(['dense3.weight', 'dense3.bias']);
    expect(latest.parameters.get('dense3.bias')).toEqual(new Float32Array(10).fill(1));
    expect((await fetchJobModel(gateway, 'job', 1)).parameters).toEqual(latest.parameters);
    const start = await fetchJobModel(gateway, 'job', 0);
    expect(start).toMatchObject({ round: 0, recipe: { trainable: ['dense3.*'] } });
    expect(start.parameters.get('dense3.bias')).toEqual(new Float32Array(10));
    // and it becomes a plain file, frozen weights included
    const plain = new Map(
      initialParameters(exportModel(latest.model, latest.recipe, latest.parameters)).map((each) => [
        each.name,
        each.data,
      ]),
    );
    const original = new Map(initialParameters(model).map((each) => [each.name, each.data]));
    expect(plain.get('dense3.bias')).toEqual(latest.parameters.get('dense3.bias'));
    expect(plain.get('dense1.weight')).toEqual(original.get('dense1.weight'));
  });

  test('is refused for a round that is not finalised, and where a store serves other bytes', async () => {
    const { gateway, lie } = await gatewayOf();
    expect((await rejection(fetchJobModel(gateway, 'job', 2))).code).toBe('ERR_ROUND_PHASE');
    lie();
    expect((await rejection(fetchJobModel(gateway, 'job'))).code).toBe('ERR_ARTEFACT_MISMATCH');
  });
});
