// An organisation's peer: what its core.yaml says beyond Fabric's sample.
import { join } from 'node:path';
import { keystorePaths } from '@muster/edge-agent/enrol';
import { CLOCK_LIMIT_MS } from '@muster/protocol';
import type { Settings } from './overlay.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan, tlsFolder } from './plan.ts';

/** The variable by which a peer's builder finds the connection files; see fabric/builder. */
export const connectionsVariable = 'MUSTER_CHAINCODE_CONNECTIONS';

/**
 * How long a chaincode may take for a transaction, and another peer for its endorsement; the sample's 30 s hold all others up. At the
 * most that two cores bear, a thousand updates a transaction are acknowledged, committed and all, within 6.1 s (bench `ledger`, p99).
 */
const ENDORSE_SECONDS = 10;

/** Requests at once; the sample's 500 to 2500 bound a network's throughput (Fabric docs, performance.md). */
const CONCURRENCY = 20_000;

export function peerFolder(organisation: OrganisationPlan): string {
  return join(organisation.folder, 'peer');
}

export function peerSettings(plan: NetworkPlan, organisation: OrganisationPlan): Settings {
  const { hosts, ports, roots } = organisation;
  const host = hosts.peer;
  const { listen } = plan.description;
  const address = `${host}:${ports.peer}`;
  const data = join(peerFolder(organisation), 'data');
  const tls = keystorePaths(tlsFolder(organisation, 'peer'));
  return {
    peer: {
      id: `peer.${organisation.name}`,
      networkId: plan.description.name,
      listenAddress: `${listen}:${ports.peer}`,
      address,
      chaincodeListenAddress: `${listen}:${ports.peerChaincode}`,
      chaincodeAddress: `${host}:${ports.peerChaincode}`,
      localMspId: organisation.name,
      mspConfigPath: join(identityFolder(organisation, 'peer'), 'msp'),
      fileSystemPath: data,
      gossip: {
        bootstrap: address,
        endpoint: address,
        externalEndpoint: address,
        // A party that was not up yet is met within a second, not after the sample's 25; and what chaincode a peer
        // has is told as often, since endorsement plans are made from it.
        reconnectInterval: '1s',
        membershipTrackerInterval: '1s',
        publishStateInfoInterval: '500ms',
        requestStateInfoInterval: '500ms',
        aliveTimeInterval: '1s',
        aliveExpirationTimeout: '10s',
      },
      tls: {
        enabled: true,
        cert: { file: tls.certificate },
        key: { file: tls.key },
        rootcert: { file: roots.tls },
        clientAuthRequired: false,
      },
      // A proposal's timestamp is the client's; what windows rest on may differ from the peer's clock by this much.
      authentication: { timewindow: `${CLOCK_LIMIT_MS / 1000}s` },
      // An orderer that is slow, or keeps blocks back, is left for another once others have told of a block for so long; 30 s by default.
      deliveryclient: { policy: 'cluster', reConnectBackoffThreshold: '2s', blockCensorshipTimeoutKey: '3s' },
      gateway: { enabled: true, dialTimeout: '10s', endorsementTimeout: `${ENDORSE_SECONDS}s` },
      limits: {
        concurrency: { endorserService: CONCURRENCY, deliverService: CONCURRENCY, gatewayService: CONCURRENCY },
      },
    },
    // Without this the peer's health waits for a Docker daemon.
    vm: { endpoint: '' },
    chaincode: {
      executetimeout: `${ENDORSE_SECONDS}s`,
      externalBuilders: [
        { name: 'muster-service', path: organisation.builderFolder, propagateEnvironment: [connectionsVariable] },
      ],
      // fabric-shim 2.5.8 exits on the peer's keepalive message.
      keepalive: 0,
    },
    ledger: {
      history: { enableHistoryDatabase: true },
      snapshots: { rootDir: join(data, 'snapshots') },
    },
    operations: operations(`${listen}:${ports.peerOperations}`, tls, roots.tls),
    metrics: { provider: 'prometheus' },
  };
}

function operations(listenAddress: string, tls: { certificate: string; key: string }, clientRoot: string): Settings {
  return {
    listenAddress,
    tls: {
      enabled: true,
      cert: { file: tls.certificate },
      key: { file: tls.key },
      clientAuthRequired: true,
      clientRootCAs: { files: [clientRoot] },
    },
  };
}
