// What else a round would have come to, beside the same computed by hand.

import { expect, test } from '@jest/globals';
import { composeJob, type Gateway } from '@muster/edge-agent';
import { cidOf, decodeParameters, digestOf, encodeTensors, type Artefact, type UpdateRecord } from '@muster/protocol';
import { createForesight } from './foresight.ts';

const artefactOf = (bytes: Uint8Array): Artefact => ({
  cid: cidOf(bytes),
  digest: digestOf(bytes),
  size: bytes.length,
});

test('a round is foreseen by the honest agents’ mean and by everybody’s, from what is recorded of it', async () => {
  const organisations = ['army', 'navy'];
  const { terms, artefacts } = await composeJob({
    name: 'foresight',
    model: 'mlp',
    organisations,
    agents: 2,
    rounds: 1,
  });
  const base = decodeParameters(artefacts[1]!);
  // turns the answer of every image into one class, by its bias alone
  const pull = (digit: number): Uint8Array =>
    encodeTensors(
      base.map(({ name, shape, data }, i) => {
        const change = new Int32Array(data.length);
        if (i === base.length - 1) change[digit] = 2 ** 27;
        return { name, shape, data: change };
      }),
    );
  const files = [pull(1), pull(2)];
  const record = (by: string, bytes: Uint8Array, examples: number): UpdateRecord =>
    ({ by, update: artefactOf(bytes), examples }) as UpdateRecord;
  const updates = [record('army/agent-1', files[0]!, 10), record('navy/agent-1', files[1]!, 90)];
  const stored = new Map([...artefacts, ...files].map((bytes) => [cidOf(bytes), bytes]));
  const gateway = {
    round: () => Promise.resolve({ round: { base: terms.base }, updates, attestations: [] }),
    getArtefact: (cid: string) => Promise.resolve(stored.get(cid)),
  } as unknown as Gateway;
  const foresee = createForesight({ gateway, job: 'j', terms, malicious: ['navy/agent-1'] });
  // of the 10,000 test images 1,135 are ones, and 1,032 are twos, to which nine tenths of the examples pull
  expect(await foresee(1)).toEqual({ honest: 0.1135, undefended: 0.1032 });
});
