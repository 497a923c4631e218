// Fuzzing of one parser: inputs derived from a corpus by a seeded generator, and what the parser makes of each.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { MusterError } from '../../protocol/src/errors.ts';
import { byteMutations, INPUT_MAX_BYTES } from './mutate-bytes.ts';
import { mutateText } from './mutate-text.ts';
import { createFuzzRandom } from './random.ts';

/** A parser under fuzzing. */
export interface Target {
  /** what its inputs are: text is mutated by tokens as well as by bytes */
  readonly kind: 'text' | 'bytes';
  /**
   * Feeds it an input. A MusterError is a refusal; whatever else is thrown is a failure, also by the checks of what was
   * accepted.
   */
  readonly parse: (input: Buffer) => unknown;
}

/** `accepted`, the code of a refusal, or `failed`. */
export interface CaseResult {
  readonly outcome: string;
  readonly milliseconds: number;
  readonly error?: unknown;
}

/** Feeds one input and times it. */
export async function feed(target: Target, input: Buffer): Promise<CaseResult> {
  const began = performance.now();
  const spent = (): number => performance.now() - began;
  try {
    const answer: unknown = target.parse(input);
    // awaiting what is there already would cost more than most parsers
    if (answer instanceof Promise) await answer;
    return { outcome: 'accepted', milliseconds: spent() };
  } catch (error) {
    if (error instanceof MusterError) return { outcome: (error as MusterError).code, milliseconds: spent() };
    return { outcome: 'failed', milliseconds: spent(), error: error };
  }
}

const MUTATIONS_MAX = 6;

/** The input of a case: equal arguments give equal bytes, so that a case is found again by its number. */
export function inputOf(
  name: string,
  kind: Target['kind'],
  corpus: readonly Buffer[],
  seed: number,
  index: number,
): Buffer {
  const random = createFuzzRandom(name, seed, index);
  let input = random.pick(corpus);
  // mostly few: what is bent in many places is refused at the first of them
  for (let left = 1 + random.below(1 + random.below(MUTATIONS_MAX)); left > 0; left--) {
    const structured = kind === 'text' && random.below(4) > 0;
    input = (structured ? mutateText : random.pick(byteMutations))(input, random, corpus);
    if (input.length > INPUT_MAX_BYTES) input = input.subarray(0, INPUT_MAX_BYTES);
  }
  return Buffer.from(input);
}

/** What a parser made of many cases. */
export interface FuzzReport {
  readonly cases: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly slowest: { readonly milliseconds: number; readonly index: number };
  readonly failures: readonly { readonly index: number; readonly error: string; readonly input: Buffer }[];
}

const FAILURES_TOLD = 5;
/** Cases of one turn of the event loop: the engine frees what an inflation held between turns, and a service has many. */
const TURN = 256;

/** Runs cases `from` up to `to`. @param onCase told before each case, for a watchdog */
export async function fuzz(
  name: string,
  target: Target,
  corpus: readonly Buffer[],
  { seed, from = 0, to, onCase }: { seed: number; from?: number; to: number; onCase?: (index: number) => void },
): Promise<FuzzReport> {
  const outcomes: Record<string, number> = {};
  const failures: { index: number; error: string; input: Buffer }[] = [];
  let slowest = { milliseconds: 0, index: from };
  for (let index = from; index < to; index++) {
    onCase?.(index);
    if (index % TURN === 0) await nextTurn();
    const input = inputOf(name, target.kind, corpus, seed, index);
    const { outcome, milliseconds, error } = await feed(target, input);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, index };
    if (outcome === 'failed' && failures.length < FAILURES_TOLD) {
      failures.push({ index, error: error instanceof Error ? (error.stack ?? error.message) : String(error), input });
    }
  }
  return { cases: to - from, outcomes, slowest, failures };
}

/** The shortest input found, by leaving pieces out, that still fails in the same way. */
export async function minimise(target: Target, input: Buffer): Promise<Buffer> {
  const fails = async (bytes: Buffer): Promise<boolean> => (await feed(target, bytes)).outcome === 'failed';
  let smallest = input;
  for (let piece = Math.ceil(input.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let at = 0; at < smallest.length;) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + piece)]);
      if (await fails(without)) smallest = without;
      else at += piece;
    }
  }
  return smallest;
}
