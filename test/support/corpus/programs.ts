// The corpus of what programs read from files, sockets and each other.

import { readDescription } from '../../../network/src/description.ts';
import { artefactOf, JOB } from '../states.ts';
import { deep, envelope, read, text, THUMBPRINT, type Entries } from './given.ts';

const recipe = {
  v: 1,
  loss: 'cross-entropy',
  optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
  proximal: 0,
  epochs: 1,
  batchSize: 10,
  stepsPerRun: 10,
  model: artefactOf('model').cid,
  trainStep: artefactOf('step'),
};
const config = {
  organisation: 'navy',
  listen: { host: '127.0.0.1', port: 8443 },
  tls: { cert: 'tls.pem', key: 'tls.key' },
  clientRoots: ['root.pem'],
  identity: { cert: 'certificate.pem', key: 'key.pem' },
  channel: 'muster',
  chaincode: 'muster',
  peer: { endpoint: '127.0.0.1:7051', serverName: 'peer', tlsRoot: 'root.pem' },
  siblings: [{ organisation: 'army', url: 'https://127.0.0.1:9443', tlsRoot: 'root.pem' }],
  state: 'state',
};
const row = { id: '1.0.0', type: 'round.closed', data: { job: JOB }, block: 1, transaction: 'ab', at: 1 };
const description = read('..', 'network', 'network.yaml');

export const programs: Readonly<Record<string, Entries>> = {
  recipe: {
    plain: text(recipe),
    'infinite-rate': text(recipe).replace('0.1', '1e999'),
    'member-twice': text(recipe).replace('"epochs":1', '"epochs":1,"epochs":1000'),
    deep: deep(1500),
  },
  'gateway-config': {
    plain: text(config),
    'no-port': text({ ...config, listen: {} }),
    deep: deep(1500),
    'not-json': '{',
  },
  'gateway-query': {
    page: 'limit=10&cursor=5&wait=100&since=1.0.0&attributes=%5B%22a%22%5D',
    'several-values': 'limit=1&limit=2&cursor=1&cursor=2',
    prototype: '__proto__=1&constructor=2&limit=1',
    'odd-numbers': 'limit=0x10&wait=1e3&cursor=-1',
    'bad-escapes': 'limit=%&cursor=%ff%fe&attributes=%5B%5B',
    deep: `attributes=${'%5B'.repeat(300)}`,
  },
  'gateway-body': { single: text({ envelope }), several: text({ envelopes: [envelope, 'x'] }), deep: deep(1500) },
  'event-stream': {
    rows: `: hello\n\nid: 1.0.0\nevent: round.closed\ndata: ${text(row)}\n\n`,
    'not-json': 'data: {\n\n',
    'no-row': 'data: {"id":"1"}\n\n',
    'lines-of-data': `data: {"id":"1.0.0",\ndata: "type":"x","data":{},"block":1,"transaction":"a","at":1}\r\n\r\n`,
    deep: `data: ${deep(1500)}\n\n`,
  },
  'network-description': {
    'network.yaml': description,
    'with-agents': description
      .toString()
      .replace('- name: navy', '- name: navy\n    agents: { agent-1: { dataSets: [maps], platform: linux-arm64 } }'),
    'billion-laughs': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replaceAll(/./g, (name) => {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join()}]\n`;
    })}`,
    'alias-of-itself': 'a: &a [*a]\n',
    deep: deep(1500),
    'merge-keys': '<<: {a: 1}\n? [a]\n: 2\n',
    'key-twice': 'name: a\nname: b\n',
    tags: 'name: !!binary aGVsbG8=\nhost: !!js/function "x"\n',
  },
  'network-note': {
    plain: text({
      v: 1,
      description: {},
      organisations: ['navy'],
      agentsPerOrganisation: 1,
      basePort: 1,
      packageId: 'x',
    }),
    full: text({
      v: 1,
      description: readDescription(),
      organisations: ['navy'],
      agentsPerOrganisation: 1,
      basePort: 1,
      packageId: 'x',
    }),
    cut: '{"v":1,"descr',
    empty: '',
  },
  'process-identity': {
    plain: text({ pid: 4, startTime: '99' }),
    group: text({ pid: -1, startTime: '99' }),
    empty: '',
  },
  'outbox-entry': {
    plain: text({ v: 1, jti: THUMBPRINT, act: 'round.close', envelope, artefact: false }),
    path: text({ v: 1, jti: '../../etc/passwd', act: 'round.close', envelope, artefact: true }),
    cut: '{"v":1,"jti":"',
  },
};
