// Partitions of a data set over agents: iid, shards (McMahan et al. 2017), dirichlet:<alpha> (Hsu et al. 2019). Seeded and
// the same on every machine; every example goes to exactly one agent, and no agent is left without.
import { MusterError } from '@muster/protocol';
import { seededRandom, type Random } from '../train/random.ts';
import { dirichlet } from './gamma.ts';

export type Partition =
  { readonly name: 'iid' } | { readonly name: 'shards' } | { readonly name: 'dirichlet'; readonly alpha: number };

export interface PartitionOptions {
  readonly partition: Partition;
  readonly agents: number;
  readonly seed: string | number;
}

const ALPHA = { min: 0.001, max: 10_000 };
/** Shards an agent gets, as in the FedAvg paper. */
const SHARDS = 2;

/**
 * Reads `iid`, `shards` or `dirichlet:<alpha>`.
 * @throws MusterError ERR_PARTITION_INVALID
 */
export function parsePartition(text: string): Partition {
  if (text === 'iid' || text === 'shards') return { name: text };
  const [name, value = '', ...rest] = text.split(':');
  if (name !== 'dirichlet' || rest.length > 0) {
    const reason = 'known are iid, shards and dirichlet:<alpha>';
    throw new MusterError('ERR_PARTITION_INVALID', { partition: text, reason });
  }
  const alpha = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
  if (!(alpha >= ALPHA.min && alpha <= ALPHA.max)) {
    const reason = `alpha must be a number from ${ALPHA.min} to ${ALPHA.max}`;
    throw new MusterError('ERR_PARTITION_INVALID', { partition: text, reason });
  }
  return { name, alpha };
}

function iota(length: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => index);
}

/** Cuts a list into as many parts as said, whose sizes differ by one at most. */
function cut(list: Int32Array, parts: number): Int32Array[] {
  const at = (part: number): number => Math.floor((part * list.length) / parts);
  return Array.from({ length: parts }, (_, part) => list.slice(at(part), at(part + 1)));
}

function joined(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

/** Examples sorted by label, within a label at random. */
function byLabel(labels: ArrayLike<number>, random: Random): Int32Array[] {
  const groups = new Map<number, number[]>();
  for (const index of random.shuffle(iota(labels.length))) {
    const label = labels[index] ?? 0;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [index]);
    else group.push(index);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => Int32Array.from(group));
}

function shards(labels: ArrayLike<number>, agents: number, random: Random): Int32Array[] {
  const pieces = cut(joined(byLabel(labels, random)), agents * SHARDS);
  const order = random.shuffle(iota(pieces.length));
  return cut(order, agents).map((mine) => joined(Array.from(mine, (piece) => pieces[piece] ?? new Int32Array())));
}

/** The place where a running sum of weights passes a point; the last of positive weight where rounding lost the end. */
function pick(weights: readonly number[], point: number): number {
  let sum = 0;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    last = index;
    sum += weight;
    if (point < sum) return index;
  }
  return last;
}

/**
 * Each agent draws its mixture of classes from a Dirichlet distribution around the prior and then its examples from that
 * mixture without replacement, renormalised as classes run out (Hsu et al. 2019). Alpha is the concentration of each class
 * where classes are equally many, as partitioners since then count it. Agents draw in turn, so that all get equally many
 * and none only what others left.
 */
function byDirichlet(labels: ArrayLike<number>, agents: number, alpha: number, random: Random): Int32Array[] {
  const pools = byLabel(labels, random);
  const prior = pools.map((pool) => pool.length / labels.length);
  const mixtures = Array.from({ length: agents }, () =>
    dirichlet(
      random,
      prior.map((share) => share * alpha * pools.length),
    ),
  );
  const left = pools.map((pool) => pool.length);
  const parts = Array.from({ length: agents }, (): number[] => []);
  for (let drawn = 0; drawn < labels.length; drawn++) {
    const agent = drawn % agents;
    const wanted = (mixtures[agent] ?? []).map((share, label) => ((left[label] ?? 0) > 0 ? share : 0));
    const sum = wanted.reduce((total, share) => total + share, 0);
    // An agent whose classes are all used up takes what is left, in proportion.
    const weights = sum > 0 ? wanted : left;
    const total = sum > 0 ? sum : left.reduce((all, count) => all + count, 0);
    const label = pick(weights, random.uniform() * total);
    const remaining = (left[label] ?? 0) - 1;
    left[label] = remaining;
    parts[agent]?.push(pools[label]?.[remaining] ?? 0);
  }
  return parts.map((part) => Int32Array.from(part));
}

/**
 * Divides examples over agents.
 * @param labels the class of each example
 * @returns for each agent the indices of its examples, ascending
 * @throws MusterError ERR_PARTITION_INVALID when there are too few examples for every agent to get one
 */
export function partition(
  labels: ArrayLike<number>,
  { partition: kind, agents, seed }: PartitionOptions,
): Int32Array[] {
  if (!Number.isInteger(agents) || agents < 1) throw new TypeError('agents must be a positive integer');
  const least = kind.name === 'shards' ? agents * SHARDS : agents;
  if (labels.length < least) {
    const reason = `${labels.length} examples cannot be divided over ${agents} agents`;
    throw new MusterError('ERR_PARTITION_INVALID', { partition: kind.name, reason });
  }
  const random = seededRandom(seed, 'partition', kind.name, agents);
  const parts =
    kind.name === 'iid'
      ? cut(random.shuffle(iota(labels.length)), agents)
      : kind.name === 'shards'
        ? shards(labels, agents, random)
        : byDirichlet(labels, agents, kind.alpha, random);
  return parts.map((part) => part.sort());
}
