// Members of a rehearsed consortium, with real certificates and a ledger in memory, for the tests beside the sources.

import { readCertificate, type Role } from '@muster/protocol';
import { createTestCa, type TestCa } from '../test-ca.ts';
import type { Gateway, Member } from '../../../edge-agent/src/client/index.ts';
import { readShard, type Shard } from '../../../edge-agent/src/agent/shard.ts';
import { dataSetOf, inMemory, labelledImages } from '../../../edge-agent/src/data/index.ts';
import {
  composeJob,
  proposeJob,
  registerOrganisation,
  enrolCertificate,
  voteJob,
  type JobOptions,
} from '../../../edge-agent/src/job/index.ts';
import { seededRandom } from '../../../edge-agent/src/train/index.ts';
import { MemoryConsortium } from './memory-consortium.ts';
import { createMemoryGateway, type MemoryStore } from './memory-gateway.ts';

/** Agents and validators compare windows with their own clock, so certificates must count today, whenever that is. */
const VALIDITY = { notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2100, 0, 1) };

export interface Rehearsal {
  readonly consortium: MemoryConsortium;
  readonly store: MemoryStore;
  readonly organisations: readonly string[];
  gateway(organisation: string): Gateway;
  /** A member with a fresh certificate, not enrolled yet. */
  member(organisation: string, name: string, role: Role): Promise<Member>;
  /** Proposes a job as the first organisation's officer and has all approve it. @returns its id */
  startJob(options: Partial<JobOptions> & Pick<JobOptions, 'model' | 'agents'>): Promise<string>;
}

async function issue(ca: TestCa, name: string, role: Role): Promise<Member> {
  const { certificate, by, signer } = await ca.issue({ name, role, unit: 'unit-1', ...VALIDITY });
  return {
    organisation: ca.organisation,
    certificate: readCertificate(certificate),
    certificatePem: certificate,
    by,
    signer,
  };
}

/** Registers organisations with an officer each. */
export async function rehearse(organisations: readonly string[]): Promise<Rehearsal> {
  const consortium = new MemoryConsortium(() => Date.now());
  const store: MemoryStore = new Map();
  const cas = new Map<string, TestCa>();
  const officers: Member[] = [];
  const gateway = (organisation: string): Gateway => createMemoryGateway(consortium, store, organisation);
  for (const organisation of organisations) {
    const ca = await createTestCa(organisation);
    const officer = await issue(ca, 'officer', 'officer');
    await registerOrganisation(gateway(organisation), officer, [ca.root]);
    await enrolCertificate(gateway(organisation), officer);
    cas.set(organisation, ca);
    officers.push(officer);
  }
  return {
    consortium,
    store,
    organisations,
    gateway,
    member: (organisation, name, role) => issue(cas.get(organisation) as TestCa, name, role),
    async startJob(options) {
      const job = await composeJob({ name: 'rehearsal', rounds: 1, organisations, ...options });
      const [first] = officers as [Member];
      const { job: id } = await proposeJob(gateway(first.organisation), first, job);
      for (const officer of officers.slice(0, job.terms.quorum.approvals)) {
        await voteJob(gateway(officer.organisation), officer, id, 'approve');
      }
      return id;
    },
  };
}

/** Small images whose brightest quarter tells their class, so that there is something to learn. */
export function syntheticShard(seed: string, examples: number, side = 4): Promise<Shard> {
  const random = seededRandom(seed, 'synthetic');
  const labels = Uint8Array.from({ length: examples }, (_, i) => (i < 4 ? i : random.below(4)));
  const pixels = new Uint8Array(examples * side * side);
  labels.forEach((label, example) => {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const quarter = 2 * Number(y >= side / 2) + Number(x >= side / 2);
        pixels[(example * side + y) * side + x] = random.below(80) + (quarter === label ? 170 : 0);
      }
    }
  });
  const images = labelledImages({ shape: [examples, side, side], data: pixels }, { shape: [examples], data: labels });
  return readShard(inMemory(dataSetOf(images)));
}
