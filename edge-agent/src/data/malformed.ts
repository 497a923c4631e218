// The refusal of data, naming the file and what in it is wrong.
import { MusterError } from '@muster/protocol';

/** Longest text of a file that an error repeats. */
const SHOWN = 40;

/** @param where file, row and column, as far as they are known */
export function malformed(where: string, problem: string, cause?: unknown): MusterError {
  return new MusterError(
    'ERR_DATA_MALFORMED',
    { reason: `${where}: ${problem}` },
    cause === undefined ? {} : { cause },
  );
}

/** A value of a file as errors show it: quoted and cut. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

/** The code of an error of Node's own, such as ENOENT. */
export function nodeCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** The words of whatever a library threw. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
