// Metrics through the runtime, against scikit-learn's of the same scores.
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { memorySource, type Target } from '../data/index.ts';
import { encodeModel, GraphBuilder } from '../train/graph/index.ts';
import type { Loss } from '../train/loss/index.ts';
import { Evaluator, type EvaluationResult } from './evaluator.ts';
import { rocAuc, ValueTally } from './metrics/index.ts';

interface Case<E> {
  readonly scores: number[];
  readonly expect: E;
}

interface AnswersExpected {
  readonly loss: number;
  readonly accuracy: number;
  readonly recall: number[];
  readonly calibration: number;
  readonly auc: number;
}

interface Vectors {
  readonly classes: (Case<AnswersExpected & { confusion: number[][] }> & { classes: number; labels: number[] })[];
  readonly questions: (Case<AnswersExpected & { confusions: number[][][] }> & { width: number; targets: number[] })[];
  readonly values: (Case<{ loss: number; mae: number; rmse: number; r2: number }> & {
    width: number;
    targets: number[];
  })[];
}

const URL_OF = new URL('../../../test/vectors/metrics/metrics.json', import.meta.url);
const VECTORS = JSON.parse(readFileSync(URL_OF, 'utf8')) as Vectors;

/** A model whose answers are its inputs. */
function echo(width: number): Uint8Array {
  const graph = new GraphBuilder();
  graph.initializers.set('shift', { dtype: 'float32', shape: [width], data: new Float32Array(width) });
  graph.op('Add', ['input', 'shift'], {}, 'output');
  const value = (name: string) => ({ name, dtype: 'float32', shape: ['batch', width] }) as const;
  const parts = { initializers: graph.initializers, nodes: graph.nodes };
  return encodeModel({
    opset: 18,
    graph: { name: 'echo', inputs: [value('input')], outputs: [value('output')], ...parts },
  });
}

async function evaluateScores(
  scores: number[],
  width: number,
  loss: Loss,
  target: Target,
  targets: number[],
): Promise<EvaluationResult> {
  const evaluator = await Evaluator.open(echo(width), { loss });
  const features = Float32Array.from(scores);
  const goals = target.kind === 'class' ? Int32Array.from(targets) : Float32Array.from(targets);
  const layout = { shape: [width], dtype: 'float32', target, examples: scores.length / width } as const;
  const result = await evaluator.evaluate(
    new Map([['shift', new Float32Array(width)]]),
    memorySource({ ...layout, features, targets: goals }),
  );
  await evaluator.close();
  return result;
}

function expectAnswers(result: EvaluationResult, expected: AnswersExpected): void {
  if (result.kind === 'value') throw new TypeError(result.kind);
  expect(result.loss).toBeCloseTo(expected.loss, 5);
  expect(result.accuracy).toBeCloseTo(expected.accuracy, 12);
  for (const [index, recall] of expected.recall.entries()) expect(result.recall[index]).toBeCloseTo(recall, 12);
  expect(result.calibration.error).toBeCloseTo(expected.calibration, 6);
}

describe('metrics', () => {
  test.each(VECTORS.classes)(
    "of $classes classes are scikit-learn's",
    async ({ classes, scores, labels, expect: expected }) => {
      const result = await evaluateScores(scores, classes, 'cross-entropy', { kind: 'class', classes }, labels);
      expectAnswers(result, expected);
      if (result.kind !== 'class') throw new TypeError(result.kind);
      expect(result.confusion).toEqual(expected.confusion);
      expect(result.auc).toBeCloseTo(expected.auc, 3);
    },
  );

  test.each(VECTORS.questions)(
    "of $width questions are scikit-learn's",
    async ({ width, scores, targets, expect: expected }) => {
      const result = await evaluateScores(scores, width, 'binary-cross-entropy', { kind: 'binary', width }, targets);
      expectAnswers(result, expected);
      if (result.kind !== 'binary') throw new TypeError(result.kind);
      expect(result.confusions).toEqual(expected.confusions);
      expect(result.auc).toBeCloseTo(expected.auc, 12);
    },
  );

  test.each(VECTORS.values)(
    "of $width numbers are scikit-learn's",
    async ({ width, scores, targets, expect: expected }) => {
      const result = await evaluateScores(scores, width, 'mean-squared-error', { kind: 'value', width }, targets);
      if (result.kind !== 'value') throw new TypeError(result.kind);
      expect(result.loss).toBeCloseTo(expected.loss, 5);
      expect(result.mae).toBeCloseTo(expected.mae, 6);
      expect(result.rmse).toBeCloseTo(expected.rmse, 6);
      expect(result.r2).toBeCloseTo(expected.r2, 6);
    },
  );

  test('the area under the curve is the share of pairs in order, ties counting half', () => {
    const scores = Float32Array.of(0.1, 0.4, 0.35, 0.8, 0.4);
    const positives = Uint8Array.of(0, 0, 1, 1, 1);
    // pairs: 0.35 beats 0.1; 0.8 beats both; 0.4 beats 0.1 and ties with 0.4
    expect(rocAuc(scores, positives)).toBe((1 + 2 + 1.5) / 6);
    expect(rocAuc(scores, new Uint8Array(5))).toBeUndefined();
    expect(rocAuc(Float32Array.of(NaN, 1), Uint8Array.of(0, 1))).toBeUndefined();
  });

  test('a constant target is met or not: its R² is one or nought', () => {
    const r2 = (answer: number): number => {
      const tally = new ValueTally(1);
      for (let i = 0; i < 3; i++) tally.add(Float32Array.of(2), Float32Array.of(answer));
      return tally.result().r2;
    };
    expect([r2(2), r2(3)]).toEqual([1, 0]);
  });
});
