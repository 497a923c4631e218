// The code of an error that Node threw, e.g. ENOENT.

/** Told by shape and not by class: errors of Node's own modules are of another realm where code runs in a sandbox. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
