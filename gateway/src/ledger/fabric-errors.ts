// What Fabric's gateway peer answers with, as errors of ours. Codes only, never the wording of a message.

import { status as Grpc } from '@grpc/grpc-js';
import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { fromWire, MusterError, type AnyMusterError } from '@muster/protocol';

/** The request itself is wrong, so asking again is of no use. Everything else may be a node that is away or catching up. */
const HOPELESS: ReadonlySet<number> = new Set([
  Grpc.INVALID_ARGUMENT,
  Grpc.NOT_FOUND,
  Grpc.PERMISSION_DENIED,
  Grpc.UNAUTHENTICATED,
  Grpc.UNIMPLEMENTED,
  Grpc.OUT_OF_RANGE,
]);

function reasonOf(error: GatewayError): string {
  const told = error.details.map(({ mspId, message }) => `${mspId}: ${message}`);
  return [error.message, ...told].join('; ').slice(0, 500);
}

/**
 * The refusal that most organisations' peers gave: one lying peer should not choose the reason that is told.
 * Of equally many the first.
 */
function refusalOf(details: readonly ErrorDetail[]): AnyMusterError | undefined {
  const byCode = new Map<string, { error: AnyMusterError; organisations: Set<string> }>();
  for (const { mspId, message } of details) {
    const error = fromWire(message);
    if (error === undefined) continue;
    const entry = byCode.get(error.code) ?? { error, organisations: new Set() };
    entry.organisations.add(mspId);
    byCode.set(error.code, entry);
  }
  const [most] = [...byCode.values()].sort((a, b) => b.organisations.size - a.organisations.size);
  return most?.error;
}

/**
 * The coded error behind a failed call: the chaincode's own, or what the transport's says of trying again.
 * @param witness an organisation whose peer was asked too. Where others refuse what it endorses, theirs or its own has not
 *   committed all that the others have: that passes, so it is no refusal
 */
export function codedLedgerError(error: unknown, witness?: string): MusterError | Error {
  if (!(error instanceof GatewayError)) {
    return error instanceof Error ? error : new TypeError('the ledger client threw no error', { cause: error });
  }
  const refusal = refusalOf(error.details) ?? fromWire(error.message);
  const isWitnessed =
    witness === undefined || error.details.length === 0 || error.details.some(({ mspId }) => mspId === witness);
  if (refusal !== undefined && isWitnessed) return refusal;
  const code = HOPELESS.has(error.code) ? 'ERR_LEDGER_REFUSED' : 'ERR_LEDGER_UNREACHABLE';
  return new MusterError(code, { reason: reasonOf(error) }, { cause: error });
}
