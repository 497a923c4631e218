// Where a manifest differs from the one that the rest of the file makes: so that the record is named, not just the manifest.

import { refuse } from '../refuse.ts';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The first place where two JSON values differ, as a path. */
function firstDifference(told: unknown, made: unknown, path: readonly string[]): readonly string[] | undefined {
  if (!isObject(told) || !isObject(made)) return Object.is(told, made) ? undefined : path;
  for (const name of new Set([...Object.keys(made), ...Object.keys(told)])) {
    const found = firstDifference(told[name], made[name], [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whose entry a path leads to: `rounds 0 updates 3` is somebody's. */
function holderOf(manifest: unknown, path: readonly string[]): string {
  let value = manifest;
  let holder = '';
  for (const name of path) {
    if (!isObject(value)) break;
    value = value[name];
    if (isObject(value) && typeof value.by === 'string') holder = ` of ${value.by}`;
  }
  return holder;
}

/**
 * Compares a file's manifest with the one made anew.
 * @throws ERR_AUDIT_FAILED naming the entry
 */
export function requireManifest(told: Uint8Array, made: Uint8Array): void {
  if (Buffer.compare(told, made) === 0) return;
  const [claimed, expected] = [told, made].map((bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown);
  const path = firstDifference(claimed, expected, []) ?? [];
  refuse(`manifest, ${path.join('.')}${holderOf(expected, path)}`, 'is not what ledger and artefacts give');
}
