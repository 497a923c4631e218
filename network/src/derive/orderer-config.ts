// An organisation's ordering node: what its orderer.yaml says beyond Fabric's sample.
import { join } from 'node:path';
import { keystorePaths } from '@muster/edge-agent/enrol';
import { CLOCK_LIMIT_MS } from '@muster/protocol';
import { consensusProfileOf } from '../description.ts';
import type { Settings } from './overlay.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan, tlsFolder } from './plan.ts';

export function ordererFolder(organisation: OrganisationPlan): string {
  return join(organisation.folder, 'orderer');
}

export function ordererSettings(plan: NetworkPlan, organisation: OrganisationPlan): Settings {
  const { ports, roots } = organisation;
  const { listen } = plan.description;
  const data = join(ordererFolder(organisation), 'data');
  const tls = keystorePaths(tlsFolder(organisation, 'orderer'));
  const allRoots = plan.organisations.map((other) => other.roots.tls);
  // The admin and operations endpoints take this organisation's operator only.
  const mutual = {
    Enabled: true,
    Certificate: tls.certificate,
    PrivateKey: tls.key,
    ClientAuthRequired: true,
    ClientRootCAs: [roots.tls],
  };
  return {
    General: {
      ListenAddress: listen,
      ListenPort: ports.orderer,
      LocalMSPID: organisation.name,
      LocalMSPDir: join(identityFolder(organisation, 'orderer'), 'msp'),
      BootstrapMethod: 'none',
      TLS: {
        Enabled: true,
        PrivateKey: tls.key,
        Certificate: tls.certificate,
        RootCAs: allRoots,
        ClientAuthRequired: false,
      },
      Cluster: {
        ClientCertificate: tls.certificate,
        ClientPrivateKey: tls.key,
        RootCAs: allRoots,
        SendBufferSize: 100,
        ...consensusProfileOf(plan.description).Cluster,
      },
      Authentication: { TimeWindow: `${CLOCK_LIMIT_MS / 1000}s` },
    },
    FileLedger: { Location: join(data, 'ledger') },
    Operations: { ListenAddress: `${listen}:${ports.ordererOperations}`, TLS: mutual },
    Metrics: { Provider: 'prometheus' },
    Admin: { ListenAddress: `${listen}:${ports.ordererAdmin}`, TLS: mutual },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
    Consensus: { WALDir: join(data, 'wal'), SnapDir: join(data, 'snapshot') },
  };
}
