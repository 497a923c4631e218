// What ONNX Runtime alone makes of a job's exported model.

import { readFile } from 'node:fs/promises';
import { originOf, openSource } from '../../edge-agent/src/data/index.ts';
import { range } from '../../edge-agent/src/data/source.ts';
import { openSession, tensor } from '../../edge-agent/src/train/session.ts';
import type { JobOutcome } from './model-jobs.ts';

export interface Answers {
  readonly scores: Float32Array;
  readonly targets: ArrayLike<number>;
  readonly examples: number;
}

/** What ONNX Runtime alone makes of the file on the hold-out. */
export async function answersOf({ exported, holdout }: JobOutcome): Promise<Answers> {
  const source = await openSource(await originOf(holdout));
  const { features, targets } = await source.read(range(0, source.examples));
  const session = await openSession(await readFile(exported));
  const { logits } = await session.run({ input: tensor(features, [source.examples, ...source.shape]) });
  await session.release();
  await source.close();
  return { scores: logits!.data as Float32Array, targets, examples: source.examples };
}

/** The share of examples whose highest score is their class's. */
export function accuracyOf({ scores, targets, examples }: Answers): number {
  const classes = scores.length / examples;
  const right = Array.from({ length: examples }, (_, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own)) === targets[row] ? 1 : 0;
  });
  return right.reduce<number>((sum, each) => sum + each, 0) / examples;
}
