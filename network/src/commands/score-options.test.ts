// Scores on the command line.

import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { scoresOf, withScores, type ScoreOptions } from './score-options.ts';

function parsed(...args: string[]): ScoreOptions {
  const command = withScores(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  return command.parse(args, { from: 'user' }).opts();
}

describe('the scores of a job', () => {
  test('are none where nothing is said, and loss differences where no method is', () => {
    expect(scoresOf(parsed())).toBeUndefined();
    expect(scoresOf(parsed('--score'))).toEqual({ method: 'loss-difference' });
  });

  test('take a method, a number of examples and a weight', () => {
    const args = ['--score', 'leave-one-out', '--score-examples', '200', '--score-weight', '0.25'];
    expect(scoresOf(parsed(...args))).toEqual({ method: 'leave-one-out', examples: 200, alphaMicro: 250_000 });
  });

  test.each([
    ['--score', 'shapley'],
    ['--score-weight', '0'],
    ['--score-weight', '1.5'],
    ['--score-weight', 'much'],
  ])('refuse %s %s', (...args) => {
    expect(() => parsed(...args)).toThrow();
  });

  test('refuse details of no scores, by name', () => {
    const attempt = (): unknown => scoresOf(parsed('--score-weight', '0.5'));
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_DOCUMENT_INVALID' }));
    expect(attempt).toThrow(/--score-weight/);
  });
});
