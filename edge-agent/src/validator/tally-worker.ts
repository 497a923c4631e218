// The worker that tallies: hashing and adding millions of numbers must not hold up the validator's event loop.

import { isMusterError, report, type ErrorReport } from '@muster/protocol';
import { parentPort } from 'node:worker_threads';
import {
  createTally,
  type Tally,
  type TallyBase,
  type TallyOutcome,
  type TallyTerms,
  type TallyUpdate,
} from './tally.ts';

export type TallyRequest =
  | {
      readonly id: number;
      readonly kind: 'open';
      readonly tally: number;
      readonly terms: TallyTerms;
      readonly round: number;
      readonly base: TallyBase;
    }
  | {
      readonly id: number;
      readonly kind: 'add';
      readonly tally: number;
      readonly record: TallyUpdate;
      readonly bytes: Uint8Array;
    }
  | {
      readonly id: number;
      readonly kind: 'add-root';
      readonly tally: number;
      readonly record: Pick<TallyUpdate, 'update'>;
      readonly bytes: Uint8Array;
    }
  | { readonly id: number; readonly kind: 'candidate'; readonly tally: number; readonly by: string }
  | { readonly id: number; readonly kind: 'finish' | 'forget'; readonly tally: number };

export type TallyReply =
  | { readonly id: number; readonly ok: true; readonly outcome?: TallyOutcome }
  | { readonly id: number; readonly ok: false; readonly error: ErrorReport };

const tallies = new Map<number, Tally>();

function opened(number: number): Tally {
  const tally = tallies.get(number);
  if (tally === undefined) throw new TypeError(`tally ${number} is not open`);
  return tally;
}

function answer(request: TallyRequest): TallyOutcome | undefined {
  switch (request.kind) {
    case 'open':
      tallies.set(request.tally, createTally(request.terms, request.round, request.base));
      return undefined;
    case 'add':
      opened(request.tally).add(request.record, request.bytes);
      return undefined;
    case 'add-root':
      opened(request.tally).addRoot(request.record, request.bytes);
      return undefined;
    case 'finish':
      return opened(request.tally).finish();
    case 'candidate':
      return { model: opened(request.tally).candidate(request.by) };
    case 'forget':
      opened(request.tally).close();
      tallies.delete(request.tally);
      return undefined;
  }
}

function handle(request: TallyRequest): TallyReply {
  const { id } = request;
  try {
    const outcome = answer(request);
    return outcome === undefined ? { id, ok: true } : { id, ok: true, outcome };
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return { id, ok: false, error: report(error) };
  }
}

parentPort?.on('message', (request: TallyRequest) => parentPort?.postMessage(handle(request)));
