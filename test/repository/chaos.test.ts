// The chaos bench's oracle complains: of a lost statement, a doubled one, a false refusal, a row too many, missing or other.

import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LedgerEvent } from '@muster/protocol';
import { examine, HeldProjection, Traces } from '../../bench/chaos/oracle.ts';
import { Receipts, type Acknowledged } from '../../bench/chaos/receipts.ts';
import { Projection } from '../../gateway/src/projection/projection.ts';

let folder: string;
let reference: string;
let gateway: string;

const told = (jti: string, fields: Partial<Acknowledged> = {}): Acknowledged => ({
  jti,
  act: 'round.update',
  organisation: 'army',
  sentAt: 1,
  toldAt: 2,
  transaction: `tx-${jti}`,
  ...fields,
});

/** An update on the ledger, as the projection takes it. */
const updated = (jti: string): LedgerEvent =>
  ({ type: 'round.updated', data: { job: 'j', round: 1, by: 'army/a', jti, update: { digest: 'd' } } }) as LedgerEvent;

/** A projection of one block for each list of updates. */
function project(file: string, blocks: readonly (readonly string[])[]): void {
  const projection = new Projection(file);
  blocks.forEach((jtis, number) => {
    const transactions = jtis.map((jti, index) => ({
      transaction: `tx-${jti}-${number}`.replace(/-0$/, ''),
      index,
      at: 1,
      creator: 'army',
      status: 'VALID',
      events: [updated(jti)],
    }));
    projection.take({ number, transactions });
  });
  projection.close();
}

function findings(acknowledged: readonly Acknowledged[]): ReturnType<typeof examine> {
  const database = new DatabaseSync(reference, { readOnly: true });
  try {
    const traces = new Traces(database);
    traces.read();
    return examine(acknowledged, traces);
  } finally {
    database.close();
  }
}

/** The tables that differ once some SQL has been done to the gateway's file. */
function differing(sql: string): string[] {
  const database = new DatabaseSync(gateway);
  database.exec(sql);
  database.close();
  const held = new HeldProjection(gateway, reference);
  try {
    return held.compare(-1).map(({ table, extra, missing }) => `${table} +${extra} -${missing}`);
  } finally {
    held.close();
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-oracle-'));
  [reference, gateway] = [join(folder, 'reference.sqlite'), join(folder, 'gateway.sqlite')];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('what clients were told', () => {
  test('holds where each statement is on the ledger once, in the transaction that was told', () => {
    project(reference, [['a', 'b']]);
    expect(findings([told('a'), told('b')])).toEqual({ lost: [], doubled: [], falselyRefused: [] });
  });

  test('a statement that is not there is lost', () => {
    project(reference, [['a']]);
    expect(findings([told('a'), told('b')]).lost).toEqual([expect.stringContaining('round.update b')]);
  });

  test('a statement in another transaction than was told is lost', () => {
    project(reference, [['a']]);
    expect(findings([told('a', { transaction: 'tx-other' })]).lost).toEqual([expect.stringContaining('tx-other')]);
  });

  test('a statement that is there twice is doubled', () => {
    project(reference, [['a'], ['a']]);
    expect(findings([told('a')])).toEqual({ lost: [], doubled: ['round.updated a'], falselyRefused: [] });
  });

  test('a statement that was refused and is there was refused falsely', () => {
    project(reference, [['a']]);
    const { act, organisation } = told('a');
    const refused = { act, organisation, sentAt: 1, toldAt: 2, refused: 'ERR_ROUND_PHASE' };
    expect(findings([{ ...refused, jti: 'a' }]).falselyRefused).toEqual([expect.stringContaining('ERR_ROUND_PHASE')]);
    expect(findings([{ ...refused, jti: 'b' }]).falselyRefused).toEqual([]);
  });

  test('work goes on only when every organisation holds a receipt of a later statement', () => {
    const receipts = new Receipts();
    receipts.add(told('a', { sentAt: 10 }));
    receipts.add(told('b', { sentAt: 20, organisation: 'navy' }));
    expect(receipts.resumedSince(['army', 'navy'], 5)).toBe(true);
    expect(receipts.resumedSince(['army', 'navy'], 10)).toBe(false);
    expect(receipts.resumedSince(['army', 'marines'], 5)).toBe(false);
  });
});

describe("a gateway's projection", () => {
  beforeEach(async () => {
    project(reference, [['a'], ['b', 'c']]);
    await copyFile(reference, gateway);
  });

  test('equals the reference at the same block', () => {
    expect(differing('SELECT 1')).toEqual([]);
  });

  test('may not lack a row', () => {
    expect(differing(`DELETE FROM events WHERE data ->> '$.jti' = 'b'`)).toEqual(['events +0 -1']);
  });

  test('may not hold a row twice', () => {
    const doubled = `INSERT INTO events SELECT 99, block, tx, 7, type, transaction_id, at, organisation, by, job, round, digest, data
      FROM events WHERE seq = 1`;
    expect(differing(doubled)).toEqual(['events +1 -0']);
  });

  test('may not tell of another state', () => {
    expect(differing(`UPDATE transactions SET status = 'MVCC_READ_CONFLICT' WHERE block = 0`)).toEqual([
      'transactions +1 -1',
    ]);
  });
});
