// Configuration of an organisation's CA process: the identity CA, and the TLS CA as its second CA (fabric-ca `cafiles`).
import { join } from 'node:path';
import { certificateHosts, type NetworkPlan, type OrganisationPlan } from './plan.ts';

/** The registrar of both CAs, who registers everybody else. */
export const registrarName = 'registrar';

export interface CaConfigs {
  readonly identity: { readonly folder: string; readonly config: object };
  readonly tls: { readonly folder: string; readonly config: object };
}

export function caConfigs(plan: NetworkPlan, organisation: OrganisationPlan, registrarSecret: string): CaConfigs {
  const tlsFolder = join(organisation.caFolder, 'tls');
  const common = (caName: string): object => ({
    ca: { name: caName },
    csr: {
      cn: `${caName}-ca`,
      keyrequest: { algo: 'ecdsa', size: 256 },
      names: [{ O: organisation.name }],
      hosts: certificateHosts(plan, organisation, 'ca'),
      ca: { expiry: '131400h', pathlength: 1 },
    },
    registry: {
      maxenrollments: -1,
      identities: [
        {
          name: registrarName,
          pass: registrarSecret,
          type: 'client',
          affiliation: '',
          attrs: {
            'hf.Registrar.Roles': '*',
            'hf.Registrar.DelegateRoles': '*',
            'hf.Registrar.Attributes': '*',
            'hf.Revoker': true,
            'hf.GenCRL': true,
          },
        },
      ],
    },
    db: { type: 'sqlite3', datasource: 'fabric-ca-server.db' },
    signing: {
      default: { usage: ['digital signature'], expiry: '8760h' },
      profiles: {
        tls: {
          usage: ['signing', 'key encipherment', 'server auth', 'client auth', 'key agreement'],
          expiry: '8760h',
        },
      },
    },
    bccsp: { default: 'SW', sw: { hash: 'SHA2', security: 256, filekeystore: { keystore: 'msp/keystore' } } },
  });
  return {
    identity: {
      folder: organisation.caFolder,
      config: {
        ...common(organisation.identityCa),
        address: plan.description.listen,
        port: organisation.ports.ca,
        // The server's own certificate is issued by the identity CA, whose root its clients pin.
        tls: { enabled: true },
        crlsizelimit: 512_000,
        cafiles: [join(tlsFolder, 'fabric-ca-server-config.yaml')],
        operations: { listenAddress: `${plan.description.listen}:0` },
        metrics: { provider: 'disabled' },
      },
    },
    tls: { folder: tlsFolder, config: common(organisation.tlsCa) },
  };
}
