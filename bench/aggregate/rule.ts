// Aggregates update files by one rule as a validator's worker does, in a process of its own. Prints one line of JSON.
// node rule.ts FOLDER UPDATES RULE OPTIONS

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countValues, createAggregator, decodeParameters, viewUpdate } from '@muster/protocol';
import type { AggregateJob } from './files.ts';

const [folder = '.', updates = '0', name = '', options = '{}'] = process.argv.slice(2);
const { fixedPoint, updates: records } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')) as AggregateJob;
const parameters = decodeParameters(readFileSync(join(folder, 'base.safetensors')));
const count = countValues(parameters);
const given = records.slice(0, Number(updates)).map(({ file, ...record }) => ({
  ...record,
  change: viewUpdate(readFileSync(join(folder, file)), parameters),
}));
const used = process.cpuUsage();
const rule = { name, options: JSON.parse(options) as Record<string, unknown> };
const aggregator = createAggregator(rule, { parameters: count, fixedPoint, draws: '1:1' });
for (const contribution of given) aggregator.add(contribution);
// on a base of 0 the model is the change
const model = aggregator.finish(new Float32Array(count));
const { user, system } = process.cpuUsage(used);
const step = Math.max(1, Math.floor(count / 1000));
console.log(
  JSON.stringify({
    processorSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    sample: [...model].filter((_, i) => i % step === 0),
  }),
);
