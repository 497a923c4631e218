// What a validator's log tells of an attestation that is recorded.

import type { Unsealed } from '@muster/protocol';
import type { Log } from '../watch/index.ts';

type Told = Pick<Unsealed<'round.attest'>, 'job' | 'round' | 'aggregate' | 'excluded' | 'evaluation'>;

/** Tells of an attestation. @param ms how long recording it took, milliseconds */
export function tellAttestation(log: Log, statement: Told, ms: number, seconds?: object): void {
  const { job, round, aggregate, excluded, evaluation } = statement;
  log.info(
    {
      event: 'attestation',
      job,
      round,
      aggregate: aggregate.digest,
      excluded,
      ...('accuracyMicro' in evaluation
        ? { accuracy: evaluation.accuracyMicro / 1e6 }
        : { r2: evaluation.r2Micro / 1e6 }),
      loss: evaluation.lossMicro / 1e6,
      seconds: { ...seconds, record: Math.round(ms) / 1000 },
    },
    'attested',
  );
}
