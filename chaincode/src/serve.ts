// A chaincode as a service, which its organisation's peer connects to over mutual TLS.

import { readFile } from 'node:fs/promises';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { parse } from '@muster/protocol';
import type { ChaincodeInterface } from 'fabric-shim';
import { z } from 'zod';

const variable = z.string('is missing').min(1, 'is empty');
const environmentSchema = z.object({
  /** the package id that the peer gave at installation */
  CHAINCODE_ID: variable,
  /** host:port to listen on */
  CHAINCODE_SERVER_ADDRESS: variable,
  /** PEM files; only clients with a certificate of the CA may connect */
  CHAINCODE_TLS_CERT: variable,
  CHAINCODE_TLS_KEY: variable,
  CHAINCODE_TLS_CLIENT_CACERT: variable,
  /** the organisation of the peer, read again by the shim: decides what this peer endorses */
  CORE_PEER_LOCALMSPID: variable,
});
type Environment = z.infer<typeof environmentSchema>;

/** How long a stop waits for transactions that are being answered. */
const DRAIN_MS = 5000;

/** What fabric-shim starts by its own command line: no limit to messages, pings on idle connections. */
const GRPC_OPTIONS = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
  'grpc.keepalive_time_ms': 110_000,
  'grpc.http2.min_time_between_pings_ms': 110_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.http2.max_pings_without_data': 0,
  'grpc.keepalive_permit_without_calls': 1,
};

/** Counts the transactions that are being answered. */
function counted(chaincode: ChaincodeInterface): { chaincode: ChaincodeInterface; running: () => number } {
  let running = 0;
  const count =
    (call: ChaincodeInterface['Invoke']): ChaincodeInterface['Invoke'] =>
    async (stub) => {
      running += 1;
      try {
        return await call(stub);
      } finally {
        running -= 1;
      }
    };
  return {
    chaincode: {
      Init: count((stub) => chaincode.Init(stub)),
      Invoke: count((stub) => chaincode.Invoke(stub)),
    },
    running: () => running,
  };
}

/** @returns how many transactions are being answered */
async function start(environment: Environment, load: () => Promise<ChaincodeInterface>): Promise<() => number> {
  // loaded here: the shim reads its log level from the environment when it is loaded
  const { ListeningServer } = await import('./listening-server.ts');
  (await import('./quiet-shim.ts')).quietenShim();
  const [cert, key, clientCACerts] = await Promise.all([
    readFile(environment.CHAINCODE_TLS_CERT),
    readFile(environment.CHAINCODE_TLS_KEY),
    readFile(environment.CHAINCODE_TLS_CLIENT_CACERT),
  ]);
  const { chaincode, running } = counted(await load());
  const server = new ListeningServer(chaincode, {
    ccid: environment.CHAINCODE_ID,
    address: environment.CHAINCODE_SERVER_ADDRESS,
    tlsProps: { cert, key, clientCACerts },
    ...GRPC_OPTIONS,
  });
  await server.start();
  return running;
}

/** Ends when no transaction is being answered any more. The peer's stream never ends by itself, so it is cut. */
async function stop(running: () => number): Promise<never> {
  const deadline = Date.now() + DRAIN_MS;
  while (running() > 0 && Date.now() < deadline) await setTimeout(10);
  await setImmediate();
  process.exit(0);
}

/**
 * Serves a chaincode until SIGTERM or SIGINT.
 * @param variables the environment, see {@link environmentSchema}
 * @param load makes the chaincode; called once the environment has been checked
 * @throws ERR_DOCUMENT_INVALID naming every missing variable
 */
export async function serveChaincode(variables: unknown, load: () => Promise<ChaincodeInterface>): Promise<void> {
  const environment = parse('environment', environmentSchema, variables);
  const running = await start(environment, load);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(running));
  console.log(`chaincode ${environment.CHAINCODE_ID} listens on ${environment.CHAINCODE_SERVER_ADDRESS}`);
}
