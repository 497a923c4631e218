// Rules that must see all updates: these are held as they come, and taken block by block, in order of names, at the end.

import { MusterError } from '../../errors.ts';
import type { ChangeMaker, MakerOptions } from '../aggregator.ts';
import { openKernels, type Kernels } from '../kernels/kernels.ts';
import { BLOCK, room, STRIDE, type Block } from '../kernels/layout.ts';
import { createMemoryStore, type HeldChange } from '../store.ts';
import type { Carried } from '../rule.ts';
import { changeChecker } from '../take-change.ts';
import { afterBefore, applyBefore, type BeforeOptions } from './before.ts';
import { maliciousOf, type Bound } from './malicious.ts';
import { rowOf, type Rows, type Workspace } from './rows.ts';

/** Writes the aggregate of a block of rows, in their units. */
export type WriteBlock = (block: Block, from: number, out: Float64Array) => void;

/** What else a rule may depend on. */
export interface Surroundings {
  /** a unit of the fixed point, as a power of two: how many make 1 */
  readonly scale: number;
  /** the root update in units of the fixed point, of rules that need one */
  readonly root?: Int32Array | undefined;
  /** in units of the parameters */
  readonly carried: readonly Carried[];
}

/** @returns how blocks of the aggregate are made */
export type Prepare = (rows: Rows, workspace: Workspace, surroundings: Surroundings) => WriteBlock;

/** A rule with its options. */
export interface HeldRule {
  readonly bound: Bound;
  /** whether it compares each update with each */
  readonly pairwise: boolean;
  readonly prepare: Prepare;
}

export interface HeldOptions extends BeforeOptions {
  readonly maliciousPercent: number;
}

/** Blocks of a change that are read at once: whole ones, so that how many makes no difference to any sum. */
const BLOCKS_AT_ONCE = 16;

/** Updates that rules which compare each with each take; of their distances is a matrix. */
export const PAIRS_MAX = 5000;
/** Updates that the others take. */
export const HELD_MAX = 20_000;

/**
 * What n updates lack of what a rule and what comes before it ask.
 * @param rule its bound, and whether it compares each update with each
 */
export function heldProblem(
  { bound, pairwise }: Pick<HeldRule, 'bound' | 'pairwise'>,
  options: HeldOptions,
  n: number,
): string | undefined {
  const f = maliciousOf(options.maliciousPercent, n);
  const most = pairwise || options.before.length > 0 ? PAIRS_MAX : HELD_MAX;
  if (n > most) return `takes at most ${most} updates, of ${n}`;
  if (options.before.length > 0 && n <= 2 * f) return `needs n ≥ 2f + 1 updates for what comes before, of ${n}`;
  return bound(afterBefore(options, n), f);
}

/** All that a rule may allocate for n updates; what it leaves is never touched, and so takes no memory. */
function roomFor(n: number, { before }: HeldOptions, pairwise: boolean, blocksAtOnce: number): number {
  const blocks = (2 + before.length) * n * STRIDE;
  const pairs = pairwise || before.length > 0 ? (1 + 3 * before.length) * n * (n + 4) : 0;
  // of a sorting network n × log² n / 4 comparators; then weights, offsets, norms
  return room(blocks + pairs + 256 * n + 64 * STRIDE, 8) + room(n * blocksAtOnce * BLOCK, 4);
}

function rowsOf(
  changes: readonly HeldChange[],
  f: number,
  { parameters, blocksAtOnce }: { readonly parameters: number; readonly blocksAtOnce: number },
  kernels: Kernels,
): Rows {
  const size = blocksAtOnce * BLOCK;
  const slab = kernels.int32(changes.length * size);
  const block = kernels.float64(changes.length * STRIDE);
  let start = -1;
  const load = (from: number): void => {
    start = from - (from % size);
    // beyond the end of a change nothing is read, and 0 is what stands for it
    if (start + size > parameters) slab.fill(0);
    changes.forEach((change, i) => change.read(start, slab.subarray(i * size, (i + 1) * size)));
  };
  return {
    count: changes.length,
    f,
    parameters,
    integral: true,
    block(from) {
      if (start < 0 || from < start || from >= start + size) load(from);
      changes.forEach((_, i) => {
        const at = i * size + from - start;
        kernels.widen(slab.subarray(at, at + BLOCK), rowOf(block, i));
      });
      return block;
    },
  };
}

/**
 * The maker of a rule that sees all updates at once.
 * @param name of the rule, for errors
 */
export function createHeld(
  name: string,
  rule: HeldRule,
  options: HeldOptions,
  surroundings: MakerOptions,
): ChangeMaker {
  const {
    parameters,
    fixedPoint,
    locate,
    kernels: kind,
    blocksAtOnce = BLOCKS_AT_ONCE,
    store = createMemoryStore(),
    draws = '',
    root,
    carried,
  } = surroundings;
  const check = changeChecker({ format: fixedPoint, locate }, kind);
  const held: { readonly by: string; readonly change: HeldChange }[] = [];
  return {
    add({ by, change }) {
      check(change);
      held.push({ by, change: store.hold(change) });
    },
    finish() {
      const n = held.length;
      if (n === 0) throw new MusterError('ERR_QUORUM_SHORT', { of: 'accepted updates', count: 0, needed: 1 });
      const problem = heldProblem(rule, options, n);
      if (problem !== undefined) throw new MusterError('ERR_RULE_BOUND', { rule: name, problem });
      const changes = held.sort((a, b) => (a.by < b.by ? -1 : 1)).map(({ change }) => change);
      const kernels = openKernels(roomFor(n, options, rule.pairwise, blocksAtOnce), kind);
      const workspace: Workspace = { kernels, row: () => kernels.float64(BLOCK) };
      const scale = 2 ** fixedPoint.fractionBits;
      const given = rowsOf(changes, maliciousOf(options.maliciousPercent, n), { parameters, blocksAtOnce }, kernels);
      const rows = applyBefore(given, workspace, options, draws);
      const write = rule.prepare(rows, workspace, { scale, root, carried });
      const out = workspace.row();
      return (from, into) => {
        write(rows.block(from), from, out);
        for (let i = 0; i < into.length; i++) into[i] = (out[i] as number) / scale;
      };
    },
  };
}
