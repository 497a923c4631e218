// The channel's founding configuration (configtx.yaml): BFT ordering, one orderer organisation per party, MAJORITY rules.
import { keystorePaths } from '@muster/edge-agent/enrol';
import { consensusProfileOf } from '../description.ts';
import type { Settings } from './overlay.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan, tlsFolder } from './plan.ts';

export const genesisProfile = 'Muster';

export function configtx(plan: NetworkPlan): Settings {
  const { description, organisations } = plan;
  const { blocks } = description;
  return {
    Profiles: {
      [genesisProfile]: {
        Policies: metaPolicies(),
        Capabilities: { V3_0: true },
        Orderer: {
          OrdererType: 'BFT',
          // SmartBFT cuts batches by RequestBatchMaxInterval and these two limits; BatchTimeout is not read.
          BatchTimeout: '200ms',
          BatchSize: {
            MaxMessageCount: blocks.maxMessageCount,
            AbsoluteMaxBytes: blocks.absoluteMaxBytes,
            PreferredMaxBytes: blocks.preferredMaxBytes,
          },
          SmartBFT: consensusProfileOf(description).SmartBFT,
          ConsenterMapping: organisations.map(consenter),
          Organizations: organisations.map((organisation) => ({
            ...party(organisation),
            OrdererEndpoints: [`${organisation.hosts.orderer}:${organisation.ports.orderer}`],
          })),
          // configtxgen replaces BlockValidation by a signature policy of the consenters (common/policies/bft.go).
          Policies: { ...metaPolicies(), BlockValidation: meta('ANY Writers') },
          Capabilities: { V2_0: true },
        },
        Application: {
          Organizations: organisations.map((organisation) => ({
            ...party(organisation),
            AnchorPeers: [{ Host: organisation.hosts.peer, Port: organisation.ports.peer }],
          })),
          Policies: {
            ...metaPolicies(),
            LifecycleEndorsement: meta('MAJORITY Endorsement'),
            Endorsement: meta('MAJORITY Endorsement'),
          },
          Capabilities: { V2_5: true },
        },
      },
    },
  };
}

function consenter(organisation: OrganisationPlan): Settings {
  const tls = keystorePaths(tlsFolder(organisation, 'orderer')).certificate;
  return {
    ID: organisation.consenterId,
    Host: organisation.hosts.orderer,
    Port: organisation.ports.orderer,
    MSPID: organisation.name,
    Identity: keystorePaths(identityFolder(organisation, 'orderer')).certificate,
    ClientTLSCert: tls,
    ServerTLSCert: tls,
  };
}

function party({ name, mspFolder }: OrganisationPlan): Settings {
  const signature = (Rule: string): Settings => ({ Type: 'Signature', Rule });
  return {
    Name: name,
    ID: name,
    MSPDir: mspFolder,
    Policies: {
      Readers: signature(`OR('${name}.member')`),
      Writers: signature(`OR('${name}.member')`),
      Admins: signature(`OR('${name}.admin')`),
      Endorsement: signature(`OR('${name}.peer')`),
    },
  };
}

function meta(Rule: string): Settings {
  return { Type: 'ImplicitMeta', Rule };
}

function metaPolicies(): Settings {
  return { Readers: meta('ANY Readers'), Writers: meta('ANY Writers'), Admins: meta('MAJORITY Admins') };
}
