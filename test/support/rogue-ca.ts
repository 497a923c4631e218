// An organisation's real CA in the hands of whoever runs it: certificates of any content that chain to the pinned root.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OrganisationPlan } from '@muster/network';
import { caOf, type TestCa } from './test-ca.ts';

/** The identity CA of an organisation of a running network. */
export async function rogueCa({ name, caFolder, roots }: OrganisationPlan): Promise<TestCa> {
  const root = await readFile(roots.identity, 'utf8');
  const keystore = join(caFolder, 'msp', 'keystore');
  const files = (await readdir(keystore)).filter((file) => file.endsWith('_sk'));
  const keys = await Promise.all(files.map((file) => readFile(join(keystore, file), 'utf8')));
  // beside the root's key lies that of the CA's own server
  const own = keys.find((key) => new X509Certificate(root).checkPrivateKey(createPrivateKey(key)));
  if (own === undefined) throw new TypeError(`no key of the root of ${name} in ${keystore}`);
  return caOf(name, root, own);
}
