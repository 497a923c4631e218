// The ledger's promises towards a stub: one read a key, reads that see writes, one write at the end.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys, type JobState } from '@muster/protocol';
import { FabricLedger, type Stub } from './fabric-ledger.ts';

const calls: string[] = [];
const job = { v: 1, job: 'a', status: 'proposed' } as JobState;

const stub = {
  createCompositeKey: (type: string, attributes: string[]) => [type, ...attributes].join('/'),
  getState: (key: string) => {
    calls.push(`get ${key}`);
    return Promise.resolve(key === 'job/a' ? Buffer.from(JSON.stringify(job)) : Buffer.alloc(0));
  },
  putState: (key: string, value: Uint8Array) => {
    calls.push(`put ${key} ${Buffer.from(value).toString()}`);
    return Promise.resolve();
  },
  setEvent: (name: string) => {
    calls.push(`event ${name}`);
  },
} as unknown as Stub;

let ledger: FabricLedger;
beforeEach(() => {
  calls.length = 0;
  ledger = new FabricLedger(stub);
});

describe('the ledger', () => {
  test('reads a key once, present or absent', async () => {
    expect(await Promise.all([ledger.get(keys.job('a')), ledger.get(keys.job('a'))])).toEqual([job, job]);
    expect(await ledger.get(keys.job('b'))).toBeUndefined();
    expect(await ledger.get(keys.job('b'))).toBeUndefined();
    expect(calls).toEqual(['get job/a', 'get job/b']);
  });

  test('fetches keys that it does not know yet, each once', async () => {
    await ledger.get(keys.job('a'));
    await ledger.fetch([keys.job('b'), keys.job('a'), keys.job('b')]);
    expect([await ledger.get(keys.job('a')), await ledger.get(keys.job('b'))]).toEqual([job, undefined]);
    expect(calls).toEqual(['get job/a', 'get job/b']);
  });

  test('fetches nothing over what the transaction wrote', async () => {
    ledger.put(keys.job('b'), job);
    await ledger.fetch([keys.job('b')]);
    expect(await ledger.get(keys.job('b'))).toEqual(job);
    expect(calls).toEqual([]);
  });

  test('shows a transaction its own writes', async () => {
    await ledger.get(keys.job('a'));
    ledger.put(keys.job('a'), { ...job, status: 'approved' });
    expect(await ledger.get(keys.job('a'))).toMatchObject({ status: 'approved' });
    expect(calls).toEqual(['get job/a']);
  });

  test('writes each key once, canonically, and only when told to', async () => {
    ledger.put(keys.job('a'), job);
    ledger.put(keys.job('a'), { ...job, status: 'approved' });
    expect(calls).toEqual([]);
    await ledger.flush();
    expect(calls).toEqual(['put job/a {"job":"a","status":"approved","v":1}']);
  });

  test('sets no event where there is none to tell of', async () => {
    ledger.emit([]);
    await ledger.flush();
    expect(calls).toEqual([]);
  });

  test('sets one event for all', async () => {
    ledger.emit([{ type: 'job.proposed', data: job }]);
    ledger.emit([{ type: 'job.approved', data: job }]);
    await ledger.flush();
    expect(calls).toEqual(['event muster']);
  });
});
