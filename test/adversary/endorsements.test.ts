// Hostile transactions on a real network: whoever signs the statements, the model moves only by the peers of those who
// attested it, and nothing else on the ledger moves at all; and who states another ledger than there is convicts itself.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import { peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BATCH_MAX_BYTES, openCheckpoint, type Artefact, type Claims } from '@muster/protocol';
import { impersonateGateway } from '../support/impostor-gateway.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';
import type { HostileClient } from '../support/hostile-client.ts';

let consortium: RealConsortium;
let job: OpenJob;
let agent: HostileClient;
/** what three organisations attest, and what the dissenter does */
let model: Artefact;
let other: Artefact;

const AGREEING = ['airforce', 'army', 'navy'];

beforeAll(async () => {
  consortium = await RealConsortium.join(['agent-1', 'validator']);
  job = await consortium.openJob('endorsed', { agents: 1 });
  agent = await consortium.hostile('marines/agent-1');
  ({ base: model, model: other } = job.terms);
}, 240_000);
afterAll(() => consortium.end(), 180_000);

const stated = (act: Parameters<RealConsortium['sealed']>[0], by: string, claims: Claims = {}): Promise<string> =>
  consortium.sealed(act, by, { job: job.job, round: 1, ...claims });
const finalisation = (organisations: readonly string[], aggregate = model): Promise<string> =>
  stated('round.finalise', 'army/validator', { aggregate: aggregate.digest, organisations });
const attest = async (organisation: string, aggregate: Artefact, changes: Claims = {}): Promise<string> => {
  const by = `${organisation}/validator`;
  const claims = { ...(await consortium.attestation(job, aggregate)), ...changes };
  return consortium.handIn('round.attest', await consortium.sealed('round.attest', by, claims), by);
};

describe('while a round is open', () => {
  test('nobody closes it before its updates are in, nor attests, nor finalises, at either door', async () => {
    const claims = { base: model.digest, updates: { count: 0, root: model.digest }, excluded: [], aggregate: model };
    const evaluation = { examples: 1, lossMicro: 1, accuracyMicro: 1, recallMicro: [1] };
    const attestation = await stated('round.attest', 'army/validator', { ...claims, evaluation });
    const close = await stated('round.close', 'army/validator');
    const finalise = await finalisation(AGREEING);
    expect(await agent.attempt({ fn: 'rounds:close', args: [close] })).toBe('ERR_ROUND_EARLY');
    expect(await agent.attempt({ fn: 'rounds:attest', args: [attestation] })).toBe('ERR_ROUND_PHASE');
    expect(await agent.attempt({ fn: 'rounds:finalise', args: [finalise] })).toBe('ERR_ROUND_PHASE');
    expect(await consortium.handIn('round.close', close, 'army/validator')).toBe('ERR_ROUND_EARLY');
    expect(await consortium.handIn('round.attest', attestation, 'army/validator')).toBe('ERR_ROUND_PHASE');
  });

  test('an agent may neither close nor abandon it', async () => {
    const close = await stated('round.close', 'marines/agent-1');
    const abandon = await stated('round.abandon', 'marines/agent-1', { reason: 'out of spite' });
    expect(await agent.attempt({ fn: 'rounds:close', args: [close] })).toBe('ERR_ROLE_FORBIDDEN');
    expect(await agent.attempt({ fn: 'rounds:abandon', args: [abandon] })).toBe('ERR_ROLE_FORBIDDEN');
  });
});

describe('a closed round', () => {
  beforeAll(async () => {
    const update = await consortium.sealed('round.update', 'army/agent-1', consortium.update(job));
    expect(await consortium.handIn('round.update', update, 'army/agent-1')).toBe('recorded');
    const close = await stated('round.close', 'army/validator');
    expect(await consortium.handIn('round.close', close, 'army/validator')).toBe('recorded');
  }, 240_000);

  test('takes an attestation that differs from an earlier one only where it is newer, and none twice', async () => {
    const by = 'army/validator';
    const claims = await consortium.attestation(job, other);
    const iat = Date.now();
    const first = await consortium.sealed('round.attest', by, { ...claims, iat });
    expect(await consortium.handIn('round.attest', first, by)).toBe('recorded');
    expect(await agent.attempt({ fn: 'rounds:attest', args: [first] })).toBe('ERR_ENVELOPE_REPLAYED');
    const older = await consortium.sealed('round.attest', by, { ...claims, aggregate: model, iat: iat - 1 });
    expect(await consortium.handIn('round.attest', older, by)).toBe('ERR_ENVELOPE_STALE');
    expect(await agent.attempt({ fn: 'rounds:attest', args: [older] })).toBe('ERR_ENVELOPE_STALE');
    expect(await attest('army', model)).toBe('recorded');
  });

  test('takes no attestation on another base, of other updates, or by another role', async () => {
    expect(await attest('navy', model, { base: other.digest })).toBe('ERR_ROUND_BASE');
    const updates = { count: 2, root: other.digest };
    expect(await attest('navy', model, { updates })).toBe('ERR_ATTESTATION_MISMATCH');
    const excluded = [{ by: 'army/agent-1', code: 'ERR_UPDATE_RANGE' }];
    expect(await attest('navy', model, { excluded })).toBe('ERR_QUORUM_SHORT');
    const claims = await consortium.attestation(job, model);
    const byAgent = await consortium.sealed('round.attest', 'marines/agent-1', claims);
    expect(await agent.attempt({ fn: 'rounds:attest', args: [byAgent] })).toBe('ERR_ROLE_FORBIDDEN');
  });

  test('is not finalised without a quorum, nor by one name said twice, nor by who did not attest', async () => {
    expect(await attest('navy', model)).toBe('recorded');
    const cases = [
      [['army', 'navy'], 'ERR_QUORUM_SHORT'],
      [['army', 'army', 'navy'], 'ERR_QUORUM_SHORT'],
      [AGREEING, 'ERR_ATTESTATION_MISMATCH'],
    ] as const;
    for (const [organisations, code] of cases) {
      const envelope = await finalisation(organisations);
      expect(await agent.attempt({ fn: 'rounds:finalise', args: [envelope], endorsers: ['army', 'navy'] })).toBe(code);
      expect(await consortium.handIn('round.finalise', envelope, 'army/validator')).toBe(code);
    }
  });

  test('is not finalised as another model than was attested, nor in a dissenter’s name', async () => {
    expect(await attest('airforce', model)).toBe('recorded');
    expect(await attest('marines', other)).toBe('recorded');
    const wrong = await finalisation(AGREEING, other);
    const dissenter = await finalisation(['airforce', 'army', 'marines']);
    for (const envelope of [wrong, dissenter]) {
      const code = await agent.attempt({ fn: 'rounds:finalise', args: [envelope], endorsers: AGREEING });
      expect(code).toBe('ERR_ATTESTATION_MISMATCH');
    }
  });

  test('is endorsed by no dissenter’s peer', async () => {
    const args = [await finalisation(AGREEING)];
    expect(await agent.attempt({ fn: 'rounds:finalise', args, endorsers: ['marines'] })).toBe('ERR_ENDORSER_DISSENTS');
  });

  test('moves no model by endorsements of too few, whatever the statement names', async () => {
    const args = [await finalisation(AGREEING)];
    const code = await agent.attempt({ fn: 'rounds:finalise', args, endorsers: ['army', 'navy'] });
    expect(code).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(await agent.query('rounds:get', job.job, '1')).toContain('"phase":"closed"');
  });

  test('moves no model where its client changed what was endorsed', async () => {
    const tamper = (action: peer.ChaincodeActionPayload): void => {
      const endorsed = action.getAction()!;
      const bytes = Buffer.from(endorsed.getProposalResponsePayload_asU8());
      const response = peer.ProposalResponsePayload.deserializeBinary(bytes);
      const results = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
      const text = Buffer.from(results.getResults_asU8()).toString('latin1');
      results.setResults(Buffer.from(text.replaceAll(model.digest, other.digest), 'latin1'));
      response.setExtension$(results.serializeBinary());
      endorsed.setProposalResponsePayload(response.serializeBinary());
    };
    const call = { fn: 'rounds:finalise', args: [await finalisation(AGREEING)], endorsers: AGREEING };
    expect(await agent.attempt({ ...call, tamper })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  test('is finalised by the peers of all it names, and takes nothing more after that', async () => {
    const envelope = await finalisation(AGREEING);
    expect(await consortium.handIn('round.finalise', envelope, 'army/validator')).toBe('recorded');
    const again = await finalisation(AGREEING);
    expect(await agent.attempt({ fn: 'rounds:finalise', args: [again], endorsers: AGREEING })).toBe('ERR_ROUND_PHASE');
    const update = await consortium.sealed('round.update', 'marines/agent-1', consortium.update(job));
    expect(await agent.attempt({ fn: 'rounds:record', args: [update] })).toBe('ERR_ROUND_PHASE');
  });

  test('takes no attestation after the end', async () => {
    const by = 'marines/validator';
    const { round } = await consortium.finalised(by, job);
    const evaluation = { examples: 1, lossMicro: 1, accuracyMicro: 1, recallMicro: [1] };
    const of = { base: model.digest, updates: round.updates, excluded: [], aggregate: other, evaluation };
    const envelope = await stated('round.attest', by, of);
    expect(await consortium.handIn('round.attest', envelope, by)).toBe('ERR_ROUND_PHASE');
    expect(await agent.attempt({ fn: 'rounds:attest', args: [envelope] })).toBe('ERR_ROUND_PHASE');
  });
});

describe('a peer', () => {
  test('commits no act that too few organisations endorsed', async () => {
    const fresh = await consortium.openJob('few', { agents: 1 });
    const round = () => agent.query('rounds:get', fresh.job, '1');
    const update = await consortium.sealed('round.update', 'marines/agent-1', consortium.update(fresh));
    const call = { fn: 'rounds:record', args: [update], endorsers: ['marines'] };
    expect(await agent.attempt(call)).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(await round()).toContain('"updates":[]');
  });

  test('registers an organisation for itself only', async () => {
    const { certificatePem } = (await consortium.member('navy/officer')).member;
    const claims = { organisation: 'navy', roots: [certificatePem], certificate: certificatePem };
    const envelope = await consortium.sealed('consortium.register', 'navy/officer', claims);
    expect(await agent.attempt({ fn: 'consortium:register', args: [envelope] })).toBe('ERR_ORGANISATION_CREATOR');
  });

  test('offers no function that writes a key of the caller’s choice', async () => {
    for (const fn of ['rounds:put', 'consortium:putState', 'audit:delete']) {
      expect(await agent.attempt({ fn, args: ['a', 'b'] })).toBe('ERR_ROUTE_UNKNOWN');
    }
    expect(await agent.attempt({ fn: 'evil:put', args: ['a', 'b'] })).toMatch(/^fabric: /);
    expect(await agent.attempt({ fn: 'org.hyperledger.fabric:GetMetadata', args: [] })).not.toBe('ERR_DEFECT');
  });

  test('lets no agent near the chaincode’s definition', async () => {
    const call = { chaincode: '_lifecycle', fn: 'ApproveChaincodeDefinitionForMyOrg', args: [''] };
    expect(await agent.attempt(call)).toMatch(/^fabric: .*(denied|policy|authori)/i);
  });

  test('answers no unbounded query', async () => {
    expect(await agent.query('audit:page', 'updates', '[]', '100000', '')).toBe('ERR_DOCUMENT_INVALID');
    expect(await agent.query('audit:history', 'job', JSON.stringify([job.job]), '201', '0')).toBe(
      'ERR_DOCUMENT_INVALID',
    );
    expect(await agent.query('audit:page', 'updates', '["\\u0000"]', '10', '')).toBe('ERR_DOCUMENT_INVALID');
    expect(await agent.query('audit:page', 'nothing', '[]', '10', '')).toBe('ERR_DOCUMENT_INVALID');
    expect(await agent.query('jobs:list', '-1', '')).toBe('ERR_DOCUMENT_INVALID');
  });

  test('refuses arguments that are no envelopes with a code, and stays up', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const bomb = `zstd:${zstdCompressSync(Buffer.alloc(BATCH_MAX_BYTES + 1)).toString('base64')}`;
    for (const batch of ['', 'x\n'.repeat(1000), 'zstd:x', bomb]) {
      expect(await agent.attempt({ fn: 'rounds:record', args: [batch] })).toBe('ERR_DOCUMENT_INVALID');
    }
    expect(await agent.attempt({ fn: 'rounds:record', args: ['{'] })).toBe('ERR_ENVELOPE_MALFORMED');
    expect(await agent.attempt({ fn: 'rounds:record', args: [deep] })).toBe('ERR_ENVELOPE_TOO_LARGE');
    expect(await agent.attempt({ fn: 'rounds:record', args: [] })).toMatch(/^(fabric: |ERR_DOCUMENT_INVALID)/);
    expect(await agent.attempt({ fn: 'rounds:close', args: [deep] })).toBe('ERR_ENVELOPE_TOO_LARGE');
    expect(await agent.query('jobs:get', job.job)).toContain(job.job);
  });
});

describe('a gateway that signs another ledger', () => {
  const program = join(import.meta.dirname, '..', '..', 'network', 'bin', 'muster.mjs');
  const muster = async (...args: string[]): Promise<string> => {
    const options = ['--state', consortium.network.state, '--json'];
    return (await promisify(execFile)(process.execPath, [program, ...args, ...options])).stdout;
  };

  test('is told by status and by the audit of forks, with its own signed word as evidence', async () => {
    const { gateway } = await consortium.member('navy/officer');
    const leave = await impersonateGateway(consortium.network, 'army');
    try {
      // ten blocks at least, so that there is a height that was not compared before
      const organisations = ['airforce', 'marines', 'navy'];
      for (const name of ['first', 'second', 'third']) await consortium.openJob(name, { organisations });
      const found = (): ReturnType<typeof gateway.forks> => gateway.forks();
      const [fork] = await consortium.shown('the fork', found, ({ length }) => length > 0, 120);
      const roots = [await readFile(consortium.plan('army').roots.identity, 'utf8')];
      const stated = openCheckpoint(fork!.theirs, roots);
      expect(stated).toMatchObject({ organisation: 'army', hash: `sha256:${'b'.repeat(64)}` });
      const notice = `FORK: 1 checkpoints differ: army states another block ${stated.block} (muster audit forks)`;
      const lines = (await muster('status')).trim().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual({
        event: 'notice',
        name: 'gateway.navy',
        notice,
      });
    } finally {
      await leave();
    }
    await expect(muster('audit', 'forks')).rejects.toMatchObject({ code: 5 });
    // the ledger goes on: a liar stops nobody
    await consortium.openJob('after');
  }, 240_000);
});
