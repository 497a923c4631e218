// Aggregates the update files of a folder as a validator does, in a process of its own. Prints one line of JSON.
// node tally.ts FOLDER [--checked]

import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  concatenate,
  createModelAggregator,
  countValues,
  decodeParameters,
  sha256,
  viewUpdate,
  type Artefact,
} from '@muster/protocol';
import { createTally } from '../../edge-agent/src/validator/tally.ts';
import { processorSeconds } from '../statistics.ts';
import type { AggregateJob } from './files.ts';

/** Reads files into one memory, which grows to the largest of them. */
function createReader(): (path: string) => Uint8Array {
  let memory = new Uint8Array(0);
  return (path) => {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (memory.length < size) memory = new Uint8Array(size);
      let at = 0;
      while (at < size) at += readSync(file, memory, at, size - at, at);
      return memory.subarray(0, size);
    } finally {
      closeSync(file);
    }
  };
}

interface Sum {
  add(record: { by: string; examples: number; update: Artefact }, bytes: Uint8Array): void;
  finish(): Float32Array;
}

/** The arithmetic alone: form and range of each update are checked, digest and content id are not. */
function bareSum({ rule, fixedPoint }: AggregateJob, base: Uint8Array): Sum {
  const parameters = decodeParameters(base);
  const values = countValues(parameters);
  const layout = parameters.map(({ name, data }) => ({ name, values: data.length }));
  const aggregator = createModelAggregator({ rule, fixedPoint }, layout);
  return {
    add: ({ by, examples }, bytes) => aggregator.add({ by, examples, change: viewUpdate(bytes, parameters) }),
    finish: () => aggregator.finish(concatenate(parameters, new Float32Array(values))),
  };
}

/** Everything a validator does. */
function checkedSum(job: AggregateJob, base: Uint8Array): Sum {
  const tally = createTally({ ...job, seed: 1 }, 1, { base });
  return {
    add: (record, bytes) => tally.add(record, bytes),
    finish: () => {
      const parameters = decodeParameters(tally.finish().model);
      return concatenate(parameters, new Float32Array(countValues(parameters)));
    },
  };
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { checked: { type: 'boolean' } } });
const [folder = '.'] = positionals;
const job = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')) as AggregateJob;
const began = performance.now();
const used = process.cpuUsage();
const base = readFileSync(join(folder, 'base.safetensors'));
const sum = values.checked === true ? checkedSum(job, base) : bareSum(job, base);
const read = createReader();
for (const { file, ...record } of job.updates) sum.add(record, read(join(folder, file)));
const model = sum.finish();
const seconds = (performance.now() - began) / 1000;
const cpuSeconds = processorSeconds(used);
console.log(
  JSON.stringify({
    seconds,
    processorSeconds: cpuSeconds,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    digest: sha256(new Uint8Array(model.buffer)).toString('hex'),
  }),
);
