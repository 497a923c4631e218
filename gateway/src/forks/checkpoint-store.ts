// Checkpoints on disk: the own ones, how far others' were compared, and the evidence of every difference.

import type { DatabaseSync } from 'node:sqlite';
import type { SignedCheckpoint } from '@muster/protocol';
import { openDatabase } from '../database.ts';

/** Two signed statements of one height that differ. */
export interface Fork {
  readonly organisation: string;
  readonly block: number;
  readonly ours: SignedCheckpoint;
  readonly theirs: SignedCheckpoint;
}

const SCHEMA = {
  version: 1,
  statements: `
    CREATE TABLE checkpoint (block INTEGER PRIMARY KEY, signed TEXT NOT NULL) STRICT;
    CREATE TABLE compared (organisation TEXT PRIMARY KEY, block INTEGER NOT NULL) STRICT;
    CREATE TABLE fork (organisation TEXT, block INTEGER, ours TEXT NOT NULL, theirs TEXT NOT NULL,
      PRIMARY KEY (organisation, block)) STRICT`,
};

const read = (text: unknown): SignedCheckpoint => JSON.parse(text as string) as SignedCheckpoint;

export class CheckpointStore {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    // evidence is not thrown away: a file of another version is somebody's decision
    this.#database = openDatabase(path, SCHEMA, 'refuse');
  }

  keep(block: number, signed: SignedCheckpoint): void {
    this.#database.prepare('INSERT OR IGNORE INTO checkpoint VALUES (?, ?)').run(block, JSON.stringify(signed));
  }

  own(block: number): SignedCheckpoint | undefined {
    const row = this.#database.prepare('SELECT signed FROM checkpoint WHERE block = ?').get(block);
    return row === undefined ? undefined : read(row.signed);
  }

  /** Own checkpoints from a block on, oldest first. */
  list(from: number, limit: number): SignedCheckpoint[] {
    const sql = 'SELECT signed FROM checkpoint WHERE block >= ? ORDER BY block LIMIT ?';
    return this.#database
      .prepare(sql)
      .all(from, limit)
      .map(({ signed }) => read(signed));
  }

  /** The last block that was compared with an organisation's; 0 before the first. */
  comparedWith(organisation: string): number {
    const row = this.#database.prepare('SELECT block FROM compared WHERE organisation = ?').get(organisation);
    return Number(row?.block ?? 0);
  }

  compared(organisation: string, block: number): void {
    const sql = 'INSERT INTO compared VALUES (?, ?) ON CONFLICT DO UPDATE SET block = max(block, excluded.block)';
    this.#database.prepare(sql).run(organisation, block);
  }

  keepFork({ organisation, block, ours, theirs }: Fork): void {
    const sql = 'INSERT OR IGNORE INTO fork VALUES (?, ?, ?, ?)';
    this.#database.prepare(sql).run(organisation, block, JSON.stringify(ours), JSON.stringify(theirs));
  }

  /** Every difference found so far, oldest block first. */
  forks(): Fork[] {
    const rows = this.#database.prepare('SELECT * FROM fork ORDER BY block, organisation LIMIT 100').all();
    return rows.map(({ organisation, block, ours, theirs }) => ({
      organisation: organisation as string,
      block: Number(block),
      ours: read(ours),
      theirs: read(theirs),
    }));
  }

  close(): void {
    this.#database.close();
  }
}
