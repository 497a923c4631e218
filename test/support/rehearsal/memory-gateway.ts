// The Gateway port in memory: the second adapter, for tests and rehearsals without a network.

import { cidOf, digestOf, listRoots, MusterError, verifyCid, type Role } from '@muster/protocol';
import type { EventQuery, EventRow, FollowOptions, Gateway, RoundView } from '../../../edge-agent/src/client/index.ts';
import type { MemoryConsortium } from './memory-consortium.ts';
import type { MemoryRound } from './memory-rounds.ts';

/** Bytes by content id; all gateways of a rehearsal may share one, as siblings fetch from each other. */
export type MemoryStore = Map<string, Uint8Array>;

function viewOf({ events }: MemoryConsortium, { state, roots, attestations }: MemoryRound): RoundView {
  const sorted = [...attestations.values()].sort((a, b) => (a.organisation < b.organisation ? -1 : 1));
  const updates = events
    .flatMap((row) => (row.type === 'round.updated' ? [row.data] : []))
    .filter(({ job, round }) => job === state.job && round === state.round)
    .sort((a, b) => (a.by < b.by ? -1 : 1));
  const rooted = roots.size === 0 ? {} : { roots: listRoots([...roots.values()]) };
  const view = { round: state, updates, ...rooted, attestations: sorted };
  if ((state.commitsUntil ?? state.attestationCommitsUntil) === undefined) return view;
  const commitments = events
    .flatMap((row) => (row.type === 'round.committed' ? [row.data] : []))
    .filter(({ job, round }) => job === state.job && round === state.round)
    .sort((a, b) => (a.by < b.by ? -1 : 1));
  return { ...view, commitments };
}

async function* follow(consortium: MemoryConsortium, options: FollowOptions): AsyncGenerator<EventRow, void> {
  const { types, job, since, signal, onConnected } = options;
  const { events } = consortium;
  let at = since === undefined ? events.length : events.findIndex(({ id }) => id === since) + 1;
  onConnected?.();
  while (!signal.aborted) {
    const row = events[at];
    if (row === undefined) {
      await nextTransaction(consortium, signal);
      continue;
    }
    at++;
    const wanted = types === undefined || types.includes(row.type);
    if (wanted && (job === undefined || ('job' in row.data && row.data.job === job))) yield row;
  }
}

async function nextTransaction(consortium: MemoryConsortium, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop = consortium.onTransaction(() => resolve(undefined));
  const abort = (): void => resolve(undefined);
  signal.addEventListener('abort', abort, { once: true });
  await promise;
  stop();
  signal.removeEventListener('abort', abort);
}

/** By type, job, organisation and agent, as far as the events themselves name them. */
function find({ events }: MemoryConsortium, query: EventQuery, limit: number): EventRow[] {
  const named = ['job', 'organisation', 'by'] as const;
  const isFound = ({ type, data }: EventRow): boolean =>
    (query.type ?? type) === type &&
    named.every(
      (name) => query[name] === undefined || (name in data && data[name as keyof typeof data] === query[name]),
    );
  return events.filter(isFound).reverse().slice(0, limit);
}

/** What a call would answer, or throw, as a promise. */
const attempt = <T>(call: () => T): Promise<T> => new Promise((resolve) => resolve(call()));

const notRehearsed = (what: string): Promise<never> => Promise.reject(new TypeError(`a rehearsal has no ${what}`));

/** The gateway of an organisation over a ledger in memory. */
export function createMemoryGateway(consortium: MemoryConsortium, store: MemoryStore, organisation: string): Gateway {
  return {
    submit(act, envelope) {
      const answer = (): Awaited<ReturnType<Gateway['submit']>> => {
        const receipt = consortium.apply(act, envelope, organisation);
        return { jti: receipt.jti, act, status: 'recorded', receipt };
      };
      return attempt(answer);
    },
    jobs: (status) =>
      Promise.resolve(
        [...consortium.jobs.values()]
          .map(({ state }) => state)
          .filter((job) => status === undefined || job.status === status),
      ),
    job: (id) =>
      attempt(() => {
        const { state, model } = consortium.job(id);
        return { job: state, model: model ?? null };
      }),
    rounds: (id) => attempt(() => [...consortium.job(id).rounds.values()].map(({ state }) => state)),
    round: (id, number) => attempt(() => viewOf(consortium, consortium.round(id, number))),
    organisations: () => Promise.resolve([...consortium.organisations.values()]),
    agents: (filter: { organisation?: string; role?: Role } = {}) => {
      const entries = [...consortium.rosters].flatMap(([of, { certificates }]) =>
        Object.entries(certificates).map(([certificate, held]) => ({
          ...held,
          organisation: of,
          certificate,
          pem: '',
        })),
      );
      const kept = entries.filter(
        (entry) =>
          (filter.organisation ?? entry.organisation) === entry.organisation &&
          (filter.role ?? entry.role) === entry.role,
      );
      return Promise.resolve(kept);
    },
    history: () => notRehearsed('history'),
    lineage: () => notRehearsed('lineage'),
    find: (query, limit) => Promise.resolve(find(consortium, query, limit)),
    transaction: () => notRehearsed('transactions'),
    checkpoints: () => notRehearsed('checkpoints'),
    forks: () => notRehearsed('forks'),
    scores: () => notRehearsed('scores'),
    reputations: () => notRehearsed('reputations'),
    blocks: () => {
      throw new TypeError('a rehearsal has no blocks');
    },
    putArtefact: (bytes) => {
      const cid = cidOf(bytes);
      store.set(cid, bytes.slice());
      return Promise.resolve({ cid, digest: digestOf(bytes), size: bytes.length });
    },
    getArtefact: (cid) =>
      attempt(() => {
        const bytes = store.get(cid);
        if (bytes === undefined) throw new MusterError('ERR_ARTEFACT_UNKNOWN', { cid });
        verifyCid(cid, bytes);
        return bytes.slice();
      }),
    follow: (options) => follow(consortium, options),
    close: () => Promise.resolve(),
  };
}
