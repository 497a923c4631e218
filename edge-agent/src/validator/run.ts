// The validator as a service: configuration, keystore and hold-out from files.

import { join } from 'node:path';
import { dataBytesOf, validatorConfigSchema } from '../config.ts';
import { originOf, shareSource } from '../data/index.ts';
import { runService } from '../run-main.ts';
import { runValidator } from './validator.ts';

/**
 * Runs a validator by its configuration file until the signal aborts.
 * @throws ERR_DOCUMENT_INVALID, ERR_KEYSTORE_*, ERR_DATA_MALFORMED, ERR_ROLE_FORBIDDEN and what enrolment throws
 */
export function runValidatorService(config: string, signal: AbortSignal): Promise<void> {
  return runService(
    config,
    validatorConfigSchema,
    async ({ config, ...running }) => {
      const { holdout: data, state, threads } = config;
      const { origin: holdout, close } = await shareSource(await originOf(data, join(state, 'scratch')));
      try {
        await runValidator({ ...running, holdout, state, threads, dataBytes: dataBytesOf(config) });
      } finally {
        await close();
      }
    },
    { kind: 'validator', signal },
  );
}
