// What holds of every job that ended well: its rounds, what was attested of them, and the file that came out.

import { expect } from '@jest/globals';
import { accuracyOf, answersOf } from './job-answers.ts';
import type { JobOutcome } from './model-jobs.ts';

/** Finalised rounds, one digest each from all four, a loss that falls, and a file that is what was attested. */
export function expectSound({ rounds, start, attested, measured }: JobOutcome, digits = 5): void {
  for (const { round, attestations, updates } of rounds) {
    expect(round.phase).toBe('finalised');
    expect(updates).toHaveLength(4);
    expect(attestations.map(({ aggregate }) => aggregate.digest)).toEqual(Array(4).fill(round.model!.digest));
  }
  const losses = [start.loss, ...attested.map(({ lossMicro }) => lossMicro / 1e6)];
  expect(losses).toEqual([...losses].sort((a, b) => b - a));
  expect(new Set(losses).size).toBe(rounds.length + 1);
  expect(measured.loss).toBeCloseTo(losses.at(-1)!, digits);
}

/** ONNX Runtime alone finds the accuracy that was attested, but for an example whose scores round to a tie. */
export async function expectAccuracy(outcome: JobOutcome): Promise<void> {
  const attested = outcome.attested[1]!;
  if (!('accuracyMicro' in attested)) throw new TypeError('no classifier');
  const found = accuracyOf(await answersOf(outcome));
  expect(Math.abs(attested.accuracyMicro / 1e6 - found)).toBeLessThanOrEqual(1 / attested.examples);
}
