// muster model: a job's model as a plain ONNX file, and how good it is on a data set.
import {
  evaluateModel,
  exportModel,
  fetchJobModel,
  originOf,
  type DataName,
  type EvaluationResult,
} from '@muster/edge-agent';
import { digestOf, MusterError } from '@muster/protocol';
import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { metricLines } from './show-metrics.ts';
import { findJob } from './find-job.ts';
import { asMember, type MemberOptions, withMember } from './member-options.ts';
import { parseCount } from './network-options.ts';
import { tell } from './show.ts';

interface RoundOptions extends MemberOptions {
  readonly round?: number;
}

interface ExportOptions extends RoundOptions {
  readonly out: string;
}

interface EvaluateOptions extends RoundOptions {
  readonly data?: string;
  readonly images?: string;
  readonly labels?: string;
}

function withRound(command: Command): Command {
  return withMember(command)
    .argument('<job>', 'its id, or the beginning of it')
    .option('--round <n>', 'whose parameters (default: the last finalised; 0: what the job starts from)', parseRound);
}

const parseRound = (text: string): number => (text === '0' ? 0 : parseCount(text));

export function register(program: Command): void {
  const model = program.command('model').description('take a job’s model out, and measure it');
  withRound(model.command('export'))
    .description('write a round’s model as a plain ONNX file: parameters in place, adapters merged')
    .requiredOption('--out <file>', 'where to')
    .action(write);
  withRound(model.command('evaluate'))
    .description('measure a round’s model on a data set, which stays here: loss, accuracy, confusion, calibration, ROC')
    .option('--data <path>', 'a description of the data (docs/training.md), or its folder')
    .option('--images <file>', 'or: IDX file of images')
    .option('--labels <file>', 'IDX file of labels')
    .action(evaluate);
}

function write(prefix: string, options: ExportOptions): Promise<void> {
  return asMember(options, async ({ gateway }) => {
    const { job } = await findJob(gateway, prefix);
    const { model, recipe, parameters, round } = await fetchJobModel(gateway, job, options.round);
    const bytes = exportModel(model, recipe, parameters);
    await writeFile(options.out, bytes);
    const told = { event: 'exported', job, round, file: options.out, size: bytes.length, digest: digestOf(bytes) };
    tell(options.json, told, `round ${round} of ${job} is in ${options.out}, ${bytes.length} bytes, ${told.digest}`);
  });
}

function dataOf({ data, images, labels }: EvaluateOptions): DataName {
  if (data !== undefined) return data;
  if (images !== undefined && labels !== undefined) return { images, labels };
  const issues = [{ field: images === undefined ? '--data' : '--labels', problem: 'is missing' }];
  throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'command line', issues });
}

function evaluate(prefix: string, options: EvaluateOptions): Promise<void> {
  const name = dataOf(options);
  return asMember(options, async ({ gateway }) => {
    const { job } = await findJob(gateway, prefix);
    const { model, recipe, parameters, round } = await fetchJobModel(gateway, job, options.round);
    const result: EvaluationResult = await evaluateModel(model, recipe, parameters, await originOf(name));
    tell(options.json, { event: 'evaluated', job, round, ...result }, metricLines(result).join('\n'));
  });
}
