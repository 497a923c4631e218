// Submissions on disk: stored before they are acknowledged, with the transactions they went into, so that a restarted
// gateway goes on where it was.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Act, ErrorReport, Receipt } from '@muster/protocol';
import { openDatabase, transact, type Schema } from '../database.ts';
import type { Outcome, Submission } from './submission.ts';

const schema: Schema = {
  version: 2,
  // by their number, so that envelopes are appended: by their ids, which are digests, each would go to a page of its own
  statements: `
    CREATE TABLE submissions (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, jti TEXT NOT NULL, act TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
      status TEXT NOT NULL, envelope TEXT, outcome TEXT
    );
    CREATE INDEX submissions_jti ON submissions (jti);
    CREATE INDEX submissions_pending ON submissions (at) WHERE status = 'pending';
    CREATE INDEX submissions_settled ON submissions (at) WHERE status <> 'pending';
    CREATE TABLE attempts (transaction_id TEXT PRIMARY KEY, submissions TEXT NOT NULL, result TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE idempotency (client TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (client, key)) WITHOUT ROWID;
    CREATE INDEX idempotency_at ON idempotency (client, at)`,
};

/** A stored submission; `outcome` once it has one. */
export interface StoredSubmission {
  readonly jti: string;
  readonly act: Act;
  /** who states, as claimed */
  readonly by: string;
  readonly outcome?: Outcome;
}

/** A transaction that was handed to the orderers and whose fate had not been noted. */
export interface Attempt {
  readonly transaction: string;
  /** ids of its submissions, in the order of its arguments */
  readonly submissions: readonly string[];
  readonly result: string;
}

interface Row {
  id: string;
  jti: string;
  act: Act;
  by: string;
  status: string;
  envelope: string;
  outcome: string | null;
}

const KEYS_BETWEEN_PRUNES = 64;

/** The SQLite file of submissions. */
export class SubmissionStore {
  readonly database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #settle: StatementSync;
  readonly #byId: StatementSync;
  readonly #byJti: StatementSync;
  readonly #keysPerClient: number;
  #bound = 0;

  /** @param keysPerClient Idempotency-Keys remembered of one client, about */
  constructor(path: string, keysPerClient: number) {
    this.#keysPerClient = keysPerClient;
    this.database = openDatabase(path, schema, 'refuse');
    const prepare = (sql: string): StatementSync => this.database.prepare(sql);
    this.#insert = prepare(
      `INSERT INTO submissions (id, jti, act, by, at, status, envelope) VALUES (?, ?, ?, ?, ?, 'pending', ?)
       ON CONFLICT (id) DO UPDATE SET status = 'pending', outcome = NULL, envelope = excluded.envelope
       WHERE status = 'refused'`,
    );
    this.#settle = prepare('UPDATE submissions SET status = ?, outcome = ?, envelope = NULL WHERE id = ?');
    this.#byId = prepare('SELECT * FROM submissions WHERE id = ?');
    // of several envelopes with one statement, the one that was recorded speaks for it
    this.#byJti = prepare(
      `SELECT * FROM submissions WHERE jti = ?
       ORDER BY CASE status WHEN 'recorded' THEN 0 WHEN 'pending' THEN 1 ELSE 2 END, at DESC LIMIT 1`,
    );
  }

  /** Stores submissions as pending, in one transaction. */
  add(submissions: readonly Submission[], at: number): void {
    transact(this.database, () => {
      for (const { id, jti, act, by, envelope } of submissions) this.#insert.run(id, jti, act, by, at, envelope);
    });
  }

  /** Notes a transaction before it is ordered, so that its fate can be asked for after a restart. @throws ERR_STORAGE_FULL */
  attempt({ transaction, submissions, result }: Attempt): void {
    transact(this.database, () =>
      this.database
        .prepare('INSERT OR REPLACE INTO attempts (transaction_id, submissions, result) VALUES (?, ?, ?)')
        .run(transaction, JSON.stringify(submissions), result),
    );
  }

  /** Notes outcomes, and that a transaction's fate is known, in one transaction. */
  settle(outcomes: Iterable<readonly [id: string, Outcome]>, transaction?: string): void {
    transact(this.database, () => {
      for (const [id, outcome] of outcomes) this.#settle.run(outcome.status, JSON.stringify(outcome), id);
      if (transaction !== undefined) this.forget(transaction);
    });
  }

  /** A transaction did not commit: it is no attempt any more. */
  forget(transaction: string): void {
    this.database.prepare('DELETE FROM attempts WHERE transaction_id = ?').run(transaction);
  }

  find(by: { readonly id: string } | { readonly jti: string }): StoredSubmission | undefined {
    const row = ('id' in by ? this.#byId.get(by.id) : this.#byJti.get(by.jti)) as Row | undefined;
    if (row === undefined) return undefined;
    const { jti, act, by: stater, outcome } = row;
    return { jti, act, by: stater, ...(outcome === null ? {} : { outcome: JSON.parse(outcome) as Outcome }) };
  }

  /** Submissions without an outcome, oldest first. */
  pending(): Submission[] {
    const rows = this.database.prepare(`SELECT * FROM submissions WHERE status = 'pending' ORDER BY at`).all();
    return (rows as unknown as Row[]).map(({ id, jti, act, by, envelope }) => ({ id, jti, act, by, envelope }));
  }

  /** Transactions whose fate was not noted before the process ended. */
  attempts(): Attempt[] {
    const rows = this.database.prepare('SELECT * FROM attempts').all() as unknown as {
      transaction_id: string;
      submissions: string;
      result: string;
    }[];
    return rows.map(({ transaction_id, submissions, result }) => ({
      transaction: transaction_id,
      submissions: JSON.parse(submissions) as string[],
      result,
    }));
  }

  /** Binds a client's Idempotency-Key to a body's digest; false where it is bound to another. Of many keys the oldest go. */
  bindKey(client: string, key: string, digest: string, at: number): boolean {
    this.database
      .prepare('INSERT INTO idempotency (client, key, digest, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(client, key, digest, at);
    if (++this.#bound % KEYS_BETWEEN_PRUNES === 0) {
      this.database
        .prepare(
          `DELETE FROM idempotency WHERE client = ?1 AND at <
           (SELECT at FROM idempotency WHERE client = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)`,
        )
        .run(client, this.#keysPerClient);
    }
    const bound = this.database.prepare('SELECT digest FROM idempotency WHERE client = ? AND key = ?').get(client, key);
    return bound?.digest === digest;
  }

  /**
   * Forgets what was settled before a time, and the oldest beyond a number; what was recorded the ledger remembers.
   * @param most settled submissions to keep
   */
  prune(before: number, most: number): void {
    this.database
      .prepare(
        `DELETE FROM submissions WHERE status <> 'pending' AND at <
         (SELECT at FROM submissions WHERE status <> 'pending' ORDER BY at DESC LIMIT 1 OFFSET ?)`,
      )
      .run(most);
    this.database.prepare(`DELETE FROM submissions WHERE status <> 'pending' AND at < ?`).run(before);
    this.database.prepare('DELETE FROM idempotency WHERE at < ?').run(before);
  }

  close(): void {
    this.database.close();
  }
}

/** Shapes of outcomes, from verdicts and receipts of the chaincode. */
export const recorded = (receipt: Receipt): Outcome => ({ status: 'recorded', receipt });
export const refused = (error: ErrorReport): Outcome => ({ status: 'refused', error });
