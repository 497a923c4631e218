// The configuration: read whole, its bad fields told at once, its paths relative to the file.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defaults, readConfig } from './config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = {
  organisation: 'navy',
  listen: { host: '127.0.0.1', port: 0 },
  tls: { cert: 'tls/cert.pem', key: '/keys/key.pem' },
  clientRoots: ['roots/army.pem', 'roots/navy.pem'],
  identity: { cert: 'id/cert.pem', key: 'id/key.pem' },
  channel: 'muster',
  chaincode: 'muster',
  peer: { endpoint: 'localhost:1', serverName: 'localhost', tlsRoot: 'roots/tls.pem' },
  siblings: [{ organisation: 'army', url: 'https://localhost:2', tlsRoot: 'army.pem' }],
  state: 'state',
};

function read(document: unknown): ReturnType<typeof readConfig> {
  const file = join(folder, 'config.json');
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  return readConfig(file);
}

describe('a configuration', () => {
  test('has paths relative to its own folder, and defaults of what it leaves out', () => {
    const config = read(GOOD);
    expect(config.tls).toEqual({ cert: join(folder, 'tls/cert.pem'), key: '/keys/key.pem' });
    expect(config.clientRoots).toEqual([join(folder, 'roots/army.pem'), join(folder, 'roots/navy.pem')]);
    expect(config.peer.tlsRoot).toBe(join(folder, 'roots/tls.pem'));
    expect(config.siblings[0]?.tlsRoot).toBe(join(folder, 'army.pem'));
    expect(config.state).toBe(join(folder, 'state'));
    expect(config).toMatchObject({ ...defaults, log: { level: 'info' } });
  });

  test('gives no client all of what there is', () => {
    const { limits } = defaults;
    const shares = Object.entries(limits).filter(([name]) => name.endsWith('PerClient'));
    expect(shares.length).toBeGreaterThanOrEqual(8);
    for (const [name, share] of shares) {
      expect(share).toBeLessThan(limits[name.replace('PerClient', '') as keyof typeof limits]);
    }
  });

  test('sets single limits and keeps the others', () => {
    const { limits } = read({ ...GOOD, limits: { queue: 5 } });
    expect(limits).toEqual({ ...defaults.limits, queue: 5 });
  });

  test('with bad fields is ERR_DOCUMENT_INVALID naming each', () => {
    const bad = { ...GOOD, organisation: 'No Name', clientRoots: [], limits: { queue: 0 }, extra: 1 };
    expect(() => read(bad)).toThrow(expect.objectContaining({ code: 'ERR_DOCUMENT_INVALID' }));
    expect(() => read(bad)).toThrow(/organisation.*clientRoots.*limits\.queue.*extra/);
  });

  test('that is no JSON, or no file, says which file', () => {
    expect(() => read('{')).toThrow(
      `gateway configuration ${join(folder, 'config.json')} is invalid: (document): not JSON`,
    );
    expect(() => readConfig(join(folder, 'none.json'))).toThrow('none.json is not a readable file');
  });
});
