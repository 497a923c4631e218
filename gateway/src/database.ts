// SQLite files: opened one way, with a version of their schema.

import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codedStorageError } from '@muster/protocol';

/** A file's schema; `version` changes with its statements. */
export interface Schema {
  readonly version: number;
  readonly statements: string;
}

function configure(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  // WAL with synchronous=NORMAL survives a killed process; after a power cut the last commits may be missing, which costs
  // nothing here: agents send again until they hold a receipt, and the projection follows from its own checkpoint
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000');
  // one batch of updates writes some hundred pages, many of them those of the batch before: copied into the file every 32 MiB
  // of log they are written once for several batches
  database.exec('PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384');
  return database;
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

/**
 * Opens a database, making it where it is new.
 * @param outdated what to do with a file of another schema version: `rebuild` drops it, since it can be derived again
 */
export function openDatabase(path: string, schema: Schema, outdated: 'rebuild' | 'refuse'): DatabaseSync {
  let database = configure(path);
  const version = versionOf(database);
  if (version === schema.version) return database;
  if (version !== 0) {
    database.close();
    if (outdated === 'refuse')
      throw new TypeError(`${path} has schema ${version}, this program writes ${schema.version}`);
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    database = configure(path);
  }
  database.exec(`BEGIN; ${schema.statements}; PRAGMA user_version = ${schema.version}; COMMIT`);
  return database;
}

/**
 * Runs the work in one transaction: all of it is stored, or none.
 * @throws ERR_STORAGE_FULL, and what the work throws
 */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // a full disk may have ended the transaction already, and the error to tell is the first
    if (database.isTransaction) database.exec('ROLLBACK');
    throw codedStorageError(error, 'the database');
  }
}
