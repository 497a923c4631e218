// Takes the refusal out of an act: what tests look at is its code and details.

import { isMusterError, type AnyMusterError } from '../../protocol/src/errors.ts';

/** The MusterError that an act throws; anything else, and doing it, is a failure. */
export function refusal(act: () => unknown): AnyMusterError {
  try {
    act();
  } catch (error) {
    if (isMusterError(error)) return error;
    throw error;
  }
  throw new Error('expected a refusal, but nothing was thrown');
}

/** The MusterError that a promise is rejected with; anything else, and being kept, is a failure. */
export async function rejection(act: Promise<unknown>): Promise<AnyMusterError> {
  try {
    await act;
  } catch (error) {
    if (isMusterError(error)) return error;
    throw error;
  }
  throw new Error('expected a refusal, but the promise was kept');
}
