// What a transaction tells: the events it emitted, and what its arguments and its answer tell already. Updates are most of
// what a ledger holds, so a transaction that records them does not say again in events what its envelopes say.

import type { Moment } from '../consortium/consortium.ts';
import { decodeBatch } from '../envelope/batch.ts';
import { openEnvelopeUnsafe, type Claims } from '../envelope/envelope.ts';
import { commitmentRecord } from '../round/commit.ts';
import { updateRecord } from '../round/record.ts';
import type { Statement } from '../statements.ts';
import { decodeEvents, event, type LedgerEvent } from './events.ts';
import type { Verdicts } from './verdicts.ts';

/** A valid transaction of the chaincode, as its block holds it. */
export interface Transaction extends Moment {
  /** `<contract>:<function>` */
  readonly function: string;
  readonly args: readonly string[];
  /** what the chaincode answered */
  readonly answer: string;
  /** payload of its Fabric event, if it emitted one */
  readonly emitted?: string;
}

type Tell = (statement: Claims, certificate: string, moment: Moment) => LedgerEvent;

function tellUpdate(statement: Claims, certificate: string, moment: Moment): LedgerEvent {
  const update = statement as unknown as Statement<'round.update'>;
  const { job, round } = update;
  return event('round.updated', { ...updateRecord(update, certificate, moment), job, round });
}

function tellCommitment(statement: Claims, certificate: string, moment: Moment): LedgerEvent {
  const commitment = statement as unknown as Statement<'round.commit'>;
  const { job, round } = commitment;
  return event('round.committed', { ...commitmentRecord(commitment, certificate, moment), job, round });
}

/** The chaincode functions whose events are not emitted but told by their envelopes and verdicts. */
const TELLING: Readonly<Record<string, Tell>> = { 'rounds:record': tellUpdate, 'rounds:commit': tellCommitment };

function recorded({ args, answer, at, transaction }: Transaction, tell: Tell): LedgerEvent[] {
  const { verdicts } = JSON.parse(answer) as Verdicts;
  return decodeBatch(args[0] as string).flatMap((text, i) => {
    const verdict = verdicts[i];
    if (verdict?.ok !== true || verdict.first !== undefined) return [];
    const { certificate, statement } = openEnvelopeUnsafe(text);
    return [tell(statement, certificate, { at, transaction })];
  });
}

/** The events of a valid transaction, in their order. */
export function eventsOf(told: Transaction): readonly LedgerEvent[] {
  if (told.emitted !== undefined) return decodeEvents(told.emitted);
  const tell = Object.hasOwn(TELLING, told.function) ? TELLING[told.function] : undefined;
  return tell === undefined ? [] : recorded(told, tell);
}
