// One cell: rounds of honest training, an attack, the rule, and what the model is worth afterwards.
import { createHash } from 'node:crypto';
import {
  concatenate,
  copiesAmong,
  countValues,
  createAggregator,
  decodeParameters,
  encodeModel,
  isMusterError,
  needsRoot,
  type Parameters,
  type RuleTerms,
} from '@muster/protocol';
import { attacks, type Attack, type Change } from '../../edge-agent/src/attack/index.ts';
import { memorySource, type ExampleSource } from '../../edge-agent/src/data/index.ts';
import { seededRandom } from '../../edge-agent/src/train/index.ts';
import { HONEST, type Cell, type CellResult } from './cell.ts';
import { rules } from './rules.ts';
import { FIXED_POINT, nameOf, type World } from './world.ts';

const SCALE = 2 ** FIXED_POINT.fractionBits;
const LIMIT = 2 ** FIXED_POINT.magnitudeBits - 1;

export const toFixed = (change: Change): Int32Array =>
  Int32Array.from(change, (value) => Math.max(-LIMIT, Math.min(LIMIT, Math.round(value * SCALE))));
export const toReal = (change: Int32Array): Change => Float32Array.from(change, (value) => value / SCALE);

/** Who is malicious: the first of a seeded order, so that a larger share has the smaller one's among it. */
export function maliciousAgents({ agents, malicious, seed, attack }: Cell): Set<number> {
  if (attack === HONEST) return new Set();
  const order = seededRandom(seed, 'attacks', 'malicious').shuffle(Int32Array.from({ length: agents }, (_, i) => i));
  return new Set(order.slice(0, Math.round((agents * malicious) / 100)));
}

export interface Sent {
  readonly by: string;
  readonly change: Int32Array;
}

/** Without copies, by the product's own rule. Honest ones were recorded first: who copies can only send later. */
function distinct(sent: readonly Sent[], honest: number): Sent[] {
  const copies = copiesAmong(
    sent.map(({ by, change }, place) => {
      const digest = createHash('sha256').update(change).digest('hex');
      return { by, at: place < honest ? 0 : 1, update: { cid: digest, digest, size: change.byteLength } };
    }),
  );
  return sent.filter(({ by }) => !copies.has(by));
}

function attackOf(name: string): Attack {
  const attack = attacks[name];
  if (attack === undefined) throw new TypeError(`no attack is called ${name}`);
  return attack;
}

/** The last rounds, whose mean accuracy counts: one round's alone goes up and down by more than rules differ. */
export const COUNTED_ROUNDS = 3;

/** A round that was played: what it began with, what was sent and counted, and by which rule. */
export interface Played {
  readonly base: Parameters;
  readonly updates: readonly Sent[];
  readonly rule: RuleTerms;
  readonly model: Parameters;
}

export class Simulation {
  private readonly cell: Cell;
  private readonly world: World;
  private readonly attack: Attack | undefined;
  private readonly liars: readonly number[];
  private readonly honest: readonly number[];
  private readonly poisoned: readonly ExampleSource[];
  private base: Parameters;
  private moved: Change;
  private before: readonly Change[] = [];
  /** what the rule handed on a round ago */
  private carry: readonly Float32Array[] = [];
  excluded = 0;

  constructor(cell: Cell, world: World) {
    this.cell = cell;
    this.world = world;
    this.base = world.base;
    this.moved = new Float32Array(countValues(world.base));
    const liars = maliciousAgents(cell);
    const everybody = world.shards.map((_, agent) => agent);
    this.liars = everybody.filter((agent) => liars.has(agent));
    this.honest = everybody.filter((agent) => !liars.has(agent));
    this.attack = this.liars.length === 0 ? undefined : attackOf(cell.attack);
    const { poison } = this.attack ?? {};
    this.poisoned = poison === undefined ? [] : this.liars.map((agent) => this.poison(poison, agent));
  }

  private poison(poison: NonNullable<Attack['poison']>, agent: number): ExampleSource {
    const data = this.world.shards[agent];
    if (data === undefined) throw new TypeError(`agent ${agent} has no examples`);
    return memorySource(poison(data, seededRandom(this.cell.seed, 'poison', agent)));
  }

  private async trained(agent: number, round: number): Promise<Int32Array> {
    if (round === 1) return this.world.firstRound(agent);
    return this.world.train(this.base, this.world.source(agent), nameOf(agent), round);
  }

  private async lies(attack: Attack, honest: readonly Change[], round: number): Promise<readonly Change[]> {
    const own: Change[] = [];
    if (attack.trains === true) {
      for (const [place, agent] of this.liars.entries()) {
        const data = this.poisoned[place] ?? this.world.source(agent);
        own.push(toReal(await this.world.train(this.base, data, nameOf(agent), round)));
      }
    }
    return attack.make({
      round,
      updates: this.cell.agents,
      malicious: this.liars.length,
      honest,
      copyable: this.cell.copies === 'counted' ? honest : this.before,
      own,
      moved: this.moved,
      random: seededRandom(this.cell.seed, 'attack', this.cell.attack, round),
    });
  }

  /** The updates of a round, in order of arrival. */
  private async updates(round: number): Promise<Sent[]> {
    const sent: Sent[] = [];
    for (const agent of this.honest) sent.push({ by: nameOf(agent), change: await this.trained(agent, round) });
    if (this.attack === undefined) return sent;
    const honest = sent.map(({ change }) => toReal(change));
    const lies = await this.lies(this.attack, honest, round);
    this.before = honest;
    sent.push(...lies.map((change, i) => ({ by: nameOf(this.liars[i] ?? -1), change: toFixed(change) })));
    if (this.cell.copies !== 'excluded') return sent;
    const counted = distinct(sent, honest.length);
    this.excluded += sent.length - counted.length;
    return counted;
  }

  /** Plays a round. @throws MusterError where the rule gives up */
  async play(round: number): Promise<Played> {
    const rule = rules[this.cell.rule];
    if (rule === undefined) throw new TypeError(`no rule is called ${this.cell.rule}`);
    const updates = await this.updates(round);
    const { base } = this;
    const terms = rule(this.cell.malicious);
    const parameters = countValues(this.base);
    const root = needsRoot(terms) ? await this.world.trainRoot(this.base, round) : undefined;
    const aggregator = createAggregator(terms, {
      parameters,
      fixedPoint: FIXED_POINT,
      root,
      draws: `${this.cell.seed}:${round}`,
      carry: this.carry,
    });
    for (const { by, change } of updates) aggregator.add({ by, examples: 1, change });
    const old = concatenate(this.base, new Float32Array(parameters));
    const model = aggregator.finish(old);
    this.carry = aggregator.carry;
    this.moved = model.map((value, i) => value - (old[i] ?? 0));
    this.base = decodeParameters(encodeModel(model, this.base));
    return { base, updates, rule: terms, model: this.base };
  }

  accuracy(): Promise<number> {
    return this.world.evaluate(this.base, this.world.test);
  }

  /** How often the backdoor works now. */
  async success(): Promise<number | undefined> {
    const { triggered } = this.attack ?? {};
    return triggered === undefined ? undefined : this.world.evaluate(this.base, triggered(this.world.test));
  }
}

export async function simulate(cell: Cell, world: World): Promise<CellResult> {
  const began = performance.now();
  const simulation = new Simulation(cell, world);
  const accuracies: number[] = [];
  let refused: string | undefined;
  for (let round = 1; round <= cell.rounds && refused === undefined; round++) {
    try {
      await simulation.play(round);
      if (round > cell.rounds - COUNTED_ROUNDS) accuracies.push(await simulation.accuracy());
    } catch (error) {
      if (!isMusterError(error)) throw error;
      refused = error.code;
    }
  }
  const success = await simulation.success();
  return {
    ...cell,
    accuracies,
    ...(success === undefined ? {} : { success }),
    ...(refused === undefined ? {} : { refused }),
    excluded: simulation.excluded,
    seconds: (performance.now() - began) / 1000,
  };
}
