// Tables of the projection: everything the reads need, derived from the blocks alone.

import type { Schema } from '../database.ts';

/** Another version drops the file; it is then filled again from block 0. */
export const schema: Schema = {
  version: 4,
  // digests are found by eight of their digits: whole ones would spread each batch over three times the pages
  statements: `
    CREATE TABLE checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), block INTEGER NOT NULL);
    INSERT INTO checkpoint VALUES (1, -1);
    CREATE TABLE transactions (id TEXT PRIMARY KEY, block INTEGER NOT NULL, idx INTEGER NOT NULL, at INTEGER NOT NULL,
      creator TEXT NOT NULL, status TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE events (seq INTEGER PRIMARY KEY, block INTEGER NOT NULL, tx INTEGER NOT NULL, idx INTEGER NOT NULL,
      type TEXT NOT NULL, transaction_id TEXT NOT NULL, at INTEGER NOT NULL, organisation TEXT, by TEXT, job TEXT,
      round INTEGER, digest TEXT, data TEXT NOT NULL, UNIQUE (block, tx, idx));
    CREATE INDEX events_round ON events (job, round, type);
    CREATE INDEX events_by ON events (by);
    CREATE INDEX events_digest ON events (substr(digest, 8, 8));
    CREATE INDEX events_organisation ON events (organisation, type);
    CREATE TABLE organisations (organisation TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE agents (seq INTEGER PRIMARY KEY AUTOINCREMENT, organisation TEXT NOT NULL, certificate TEXT NOT NULL,
      role TEXT NOT NULL, state TEXT NOT NULL, UNIQUE (organisation, certificate));
    CREATE INDEX agents_certificate ON agents (certificate);
    CREATE TABLE jobs (seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
      state TEXT NOT NULL);
    CREATE TABLE models (job TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE rounds (job TEXT NOT NULL, round INTEGER NOT NULL, phase TEXT NOT NULL, model TEXT, state TEXT NOT NULL,
      transaction_id TEXT NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (job, round)) WITHOUT ROWID;
    CREATE INDEX rounds_model ON rounds (model);
    CREATE TABLE attestations (seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, round INTEGER NOT NULL,
      organisation TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, UNIQUE (job, round, organisation));
    CREATE TABLE settlements (seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, round INTEGER NOT NULL,
      organisation TEXT NOT NULL, state TEXT NOT NULL, UNIQUE (job, organisation, round));
    CREATE TABLE reputations (seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, organisation TEXT NOT NULL,
      by TEXT NOT NULL, reputation INTEGER NOT NULL, score INTEGER NOT NULL, rounds INTEGER NOT NULL,
      round INTEGER NOT NULL, UNIQUE (by, job));
    CREATE INDEX reputations_organisation ON reputations (organisation)`,
};
