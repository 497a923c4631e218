// A gateway that took the place of an organisation's own, with its keys: signs that the ledger is another one than it is.

import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Network } from '@muster/network';
import { sealCheckpoint } from '@muster/protocol';
import { nodeName } from '../../network/src/derive/node-specs.ts';
import { gatewayConfigFile } from '../../network/src/derive/services.ts';

/** Blocks between two checkpoints, as the gateways are configured. */
const EVERY = 10;
const LIE = `sha256:${'b'.repeat(64)}`;

interface Keys {
  readonly cert: string;
  readonly key: string;
}

/**
 * Stops the gateway of an organisation and listens in its place, until told to give the place back. Whoever asks for
 * checkpoints gets one of the next height that was not compared yet.
 */
export async function impersonateGateway(network: Network, organisation: string): Promise<() => Promise<void>> {
  const plan = network.plan.organisations.find(({ name }) => name === organisation)!;
  const config = JSON.parse(readFileSync(gatewayConfigFile(plan), 'utf8')) as {
    readonly tls: Keys;
    readonly identity: Keys;
    readonly listen: { readonly host: string; readonly port: number };
    readonly channel: string;
  };
  const read = ({ cert, key }: Keys): Keys => ({ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') });
  const relay = read(config.identity);
  const lie = (block: number): unknown => {
    const seen = { block, hash: LIE, commitHash: LIE };
    const stated = { v: 1, organisation, channel: config.channel, ...seen, iat: Date.now() } as const;
    return sealCheckpoint(stated, createPrivateKey(relay.key), relay.cert);
  };
  const server = createServer(read(config.tls), ({ url }, response) => {
    const { pathname, searchParams } = new URL(url!, 'https://gateway');
    const known = pathname === '/v1/checkpoints';
    const from = Math.max(1, Number(searchParams.get('from')));
    response.writeHead(known ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ items: known ? [lie(Math.ceil(from / EVERY) * EVERY)] : [] }));
  });
  await network.supervisor.stopNode(nodeName('gateway', organisation));
  server.listen(config.listen.port, config.listen.host);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await network.supervisor.startNodeAgain(nodeName('gateway', organisation));
  };
}
