// Scoring, with a trainer that finds the loss written in the parameters: what is compared with what, and when it says nothing.

import { describe, expect, test } from '@jest/globals';
import { encodeTensors, MusterError, type ScoresTerms } from '@muster/protocol';
import { artefactOf, CLOSED, APPROVED, POINTER, updateBy } from '../../../test/support/states.ts';
import type { JobSight } from '../watch/index.ts';
import { scoreUpdates, type ScoreOptions, type Scoring } from './score-updates.ts';

const NAMES = ['air/plane-1', 'navy/ship-1', 'navy/ship-2'];
/** Losses of the candidates; of the base 1, of the aggregate 0.5. */
const LOSSES: Readonly<Record<string, number>> = { 'air/plane-1': 0.75, 'navy/ship-1': 3, 'navy/ship-2': Infinity };

const modelOf = (loss: number): Uint8Array =>
  encodeTensors([{ name: 'loss', shape: [1], data: Float32Array.of(loss) }]);

const sight = (scores?: ScoresTerms): JobSight => ({
  job: { ...APPROVED, terms: { ...APPROVED.terms, ...(scores && { scores }) } },
  model: POINTER,
  round: CLOSED,
  updates: NAMES.map((by) => ({
    ...updateBy(by).statement,
    ...{ certificate: '', update: artefactOf(by), at: 1, transaction: 'tx' },
  })),
  attestations: [],
});

function score(changes: Partial<ScoreOptions> & { method?: ScoresTerms['method'] } = {}): Promise<Scoring> {
  const { method = 'loss-difference', ...rest } = changes;
  const evaluate: ScoreOptions['trainer']['evaluate'] = ({ parameters }) =>
    Promise.resolve({ loss: parameters.get('loss')![0]! } as Awaited<ReturnType<ScoreOptions['trainer']['evaluate']>>);
  return scoreUpdates({
    sight: sight({ method, examples: 10, alphaMicro: 1 }),
    excluded: [],
    model: modelOf(0.5),
    ballot: { base: modelOf(1), candidate: (by) => Promise.resolve(modelOf(LOSSES[by]!)) },
    trainer: { evaluate },
    holdout: { kind: 'memory' } as unknown as ScoreOptions['holdout'],
    organisation: 'navy',
    until: Infinity,
    ...rest,
  });
}

describe('scoring', () => {
  test('compares each change with the base, clamped where the loss is no number', async () => {
    expect(await score()).toEqual({ scores: [250_000, -2_000_000, -1_000_000_000] });
  });

  test('compares the aggregate without each update with the aggregate', async () => {
    expect(await score({ method: 'leave-one-out' })).toEqual({ scores: [250_000, 2_500_000, 1_000_000_000] });
  });

  test('passes over what was left out, and does nothing where the job has no scores', async () => {
    const excluded = [{ by: 'navy/ship-1', code: 'ERR_UPDATE_LAYOUT' }];
    expect(await score({ excluded })).toEqual({ scores: [250_000, -1_000_000_000] });
    expect(await score({ sight: sight() })).toEqual({});
  });

  test('says nothing where there is no time, or no candidate, and fails where trying again may help', async () => {
    expect(await score({ until: 0 })).toEqual({ silent: '0 of 3 were scored in time' });
    const failing = (error: MusterError): Partial<ScoreOptions> => ({
      ballot: { base: modelOf(1), candidate: () => Promise.reject(error) },
    });
    const short = new MusterError('ERR_QUORUM_SHORT', { of: 'updates', count: 1, needed: 2 });
    expect(await score(failing(short))).toEqual({ silent: short.message });
    const down = new MusterError('ERR_TALLY_FAILED', { reason: 'ended' });
    await expect(score(failing(down))).rejects.toBe(down);
  });
});
