// What a round would have come to otherwise, from the same recorded updates: by the honest agents alone, and with nobody on guard.

import {
  concatenate,
  countValues,
  createAggregator,
  decodeParameters,
  encodeModel,
  viewUpdate,
  type Parameters,
  type Terms,
  type UpdateRecord,
} from '@muster/protocol';
import { dataSetOf, evaluateModel, inMemory, readMnist, type Gateway } from '@muster/edge-agent';

export interface Foresight {
  /** Accuracy of fed-avg of the honest agents' updates, 0 to 1. */
  readonly honest: number;
  /** The same of all updates. */
  readonly undefended: number;
}

export interface ForesightOptions {
  readonly gateway: Gateway;
  readonly job: string;
  readonly terms: Terms;
  /** `<organisation>/<agent>` of those who attack */
  readonly malicious: readonly string[];
}

type Accuracy = (model: Parameters) => Promise<number>;

/** Measures models on the test images that the validators' hold-outs are parts of. */
async function accuracyOnTests({ gateway, terms }: ForesightOptions): Promise<Accuracy> {
  const model = await gateway.getArtefact(terms.model.cid);
  const tests = inMemory(dataSetOf(await readMnist('test')));
  return async (parameters) => {
    const values = new Map(parameters.map(({ name, data }) => [name, data]));
    const result = await evaluateModel(model, { loss: 'cross-entropy' }, values, tests);
    return result.kind === 'class' ? result.accuracy : NaN;
  };
}

/** A function that tells of a finalised round. */
export function createForesight(options: ForesightOptions): (round: number) => Promise<Foresight> {
  const { gateway, job, terms, malicious } = options;
  const measuring = accuracyOnTests(options);
  measuring.catch(() => undefined); // told where it is awaited
  return async (number) => {
    const { round, updates } = await gateway.round(job, number);
    const base = decodeParameters(await gateway.getArtefact(round.base.cid));
    const parameters = countValues(base);
    const changes = await Promise.all(
      updates.map(async (record) => ({ record, bytes: await gateway.getArtefact(record.update.cid) })),
    );
    const accuracyOf = async (counts: (record: UpdateRecord) => boolean): Promise<number> => {
      const mean = createAggregator({ name: 'fed-avg', options: {} }, { parameters, fixedPoint: terms.fixedPoint });
      for (const { record, bytes } of changes) {
        const { by, examples } = record;
        if (counts(record)) mean.add({ by, examples, change: viewUpdate(bytes, base) });
      }
      const values = mean.finish(concatenate(base, new Float32Array(parameters)));
      return (await measuring)(decodeParameters(encodeModel(values, base)));
    };
    return {
      honest: await accuracyOf(({ by }) => !malicious.includes(by)),
      undefended: await accuracyOf(() => true),
    };
  };
}
