// The corpus of certificates: made anew each time, with keys that nobody keeps.

import { X509Certificate } from 'node:crypto';
import { createTestCa, type Subject } from '../test-ca.ts';
import { deep, type Entries } from './given.ts';

const ca = await createTestCa('navy');
const stranger = await createTestCa('navy');
const der = (certificate: string): Uint8Array => new X509Certificate(certificate).raw;
const issued = async (subject: Partial<Subject> = {}): Promise<Uint8Array> =>
  der((await ca.issue({ name: 'frigate-1', role: 'agent', unit: 'fleet', ...subject })).certificate);

export const certificates: Readonly<Record<string, Entries>> = {
  certificate: {
    'agent.der': await issued(),
    'vouched.der': await issued({ data: 'radar,maps', platform: 'linux-arm64' }),
    'vouched-without-end.der': await issued({ data: 'maps,'.repeat(400), platform: '' }),
    'other-curve.der': await issued({ curve: 'P-384' }),
    'no-attributes.der': await issued({ attributes: null }),
    'deep-attributes.der': await issued({ attributes: `{"attrs":${deep(400)}}` }),
    'attributes-of-null.der': await issued({ attributes: 'null' }),
    'no-subject.der': await issued({ subject: 'O=navy' }),
    'stranger.der': der((await stranger.issue({ name: 'frigate-1', role: 'agent' })).certificate),
    'root.der': der(ca.root),
  },
  'root-certificate': { 'root.der': der(ca.root), 'agent.der': await issued() },
  der: {
    'agent.der': await issued(),
    'length-bomb': Buffer.from('3084ffffffff3000', 'hex'),
    indefinite: Buffer.from('308030800000', 'hex'),
    'length-of-127-bytes': Buffer.from(`30ff${'ff'.repeat(127)}`, 'hex'),
    nested: Buffer.from('3080'.repeat(500), 'hex'),
  },
};
