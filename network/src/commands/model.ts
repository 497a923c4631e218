// muster model: a job's model as a plain ONNX file, and how good it is on a data set.
import {
  evaluateFile,
  evaluateModel,
  exportModel,
  fetchJobModel,
  originOf,
  type DataName,
  type EvaluationResult,
} from '@muster/edge-agent';
import { digestOf, MusterError } from '@muster/protocol';
import type { Command } from 'commander';
import { readFile, writeFile } from 'node:fs/promises';
import { metricLines } from './show-metrics.ts';
import { findJob } from './find-job.ts';
import { asMember, type MemberOptions, withMember } from './member-options.ts';
import { parseCount } from './network-options.ts';
import { LOSSES, parseLoss } from './recipe-options.ts';
import { tell } from './show.ts';

interface RoundOptions extends MemberOptions {
  readonly round?: number;
}

interface ExportOptions extends RoundOptions {
  readonly out: string;
}

interface EvaluateOptions extends RoundOptions {
  readonly model?: string;
  readonly loss?: unknown;
  readonly data?: string;
  readonly images?: string;
  readonly labels?: string;
}

function withRound(command: Command, job: string): Command {
  return withMember(command)
    .argument(job, 'its id, or the beginning of it')
    .option('--round <n>', 'whose parameters (default: the last finalised; 0: what the job starts from)', parseRound);
}

const parseRound = (text: string): number => (text === '0' ? 0 : parseCount(text));

export function register(program: Command): void {
  const model = program.command('model').description('take a job’s model out, and measure it or any other');
  withRound(model.command('export'), '<job>')
    .description('write a round’s model as a plain ONNX file: parameters in place, adapters merged')
    .requiredOption('--out <file>', 'where to')
    .action(write);
  withRound(model.command('evaluate'), '[job]')
    .description('measure a round’s model, or a file, on a data set, which stays here: loss and what fits its targets')
    .option('--model <file>', 'an ONNX file instead of a job’s model; needs no network')
    .option('--loss <loss>', `of --model: ${LOSSES} (default: cross-entropy)`, parseLoss)
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

function misused(field: string, problem: string): MusterError {
  return new MusterError('ERR_DOCUMENT_INVALID', { document: 'command line', issues: [{ field, problem }] });
}

function dataOf({ data, images, labels }: EvaluateOptions): DataName {
  if (data !== undefined) return data;
  if (images !== undefined && labels !== undefined) return { images, labels };
  throw misused(images === undefined ? '--data' : '--labels', 'is missing');
}

async function readModel(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MusterError('ERR_MODEL_MALFORMED', { reason: `${file} cannot be read` }, { cause });
  }
}

async function evaluateAlone(file: string, options: EvaluateOptions): Promise<void> {
  const model = await readModel(file);
  const result = await evaluateFile(model, options.loss ?? 'cross-entropy', await originOf(dataOf(options)));
  tell(options.json, { event: 'evaluated', model: digestOf(model), ...result }, metricLines(result).join('\n'));
}

function evaluate(prefix: string | undefined, options: EvaluateOptions): Promise<void> {
  const { model: file } = options;
  if (prefix === undefined && file === undefined) throw misused('<job>', 'is missing, and so is --model');
  if (prefix !== undefined && file !== undefined) throw misused('--model', 'is given beside a job');
  if (file === undefined && options.loss !== undefined) throw misused('--loss', 'is the job’s');
  return file === undefined ? evaluateRound(prefix ?? '', options) : evaluateAlone(file, options);
}

function evaluateRound(prefix: string, options: EvaluateOptions): Promise<void> {
  const name = dataOf(options);
  return asMember(options, async ({ gateway }) => {
    const { job } = await findJob(gateway, prefix);
    const { model, recipe, parameters, round } = await fetchJobModel(gateway, job, options.round);
    const result: EvaluationResult = await evaluateModel(model, recipe, parameters, await originOf(name));
    tell(options.json, { event: 'evaluated', job, round, ...result }, metricLines(result).join('\n'));
  });
}
