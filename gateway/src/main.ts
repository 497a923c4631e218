// The gateway's process: reads its configuration, wires, listens, stops on SIGTERM and SIGINT. The only file that does.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { readConfig, type Config } from './config.ts';
import { startGateway } from './gateway.ts';
import { FabricLedger } from './ledger/fabric-ledger.ts';

function configPath(): string {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) throw new TypeError('usage: main.ts --config FILE');
  return values.config;
}

function connectLedger({ organisation, channel, chaincode, peer, identity }: Config): FabricLedger {
  return new FabricLedger({
    organisation,
    channel,
    chaincode,
    endpoint: peer.endpoint,
    serverName: peer.serverName,
    tlsRoot: readFileSync(peer.tlsRoot),
    certificate: readFileSync(identity.cert),
    privateKey: readFileSync(identity.key),
  });
}

const config = readConfig(configPath());
const log = pino({ level: config.log.level, base: { organisation: config.organisation } });
const ledger = connectLedger(config);
const gateway = await startGateway(config, ledger, log);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await gateway.stop();
  ledger.close();
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
