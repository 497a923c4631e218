// Updates made by hand for jobs of the adversaries' tests, and the model that they make.

import { expect } from '@jest/globals';
import {
  cidOf,
  concatenate,
  countValues,
  createAggregator,
  decodeParameters,
  digestOf,
  encodeModel,
  type Artefact,
  type Tensor,
} from '@muster/protocol';
import type { OpenJob, RealConsortium } from './real-consortium.ts';

export const artefactOf = (bytes: Uint8Array): Artefact => ({
  cid: cidOf(bytes),
  digest: digestOf(bytes),
  size: bytes.length,
});

/** The tensors of an update: every value of the base's shape changed by so many units. */
export const steps = ({ base }: OpenJob, units = 1): Tensor<Int32Array>[] =>
  decodeParameters(base).map(({ name, shape, data }) => ({
    name,
    shape,
    data: new Int32Array(data.length).fill(units),
  }));

/** The model that updates of such steps make, each of ten examples. */
export function modelOf({ base, terms }: OpenJob, ...units: readonly number[]): string {
  const parameters = decodeParameters(base);
  const count = countValues(parameters);
  const aggregator = createAggregator(terms.rule, { parameters: count, fixedPoint: terms.fixedPoint });
  for (const [i, unit] of units.entries()) {
    aggregator.add({ by: `army/agent-${i}`, examples: 10, change: new Int32Array(count).fill(unit) });
  }
  const values = aggregator.finish(concatenate(parameters, new Float32Array(count)));
  return digestOf(encodeModel(values, parameters));
}

/** Hands an update in; its artefact goes to the store of the agent's own organisation, where it goes anywhere. */
export async function submit(
  consortium: RealConsortium,
  job: OpenJob,
  by: string,
  bytes: Uint8Array | undefined,
  claimed: Artefact,
): Promise<void> {
  const { gateway } = await consortium.member(by);
  if (bytes !== undefined) await gateway.putArtefact(bytes);
  const envelope = await consortium.sealed('round.update', by, consortium.update(job, claimed));
  expect(await consortium.handIn('round.update', envelope, by)).toBe('recorded');
}
