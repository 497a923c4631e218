// A consortium in memory for the flow tests: organisations with real certificates, a job, and the acts of a round, all
// through the real chaincode.

import { jest } from '@jest/globals';
import { digestOf } from '../../protocol/src/bytes/digest.ts';
import type { Act } from '../../protocol/src/envelope/acts.ts';
import { encodeBatch } from '../../protocol/src/envelope/batch.ts';
import { openEnvelopeUnsafe, seal } from '../../protocol/src/envelope/envelope.ts';
import { fromWire, type AnyMusterError } from '../../protocol/src/errors.ts';
import type { Terms } from '../../protocol/src/job/terms.ts';
import { keys, type Key, type KeyType } from '../../protocol/src/ledger/keys.ts';
import type { States } from '../../protocol/src/ledger/state.ts';
import { decodeVerdicts, type Stater } from '../../protocol/src/ledger/verdicts.ts';
import type { Receipt, Verdict } from '../../protocol/src/round/record.ts';
import { ChaincodeRefusal, MemoryLedger, type Fate } from '../support/memory-ledger.ts';
import type { Creator } from '../support/memory-stub.ts';
import type { TestCa, TestIdentity } from '../support/test-ca.ts';
import { AGGREGATE, artefactOf, BASE, ORGANISATIONS, START, termsWith } from './terms.ts';

// the first world of a file is real key generation and a dozen transactions at every peer, on a machine that may be busy
jest.setTimeout(120_000);

// fabric-shim logs every refusal as an error, and reads its level when it is loaded
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'CRITICAL';
const { createChaincode } = await import('../../chaincode/src/index.ts');

export interface Party {
  readonly ca: TestCa;
  readonly officer: TestIdentity;
  readonly validator: TestIdentity;
  readonly requester: TestIdentity;
  readonly agents: readonly TestIdentity[];
}

interface How {
  readonly creator?: Creator;
  readonly endorsers?: readonly string[];
  readonly at?: number;
}

/** The refusal behind a call's failure; anything else is a failure of the test. */
export async function refusalOf(call: Promise<unknown>): Promise<AnyMusterError> {
  const error: unknown = await call.then(
    (result) => new Error(`expected a refusal, got ${JSON.stringify(result)}`),
    (thrown: unknown) => thrown,
  );
  const refusal = error instanceof ChaincodeRefusal ? fromWire(error.message) : undefined;
  if (refusal === undefined) throw error;
  return refusal;
}

export class World {
  readonly ledger: MemoryLedger;
  readonly parties: Map<string, Party>;
  /** the time of the next transactions and statements */
  at = START;
  job = '';

  constructor(ledger = new MemoryLedger(createChaincode), parties = new Map<string, Party>()) {
    this.ledger = ledger;
    this.parties = parties;
  }

  /** A world that starts as this one is and goes its own way. */
  fork(): World {
    const fork = new World(this.ledger.fork(), new Map(this.parties));
    fork.at = this.at;
    fork.job = this.job;
    return fork;
  }

  party(organisation: string): Party {
    return this.parties.get(organisation)!;
  }

  /** Seals a statement now. */
  state(act: Act, who: TestIdentity, claims: Record<string, unknown>): string {
    return seal(act, { v: 1, iat: this.at, by: who.by, ...claims }, who.signer);
  }

  /** Endorses at all organisations' peers, unless told otherwise, and commits. */
  async call<T = Receipt>(fn: string, args: readonly string[], how: How = {}): Promise<T> {
    const { creator = this.party('army').officer, endorsers = ORGANISATIONS, at = this.at } = how;
    const simulation = await this.ledger.endorse({ fn, args, creator, at }, endorsers);
    const [fate] = this.ledger.commit([simulation], endorsers);
    if (fate !== 'VALID') throw new Error(`transaction is ${String(fate)}`);
    return JSON.parse(simulation.payload) as T;
  }

  /** The same, but tells the fate instead of the result. */
  async fateOf(fn: string, args: readonly string[], endorsers: readonly string[]): Promise<Fate | undefined> {
    const creator = this.party('army').officer;
    const simulation = await this.ledger.endorse({ fn, args, creator, at: this.at }, endorsers);
    return this.ledger.commit([simulation], endorsers)[0];
  }

  /** What is stored under a key. */
  stored<T extends KeyType>(key: Key<T>): States[T] | undefined {
    const found = this.ledger.state.get(`\u0000${key.map((part) => `${part}\u0000`).join('')}`);
    return found === undefined ? undefined : (JSON.parse(found.bytes.toString('utf8')) as States[T]);
  }

  /** Types of the events since some count. */
  eventsSince(count: number): string[] {
    return this.ledger.events.slice(count).map(({ type }) => type);
  }

  registration(organisation: string, claims: Record<string, unknown> = {}): string {
    const { ca, officer } = this.party(organisation);
    const own = { organisation, roots: [ca.root], certificate: officer.certificate };
    return this.state('consortium.register', officer, { ...own, ...claims });
  }

  enrolment(who: TestIdentity): string {
    return this.state('consortium.enrol', who, { certificate: who.certificate });
  }

  enrol(...people: readonly TestIdentity[]): Promise<Verdict[]> {
    return this.judged(
      'consortium:enrol',
      people.map((who) => this.enrolment(who)),
    );
  }

  async propose(terms: Terms = termsWith(), who = this.party('army').requester): Promise<string> {
    const { job } = await this.call<{ job: string }>('jobs:propose', [this.state('job.propose', who, { terms })]);
    this.job = job;
    return job;
  }

  vote(organisation: string, verdict = 'approve', who = this.party(organisation).officer): Promise<Receipt> {
    return this.call('jobs:vote', [this.state('job.vote', who, { job: this.job, verdict })]);
  }

  /** Proposes a job and has it approved. */
  async openJob(changes: Partial<Terms> = {}): Promise<string> {
    const job = await this.propose(termsWith(changes));
    await this.vote('army');
    await this.vote('navy');
    return job;
  }

  update(who: TestIdentity, claims: Record<string, unknown> = {}): string {
    return this.state('round.update', who, {
      ...{ job: this.job, round: 1, base: BASE.digest, update: artefactOf(`update of ${who.by}`), examples: 10 },
      ...{ dataset: { root: digestOf(who.by), size: 20 }, metrics: { lossMicro: 5 }, privacy: { mechanism: 'none' } },
      ...claims,
    });
  }

  /** Calls a function that takes many envelopes, and reads its verdicts as a gateway does. */
  private async judged(fn: string, envelopes: readonly string[]): Promise<Verdict[]> {
    const answer = await this.call<unknown>(fn, [encodeBatch(envelopes)]);
    return decodeVerdicts(JSON.stringify(answer), envelopes.map(staterOf));
  }

  record(...envelopes: readonly string[]): Promise<Verdict[]> {
    return this.judged('rounds:record', envelopes);
  }

  /** An agent's commitment to a sealed update, a validator's to a sealed attestation. */
  commitment(who: TestIdentity, envelope: string, claims: Record<string, unknown> = {}): string {
    const own = { job: this.job, round: 1, of: 'update', commitment: digestOf(envelope) };
    return this.state('round.commit', who, { ...own, ...claims });
  }

  commit(...envelopes: readonly string[]): Promise<Verdict[]> {
    return this.judged('rounds:commit', envelopes);
  }

  reveal(claims: Record<string, unknown> = {}, who = this.party('army').validator): Promise<Receipt> {
    const own = { job: this.job, round: 1, of: 'update', ...claims };
    return this.call('rounds:reveal', [this.state('round.reveal', who, own)]);
  }

  /** Records one envelope that must be refused. */
  async recordRefused(envelope: string): Promise<string> {
    const [verdict] = await this.record(envelope);
    if (verdict?.ok !== false) throw new Error('expected a refusal');
    return verdict.error.code;
  }

  /** Everyone's first agent records an update. */
  recordAll(round = 1, base = BASE.digest): Promise<Verdict[]> {
    const agents = ORGANISATIONS.map((organisation) => this.party(organisation).agents[0]!);
    return this.record(...agents.map((agent) => this.update(agent, { round, base })));
  }

  /** What an organisation's validator trained on the job's root data. */
  rootUpdate(who: TestIdentity, claims: Record<string, unknown> = {}): string {
    const own = { job: this.job, round: 1, base: BASE.digest, update: artefactOf('root'), metrics: { lossMicro: 5 } };
    return this.state('round.root', who, { ...own, ...claims });
  }

  recordRoot(organisation: string, claims: Record<string, unknown> = {}): Promise<Receipt> {
    return this.call('rounds:root', [this.rootUpdate(this.party(organisation).validator, claims)]);
  }

  close(claims: Record<string, unknown> = {}, who = this.party('army').validator): Promise<Receipt> {
    return this.call('rounds:close', [this.state('round.close', who, { job: this.job, round: 1, ...claims })]);
  }

  attestation(
    organisation: string,
    claims: Record<string, unknown> = {},
    who = this.party(organisation).validator,
  ): string {
    const round = (claims.round as number | undefined) ?? 1;
    const { base, updates } = this.stored(keys.round(this.job, round))!;
    const evaluation = { examples: 10, lossMicro: 1, accuracyMicro: 2, recallMicro: [3] };
    const own = { job: this.job, round, base: base.digest, updates, excluded: [], aggregate: AGGREGATE, evaluation };
    return this.state('round.attest', who, { ...own, ...claims });
  }

  attest(organisation: string, claims: Record<string, unknown> = {}): Promise<Receipt> {
    return this.call('rounds:attest', [this.attestation(organisation, claims)]);
  }

  finalisation(
    organisations: readonly string[],
    claims: Record<string, unknown> = {},
    who = this.party('army').validator,
  ): string {
    const own = { job: this.job, round: 1, aggregate: AGGREGATE.digest, organisations };
    return this.state('round.finalise', who, { ...own, ...claims });
  }

  finalise(organisations: readonly string[], claims: Record<string, unknown> = {}): Promise<Receipt> {
    return this.call('rounds:finalise', [this.finalisation(organisations, claims)], { endorsers: organisations });
  }

  abandon(claims: Record<string, unknown> = {}, who = this.party('army').officer): Promise<Receipt> {
    const own = { job: this.job, round: 1, reason: 'too few updates' };
    return this.call('rounds:abandon', [this.state('round.abandon', who, { ...own, ...claims })]);
  }
}

/** Who stated an envelope, as far as it tells. */
function staterOf(envelope: string): Stater {
  try {
    return openEnvelopeUnsafe(envelope).statement as unknown as Stater;
  } catch {
    return { jti: '', by: '' };
  }
}
