// What the validators of some organisations say of a round that was played: the product's own scoring, each on a hold-out of its own.
import { cidOf, digestOf, encodeTensors, type Opinion, type Parameters, type ScoresTerms } from '@muster/protocol';
import type { DataSet } from '../../edge-agent/src/data/index.ts';
import { memorySource } from '../../edge-agent/src/data/index.ts';
import { sampleOf } from '../../edge-agent/src/data/sample.ts';
import { Evaluator } from '../../edge-agent/src/evaluate/index.ts';
import { scoreUpdates, type ScoreOptions } from '../../edge-agent/src/validator/score-updates.ts';
import { createTally, type Tally } from '../../edge-agent/src/validator/tally.ts';
import type { Played, Sent } from '../attacks/simulate.ts';
import { FIXED_POINT } from '../attacks/world.ts';
import { processorSeconds } from '../statistics.ts';

export interface Validator {
  readonly organisation: string;
  readonly holdout: DataSet;
}

export interface ScoredRound {
  /** agents whose updates were scored, in order of names: the order of all scores */
  readonly agents: readonly string[];
  readonly opinions: readonly Opinion[];
  /** processor time of one validator, all that scoring takes included */
  readonly cpuSeconds: number;
}

function fileOf({ change }: Sent, parameters: Parameters): Uint8Array {
  let from = 0;
  return encodeTensors(
    parameters.map(({ name, shape, data }) => ({ name, shape, data: change.slice(from, (from += data.length)) })),
  );
}

function tallied({ base, updates, rule }: Played, scores: ScoresTerms, seed: number, round: number): Tally {
  const tally = createTally({ rule, scores, seed, fixedPoint: FIXED_POINT }, round, { base: encodeTensors(base) });
  for (const sent of updates) {
    const bytes = fileOf(sent, base);
    const update = { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length };
    tally.add({ by: sent.by, examples: 1, update }, bytes);
  }
  return tally;
}

function trainerOf(evaluator: Evaluator): ScoreOptions['trainer'] {
  return {
    evaluate({ parameters, data, sample }) {
      if (data.kind !== 'memory' || sample === undefined) throw new TypeError('hold-outs are in memory, and sampled');
      return evaluator.evaluate(parameters, sampleOf(memorySource(data.data), sample));
    },
  };
}

/** Scores a round as every validator would. */
export async function scoreRound(
  played: Played,
  scores: ScoresTerms,
  {
    seed,
    round,
    validators,
    evaluator,
  }: {
    readonly seed: number;
    readonly round: number;
    readonly validators: readonly Validator[];
    readonly evaluator: Evaluator;
  },
): Promise<ScoredRound> {
  const began = process.cpuUsage();
  const tally = tallied(played, scores, seed, round);
  const agents = played.updates.map(({ by }) => by).sort();
  const sight = {
    job: { job: 'bench', terms: { scores, seed } },
    round: { round },
    updates: agents.map((by) => ({ by })),
  };
  // the same for all of them; whoever comes first makes it
  const made = new Map<string, Uint8Array>();
  const candidate = (by: string): Promise<Uint8Array> => {
    const bytes = made.get(by) ?? tally.candidate(by);
    made.set(by, bytes);
    return Promise.resolve(bytes);
  };
  const opinions: Opinion[] = [];
  let cpuSeconds = 0;
  for (const { organisation, holdout } of validators) {
    const said = await scoreUpdates({
      sight: sight as unknown as ScoreOptions['sight'],
      excluded: [],
      model: encodeTensors(played.model),
      ballot: { base: encodeTensors(played.base), candidate },
      trainer: trainerOf(evaluator),
      holdout: { kind: 'memory', data: holdout },
      organisation,
      until: Infinity,
    });
    if (said.scores === undefined) throw new TypeError(said.silent ?? 'no scores');
    opinions.push({ organisation, scores: said.scores });
    if (opinions.length === 1) cpuSeconds = processorSeconds(began);
  }
  tally.close();
  return { agents, opinions, cpuSeconds };
}
