// From what Fabric's gateway peer answers to codes of ours.

import { Metadata, status as Grpc } from '@grpc/grpc-js';
import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { MusterError, toWire } from '@muster/protocol';
import { codedLedgerError } from './fabric-errors.ts';

const wire = (job: string): string => `chaincode response 500, ${toWire(new MusterError('ERR_JOB_UNKNOWN', { job }))}`;
const PHASE = `chaincode response 500, ${toWire(new MusterError('ERR_ROUND_PHASE', { job: 'j', round: 1, phase: 'open', expected: 'closed' }))}`;

function failed(code: Grpc, message: string, details: ErrorDetail[] = []): GatewayError {
  const cause = Object.assign(new Error(message), { code, details: message, metadata: new Metadata() });
  return new GatewayError({ code, message, details, cause });
}
const by = (mspId: string, message: string): ErrorDetail => ({ mspId, message, address: 'localhost:1' });
const codeOf = (error: unknown): string => (codedLedgerError(error) as MusterError).code;

describe('a failed call', () => {
  test('with the chaincode’s refusal is that refusal, with its details', () => {
    const error = codedLedgerError(failed(Grpc.ABORTED, 'failed to endorse', [by('navy', wire('a'))]));
    expect(error).toMatchObject({ code: 'ERR_JOB_UNKNOWN', details: { job: 'a' } });
    expect(codeOf(failed(Grpc.UNKNOWN, wire('a')))).toBe('ERR_JOB_UNKNOWN');
  });

  test('refused for different reasons is told by most organisations, so that one peer that lies does not choose', () => {
    const details = [by('navy', PHASE), by('army', wire('a')), by('airforce', wire('a'))];
    expect(codeOf(failed(Grpc.ABORTED, 'failed', details))).toBe('ERR_JOB_UNKNOWN');
    const repeated = [by('navy', PHASE), by('navy', PHASE), by('army', wire('a')), by('airforce', wire('a'))];
    expect(codeOf(failed(Grpc.ABORTED, 'failed', repeated))).toBe('ERR_JOB_UNKNOWN');
    expect(codeOf(failed(Grpc.ABORTED, 'failed', details.slice(0, 2)))).toBe('ERR_ROUND_PHASE');
  });

  test('refused by others alone, where the own peer endorsed, may fare better once all have committed the same', () => {
    const others = failed(Grpc.ABORTED, 'failed', [by('army', wire('a')), by('airforce', wire('a'))]);
    expect(codedLedgerError(others, 'navy')).toMatchObject({ code: 'ERR_LEDGER_UNREACHABLE' });
    const all = failed(Grpc.ABORTED, 'failed', [by('navy', wire('a'))]);
    expect(codedLedgerError(all, 'navy')).toMatchObject({ code: 'ERR_JOB_UNKNOWN' });
    expect(codedLedgerError(failed(Grpc.UNKNOWN, wire('a')), 'navy')).toMatchObject({ code: 'ERR_JOB_UNKNOWN' });
  });

  test.each([
    Grpc.UNAVAILABLE,
    Grpc.DEADLINE_EXCEEDED,
    Grpc.ABORTED,
    Grpc.FAILED_PRECONDITION,
    Grpc.RESOURCE_EXHAUSTED,
  ])('with gRPC status %d may fare better later', (code) => {
    expect(codeOf(failed(code, 'no peers', [by('navy', 'timeout')]))).toBe('ERR_LEDGER_UNREACHABLE');
  });

  test.each([Grpc.PERMISSION_DENIED, Grpc.UNAUTHENTICATED, Grpc.INVALID_ARGUMENT, Grpc.NOT_FOUND, Grpc.UNIMPLEMENTED])(
    'with gRPC status %d is refused for good, saying by whom',
    (code) => {
      const error = codedLedgerError(failed(code, 'access denied', [by('navy', 'no reader')]));
      expect(error).toMatchObject({
        code: 'ERR_LEDGER_REFUSED',
        details: { reason: 'access denied; navy: no reader' },
      });
    },
  );

  test('tells at most 500 characters of what peers say', () => {
    const { details } = codedLedgerError(
      failed(Grpc.UNAVAILABLE, 'x'.repeat(10_000)),
    ) as MusterError<'ERR_LEDGER_UNREACHABLE'>;
    expect(details.reason).toHaveLength(500);
  });

  test('that is no failure of Fabric’s stays what it is', () => {
    const bug = new TypeError('a bug');
    expect(codedLedgerError(bug)).toBe(bug);
    expect(codedLedgerError('text')).toMatchObject({ name: 'TypeError', cause: 'text' });
  });
});
