// Attackers: malicious agents that collude, with keys of their own and the ledger's rules as everybody's. They wait until the
// others' updates can be read, make theirs of what they read, and hand them in. For rehearsals: `muster start --attack`.

import {
  encodeUpdate,
  envelopeDigest,
  openEnvelope,
  termsDigest,
  viewUpdate,
  type Phase,
  type Unsealed,
} from '@muster/protocol';
import { attacks, type Attack, type Change, type Sight } from '../attack/index.ts';
import { ordered } from '../agent/train-change.ts';
import { sealUpdate } from '../agent/seal-update.ts';
import { readShard, type Shard } from '../agent/shard.ts';
import { createTrainers, type Trainers } from '../agent/trainers.ts';
import { recordAct, recordEnvelope, type Gateway, type Member } from '../client/index.ts';
import { inMemory, openSource, type DataOrigin } from '../data/index.ts';
import { createArtefactSource } from '../job/index.ts';
import { seededRandom } from '../train/index.ts';
import { enrolSelf, watchJobs, type JobSight, type Log } from '../watch/index.ts';
import { knowledgeOf, type Knowledge, type Reader } from './knowledge.ts';
import { encodeChange, toFixed, toReal, varied } from './lies.ts';

/** One malicious agent. */
export interface Attacker {
  readonly member: Member;
  readonly gateway: Gateway;
  readonly data: DataOrigin;
}

export interface AttackersOptions {
  readonly attackers: readonly Attacker[];
  /** A name of the table of attacks. */
  readonly attack: string;
  readonly seed: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly lookMs?: number;
}

/** What one sends in a round. */
interface Lie {
  readonly attacker: Armed;
  readonly update: Uint8Array;
  readonly envelope: string;
}

/** An attacker with what it trains on: its examples, or what it made of them. */
interface Armed extends Attacker {
  readonly shard: Shard;
}

/** Before the window ends they send theirs, whoever is still missing. */
const MARGIN_MS = 20_000;

async function arm(attacker: Attacker, { poison }: Attack, seed: number): Promise<Armed> {
  if (poison === undefined) return { ...attacker, shard: await readShard(attacker.data) };
  const source = await openSource(attacker.data);
  try {
    const { shape, dtype, target, examples } = source;
    const all = await source.read(Int32Array.from({ length: examples }, (_, index) => index));
    const data = poison({ shape, dtype, target, examples, ...all }, seededRandom(seed, 'poison', attacker.member.by));
    return { ...attacker, shard: await readShard(inMemory(data)) };
  } finally {
    await source.close();
  }
}

const keyOf = (job: string, round: number, phase: Phase): string => `${job}/${round}/${phase}`;

class Attackers {
  private readonly options: AttackersOptions;
  private readonly attack: Attack;
  private readonly armed: readonly Armed[];
  private readonly trainers: Trainers;
  private readonly reader: Reader;
  private readonly done = new Set<string>();
  /** committed to, by job and round */
  private readonly held = new Map<string, readonly Lie[]>();

  constructor(
    options: AttackersOptions,
    attack: Attack,
    armed: readonly Armed[],
    trainers: Trainers,
    gateway: Gateway,
  ) {
    this.options = options;
    this.attack = attack;
    this.armed = armed;
    this.trainers = trainers;
    const names = new Set(armed.map(({ member }) => member.by));
    this.reader = { gateway, fetch: createArtefactSource(gateway), isOwn: ({ by }) => names.has(by) };
  }

  async consider(sight: JobSight): Promise<number | undefined> {
    const { job, round } = sight;
    const key = keyOf(job.job, round.round, round.phase);
    if (this.done.has(key)) return undefined;
    if (round.phase === 'committing') {
      const lies = await this.lie(sight);
      this.done.add(key);
      await this.commit(sight, lies);
    } else if (round.phase === 'open') {
      const at = this.waitsUntil(sight);
      if (at > Date.now()) return at;
      const lies =
        job.terms.commitments?.updatesMs === undefined ? await this.lie(sight) : this.taken(job.job, round.round);
      // what is refused now is refused again
      this.done.add(key);
      await this.send(sight, lies);
    }
    return undefined;
  }

  private taken(job: string, round: number): readonly Lie[] {
    const key = keyOf(job, round, 'committing');
    const lies = this.held.get(key) ?? [];
    this.held.delete(key);
    return lies;
  }

  /** Those of the job's organisations. */
  private mustered({ job }: JobSight): readonly Armed[] {
    return this.armed.filter(({ member }) => job.terms.organisations.includes(member.organisation));
  }

  /** When to attack at the latest: as soon as everybody else's updates can be read. */
  private waitsUntil(sight: JobSight): number {
    const { job, round, updates } = sight;
    if (job.terms.commitments?.updatesMs !== undefined) return 0;
    const others = updates.filter((record) => !this.reader.isOwn(record)).length;
    const expected = job.terms.participation.complete - this.mustered(sight).length;
    return others >= expected ? 0 : round.updatesUntil - MARGIN_MS;
  }

  private async commit(sight: JobSight, lies: readonly Lie[]): Promise<void> {
    const { job, round } = sight;
    this.held.set(keyOf(job.job, round.round, 'committing'), lies);
    await Promise.all(
      lies.map(async ({ attacker: { member, gateway }, envelope }) => {
        const commitment = envelopeDigest(openEnvelope(envelope, 'round.update'));
        const at = { job: job.job, round: round.round };
        const stated = { v: 1, iat: Date.now(), by: member.by, ...at, of: 'update', commitment } as const;
        const claims: Unsealed<'round.commit'> = stated;
        await recordAct(gateway, 'round.commit', claims, member.signer, { signal: this.options.signal });
      }),
    );
  }

  private async send({ job, round }: JobSight, lies: readonly Lie[]): Promise<void> {
    const { log, signal, attack } = this.options;
    const sent = await Promise.allSettled(
      lies.map(async ({ attacker: { gateway }, update, envelope }) => {
        await gateway.putArtefact(update);
        await recordEnvelope(gateway, 'round.update', envelope, { signal });
      }),
    );
    const refused = sent.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    const at = { job: job.job, round: round.round };
    log.info({ event: 'attack', ...at, attack, updates: lies.length - refused.length, refused }, 'attacked');
  }

  /** What everybody sends in a round. */
  private async lie(sight: JobSight): Promise<Lie[]> {
    const { job, round } = sight;
    const { fixedPoint } = job.terms;
    const mustered = this.mustered(sight);
    const known = await knowledgeOf(sight, this.reader);
    const seen = round.phase === 'committing' ? known.before : known.now;
    const trained = this.attack.trains === true || seen.length === 0 ? await this.train(sight, known, mustered) : [];
    const own = trained.map(({ change }) => change);
    const changes = this.attack.make({
      round: round.round,
      updates: Math.max(job.terms.participation.complete, seen.length + mustered.length),
      malicious: mustered.length,
      // with nothing to read yet, what they would train themselves is as good a guess as any
      honest: seen.length === 0 ? own : seen,
      copyable: seen,
      own,
      moved: known.moved,
      random: seededRandom(this.options.seed, 'attack', this.options.attack, round.round),
    } satisfies Sight);
    const fixed = changes.map((change) => toFixed(change, fixedPoint));
    const sent = this.attack.copies === true ? fixed : varied(fixed);
    return mustered.map((attacker, place) => {
      const update = encodeChange(sent[place] as Int32Array, known.base);
      const { member, shard } = attacker;
      const loss = trained[place]?.loss ?? 0;
      return { attacker, update, envelope: sealUpdate(sight, { member, dataset: shard.dataset, update, loss }) };
    });
  }

  /** What training makes of their examples, one after the other. */
  private async train(
    { job, round }: JobSight,
    { base }: Knowledge,
    mustered: readonly Armed[],
  ): Promise<{ readonly change: Change; readonly loss: number }[]> {
    const { terms } = job;
    const trainer = await this.trainers.of(terms);
    const parameters = new Map(base.map(({ name, data }) => [name, data]));
    const results = [];
    for (const { member, shard } of mustered) {
      const seedKey = { seed: terms.seed, job: termsDigest(terms), round: round.round, agent: member.by };
      const trained = await trainer.train({ parameters, data: shard.data, seedKey });
      const update = encodeUpdate(ordered(trained.parameters, base), base, terms.fixedPoint);
      results.push({ change: toReal(viewUpdate(update, base), terms.fixedPoint), loss: trained.loss });
    }
    return results;
  }
}

/**
 * Runs attackers until the signal aborts. What they committed to is lost with the process.
 * @throws TypeError for an attack that there is not, or no attackers; what enrolment throws
 */
export async function runAttackers(options: AttackersOptions): Promise<void> {
  const { attackers, seed, log, signal, lookMs } = options;
  const attack = Object.hasOwn(attacks, options.attack) ? attacks[options.attack] : undefined;
  const [first] = attackers;
  if (attack === undefined || first === undefined) throw new TypeError(`no attackers, or no attack ${options.attack}`);
  const armed = await Promise.all(attackers.map((each) => arm(each, attack, seed)));
  await Promise.all(attackers.map(({ gateway, member }) => enrolSelf(gateway, member, log, signal)));
  log.info({ attackers: attackers.length, attack: options.attack }, 'all enrolled');
  const { gateway, member } = first;
  const trainers = createTrainers(createArtefactSource(gateway), { threads: 1 });
  const conspiracy = new Attackers(options, attack, armed, trainers, gateway);
  try {
    await watchJobs({
      gateway,
      organisation: member.organisation,
      types: ['job.approved', 'round.opened', 'round.updated', 'round.revealed'],
      signal,
      log,
      ...(lookMs === undefined ? {} : { lookMs }),
      consider: (sight) => conspiracy.consider(sight),
    });
  } finally {
    await trainers.close();
    await Promise.all(armed.map(({ shard }) => shard.close()));
  }
}
