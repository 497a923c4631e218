// What several parts of the corpus are made of.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB } from '../states.ts';

/** Inputs of a parser, by name. */
export type Entries = Readonly<Record<string, string | Uint8Array>>;

/** Lists in lists. */
export const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
/** A file of the folder test. */
export const read = (...path: string[]): Buffer => readFileSync(join(import.meta.dirname, '..', '..', ...path));
export const text = JSON.stringify;

/** A sealed envelope that is right. */
export const envelope = /"(eyJ[\w.-]+)"/.exec(read('vectors', 'envelope', 'worked-example.json').toString())?.[1] ?? '';
export const THUMBPRINT = 'A'.repeat(43);
export const common = { v: 1, jti: THUMBPRINT, iat: 1, by: 'navy/officer' };
export const ofRound = { ...common, job: JOB, round: 1 };
