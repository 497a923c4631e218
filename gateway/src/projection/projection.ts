// The projection: blocks go in, rows come out. Rows and checkpoint are stored in one transaction, so a block counts once.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openDatabase, transact } from '../database.ts';
import type { LedgerBlock, LedgerTransaction } from '../ports.ts';
import { applier } from './apply.ts';
import { facetsOf } from './facets.ts';
import { schema } from './schema.ts';

export class Projection {
  readonly database: DatabaseSync;
  readonly #apply: ReturnType<typeof applier>;
  readonly #checkpoint: StatementSync;
  readonly #event: StatementSync;
  readonly #transaction: StatementSync;
  readonly #listeners = new Set<() => void>();
  #block: number;

  constructor(path: string) {
    this.database = openDatabase(path, schema, 'rebuild');
    this.#apply = applier(this.database);
    this.#checkpoint = this.database.prepare('UPDATE checkpoint SET block = ?');
    this.#event = this.database.prepare(
      `INSERT INTO events (block, tx, idx, type, transaction_id, at, organisation, by, job, round, digest, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    // the first of two transactions with one id is the one that counts; the other is marked DUPLICATE_TXID
    this.#transaction = this.database.prepare(
      'INSERT OR IGNORE INTO transactions (id, block, idx, at, creator, status) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#block = Number(this.database.prepare('SELECT block FROM checkpoint').get()?.block);
  }

  /** The last block projected; -1 before the first. */
  get block(): number {
    return this.#block;
  }

  /**
   * Takes the next block in; one that was taken before changes nothing.
   * @throws TypeError where a block is missing in between
   */
  take(block: LedgerBlock): void {
    if (block.number <= this.#block) return;
    if (block.number !== this.#block + 1) throw new TypeError(`block ${block.number} after block ${this.#block}`);
    transact(this.database, () => {
      for (const transaction of block.transactions) this.#project(block.number, transaction);
      this.#checkpoint.run(block.number);
    });
    this.#block = block.number;
    for (const listener of this.#listeners) listener();
  }

  #project(block: number, { transaction, index, at, creator, status, events }: LedgerTransaction): void {
    this.#transaction.run(transaction, block, index, at, creator, status);
    events?.forEach((event, idx) => {
      const { organisation = null, by = null, job = null, round = null, digest = null } = facetsOf(event);
      const data = JSON.stringify(event.data);
      this.#event.run(block, index, idx, event.type, transaction, at, organisation, by, job, round, digest, data);
      this.#apply(event, { transaction, block });
    });
  }

  /** Calls the listener after each block. @returns how to stop that */
  onBlock(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.database.close();
  }
}
