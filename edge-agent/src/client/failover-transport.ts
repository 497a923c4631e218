// Several gateways as one: the first that answers, in the order given (the own organisation's first).

import { isMusterError, type Code } from '@muster/protocol';
import type { Transport } from './transport.ts';

/** A gateway that failed is asked last for this long, so that not every call waits for its time-out again. */
const COOLING_MS = 5000;

/** What another gateway may do better: it is reachable, or has the artefact, or does not lie about it. */
const ELSEWHERE: readonly Code[] = ['ERR_ARTEFACT_UNKNOWN', 'ERR_ARTEFACT_MISMATCH'];

function mendedElsewhere(error: unknown): boolean {
  return isMusterError(error) && (error.family === 'unreachable' || ELSEWHERE.includes(error.code));
}

/**
 * Makes one transport of several. A call moves on to the next gateway while the failure is one that another may mend; when
 * all fail, a verdict on an artefact is told before an unreachable gateway.
 * @param now milliseconds, monotonic
 */
export function createFailoverTransport(
  transports: readonly Transport[],
  now: () => number = () => performance.now(),
): Transport {
  if (transports.length === 0) throw new TypeError('no gateway to call');
  const failedAt = new Map<Transport, number>();
  const cooling = (transport: Transport): boolean => {
    const at = failedAt.get(transport);
    return at !== undefined && now() - at < COOLING_MS;
  };
  const inOrder = (turn: number): Transport[] => {
    const first = turn % transports.length;
    const turned = [...transports.slice(first), ...transports.slice(0, first)];
    return [...turned.filter((transport) => !cooling(transport)), ...turned.filter((transport) => cooling(transport))];
  };
  const attempt = async <T>(call: (transport: Transport) => Promise<T>, turn = 0): Promise<T> => {
    const failures: unknown[] = [];
    for (const transport of inOrder(turn)) {
      try {
        const result = await call(transport);
        failedAt.delete(transport);
        return result;
      } catch (error) {
        if (!mendedElsewhere(error)) throw error;
        if (isMusterError(error, 'ERR_GATEWAY_UNREACHABLE') || isMusterError(error, 'ERR_CLOCK_SKEWED'))
          failedAt.set(transport, now());
        failures.push(error);
      }
    }
    // what a store said of an artefact tells more than that another did not answer
    throw failures.find((error) => isMusterError(error) && error.family !== 'unreachable') ?? failures[0];
  };
  return {
    exchange: (request) => attempt((transport) => transport.exchange(request), request.turn),
    stream: (request, signal) => attempt((transport) => transport.stream(request, signal), request.turn),
    close: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}
