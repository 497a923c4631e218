// Rounds of the bench `drift`: local training as agents do it, attackers as in the bench `attacks`, the product's rules.
import {
  concatenate,
  countValues,
  createAggregator,
  decodeParameters,
  encodeModel,
  encodeTensors,
  type Parameters,
} from '@muster/protocol';
import { controlAfter, correctionOf } from '../../edge-agent/src/agent/control-variate.ts';
import { attacks, type Change } from '../../edge-agent/src/attack/index.ts';
import { dataSetOf, memorySource, partition, type ExampleSource } from '../../edge-agent/src/data/index.ts';
import { Evaluator } from '../../edge-agent/src/evaluate/index.ts';
import { controlRate } from '../../edge-agent/src/job/index.ts';
import { initialParameters, mlp } from '../../edge-agent/src/models/index.ts';
import { LocalTrainer, seededRandom } from '../../edge-agent/src/train/index.ts';
import { maliciousAgents, toFixed, toReal } from '../attacks/simulate.ts';
import { accuracyOf, changeBy, FIXED_POINT, nameOf, sizesOf, type Images } from '../attacks/world.ts';
import type { Method } from './methods.ts';

export interface Field {
  readonly model: Uint8Array;
  readonly sources: readonly ExampleSource[];
  readonly base: Parameters;
  readonly accuracy: (parameters: Parameters) => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface Game {
  readonly agents: number;
  /** agents of a round, by lot */
  readonly takingPart: number;
  readonly rounds: number;
  readonly seed: number;
  readonly attack: string;
  readonly percent: number;
}

interface Division {
  readonly agents: number;
  readonly alpha: number;
  readonly seed: number;
}

export async function openField({ train, test }: Images, { agents, alpha, seed }: Division): Promise<Field> {
  const parts = partition(train.labels.data, { partition: { name: 'dirichlet', alpha }, agents, seed });
  const model = mlp({ sizes: sizesOf({}), seed });
  const evaluator = await Evaluator.open(model, { loss: 'cross-entropy' });
  return {
    model,
    sources: parts.map((part) => memorySource(dataSetOf(train, part))),
    base: decodeParameters(encodeTensors(initialParameters(model))),
    accuracy: (parameters) => accuracyOf(evaluator, parameters, test),
    close: () => evaluator.close(),
  };
}

/** Values end to end, by the names of the model's tensors. */
function named(values: Float32Array, base: Parameters): Map<string, Float32Array> {
  let at = 0;
  return new Map(base.map(({ name, data }) => [name, values.slice(at, (at += data.length))]));
}

class Play {
  private readonly method: Method;
  private readonly game: Game;
  private readonly field: Field;
  private readonly trainer: LocalTrainer;
  private base: Parameters;
  private carry: readonly Float32Array[] = [];
  /** control variates of the agents */
  private readonly own: Float32Array[];
  private readonly liars: ReadonlySet<number>;

  constructor(method: Method, game: Game, field: Field, trainer: LocalTrainer) {
    this.method = method;
    this.game = game;
    this.field = field;
    this.trainer = trainer;
    this.base = field.base;
    this.own = field.sources.map(() => new Float32Array(countValues(field.base)));
    const cell = { ...game, rule: '', malicious: game.percent, alpha: 0, root: 0, copies: 'counted' } as const;
    this.liars = maliciousAgents(cell);
  }

  private selected(round: number): number[] {
    const all = Int32Array.from(this.field.sources, (_, agent) => agent);
    const order = seededRandom(this.game.seed, 'drift', round).shuffle(all);
    return [...order.slice(0, this.game.takingPart)].sort((a, b) => a - b);
  }

  /** An honest update, and what becomes of the agent's control variate. */
  private async honest(agent: number, round: number): Promise<Int32Array> {
    const { recipe } = this.method;
    const own = this.own[agent] as Float32Array;
    const added = correctionOf(this.carry[0] ?? new Float32Array(own.length), own, recipe.control ?? 0);
    const change = await changeBy(this.trainer, this.base, {
      data: this.field.sources[agent] as ExampleSource,
      seedKey: { seed: this.game.seed, job: 'drift', round, agent: nameOf(agent) },
      ...(recipe.control === undefined ? {} : { control: named(added, this.base) }),
    });
    const rate = controlRate(recipe);
    this.own[agent] = controlAfter(change, added, { rate, fractionBits: FIXED_POINT.fractionBits });
    return change;
  }

  private lies(honest: readonly Change[], round: number): readonly Int32Array[] {
    const attack = attacks[this.game.attack];
    if (attack === undefined) return [];
    const sight = {
      ...{ round, updates: this.game.agents, malicious: this.liars.size, honest, copyable: honest, own: [] },
      moved: new Float32Array(countValues(this.base)),
      random: seededRandom(this.game.seed, 'attack', this.game.attack, round),
    };
    return attack.make(sight).map(toFixed);
  }

  async round(number: number): Promise<number> {
    const parameters = countValues(this.base);
    const { rule } = this.method;
    const draws = `${this.game.seed}:${number}`;
    const aggregator = createAggregator(rule, { parameters, fixedPoint: FIXED_POINT, draws, carry: this.carry });
    const honest: Change[] = [];
    for (const agent of this.selected(number)) {
      if (this.liars.has(agent)) continue;
      const change = await this.honest(agent, number);
      honest.push(toReal(change));
      aggregator.add({ by: nameOf(agent), examples: 1, change });
    }
    const names = [...this.liars].map(nameOf);
    for (const [i, change] of this.lies(honest, number).entries())
      aggregator.add({ by: names[i] as string, examples: 1, change });
    const model = aggregator.finish(concatenate(this.base, new Float32Array(parameters)));
    this.carry = aggregator.carry;
    this.base = decodeParameters(encodeModel(model, this.base));
    return this.field.accuracy(this.base);
  }
}

/** Plays a method's rounds. @returns the accuracy after each */
export async function playMethod(method: Method, game: Game, field: Field, signal: AbortSignal): Promise<number[]> {
  const trainer = await LocalTrainer.open(field.model, method.recipe, 1);
  const play = new Play(method, game, field, trainer);
  const accuracies: number[] = [];
  try {
    for (let round = 1; round <= game.rounds; round++) {
      signal.throwIfAborted();
      accuracies.push(await play.round(round));
    }
  } finally {
    await trainer.close();
  }
  return accuracies;
}
