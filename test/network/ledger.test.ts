// The ledger in memory beside a real network: the same scripts, simulated on the same state and committed in the order that the
// orderers chose, must read and write the same, be judged the same, and leave the same state.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Contract, Network as Channel, Transaction } from '@hyperledger/fabric-gateway';
import { common, ledger as protos, peer } from '@hyperledger/fabric-protos';
import { type Network, upNetwork, waitUntil, withGateway } from '@muster/network';
import { deployBeside } from '../../bench/ledger/plain-puts.ts';
import { conflictOf } from '../../edge-agent/src/audit/fabric/conflicts.ts';
import { readAction, readHeader } from '../../edge-agent/src/audit/fabric/transaction.ts';
import { Batch, WorldState } from '../../edge-agent/src/audit/fabric/world-state.ts';
import { MemoryLedger, type Fate, type Simulation } from '../support/memory-ledger.ts';
import { createProbe } from '../support/probe/chaincode.ts';
import type { Seen, Step } from '../support/probe/contract.ts';
import { scriptsOf } from '../support/probe/schedule.ts';
import { createTestCa } from '../support/test-ca.ts';

const PATIENCE_MS = 300_000;
const SEED = 4;
const ROUNDS = 12;
const SCRIPTS = 8;
/** Of each round, so many are held back and submitted with the next: they read what is old by then. */
const HELD_BACK = 2;
const CHAINCODE = 'probe';

interface Held {
  readonly real: Transaction;
  readonly memory: Simulation;
}

const NOTHING: Simulation = {
  ...{ transaction: '', fn: '', args: [], at: 0, status: 200, message: '', payload: '' },
  ...{ reads: [], ranges: [], writes: new Map(), policies: new Map(), events: [], ranged: false, openIterators: 0 },
};

const byKey = <T extends readonly [string, unknown]>(entries: Iterable<T>): T[] =>
  [...new Map([...entries].map((entry) => [entry[0], entry])).values()].sort(([a], [b]) => (a < b ? -1 : 1));
/** Fabric keeps equal ranges once. */
const unique = <T>(list: readonly T[]): T[] => [...new Map(list.map((item) => [JSON.stringify(item), item])).values()];

/** What a simulation read and wrote, in the order in which Fabric lists it. */
function shapeOf({ reads, ranges, writes }: Pick<Simulation, 'reads' | 'ranges' | 'writes'>) {
  return {
    reads: byKey(reads.map(([key, version]) => [key, version ?? null] as const)),
    ranges: unique(ranges),
    writes: byKey([...writes].map(([key, bytes]) => [key, bytes?.toString() ?? null] as const)),
  };
}

/** The same of a transaction of a block. */
function realShapeOf(envelope: Uint8Array) {
  const spaces = readAction(readHeader(envelope))?.namespaces ?? [];
  const set = spaces.find(({ namespace }) => namespace === CHAINCODE)?.set ?? new protos.rwset.kvrwset.KVRWSet();
  const versionOf = (version: protos.rwset.kvrwset.Version | undefined) =>
    version === undefined ? undefined : { block: version.getBlockNum(), transaction: version.getTxNum() };
  return shapeOf({
    reads: set.getReadsList().map((read) => [read.getKey(), versionOf(read.getVersion())] as const),
    ranges: set.getRangeQueriesInfoList().map((range) => ({
      start: range.getStartKey(),
      end: range.getEndKey(),
      exhausted: range.getItrExhausted(),
      reads: (range.getRawReads()?.getKvReadsList() ?? []).map((read) => [
        read.getKey(),
        versionOf(read.getVersion())!,
      ]),
    })),
    writes: new Map(
      set
        .getWritesList()
        .map((write) => [write.getKey(), write.getIsDelete() ? null : Buffer.from(write.getValue_asU8())] as const),
    ),
  });
}

describe('the ledger in memory', () => {
  let state: string;
  let network: Network;
  /** of whoever signs in memory: the probe does not look at it, Fabric's contracts do */
  let certificate: string;
  const memory = new MemoryLedger(createProbe);
  /** simulations in memory by the ids of the real transactions */
  const simulations = new Map<string, Simulation>();
  const fates: Record<string, number> = {};
  let next = 0n;
  /** the state as the auditor replays it, from the blocks alone */
  const audited = new WorldState();

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'muster-network-'));
    ({ certificate } = await (await createTestCa('navy')).issue({ name: 'tester' }));
    network = await upNetwork({ state, organisations: 4, basePort: 'free', owner: process.pid, services: false });
    await deployBeside(network, CHAINCODE, fileURLToPath(new URL('../support/probe/main.ts', import.meta.url)));
  }, PATIENCE_MS);

  afterAll(async () => {
    await network.down({ purge: true });
    await rm(state, { recursive: true, force: true });
  }, PATIENCE_MS);

  const endorsers = () => network.plan.organisations.slice(0, 3).map(({ name }) => name);

  /** Simulates on both; peers that have not committed the last block yet simulate on other states, so they are asked again. */
  async function endorse(contract: Contract, script: readonly Step[]): Promise<Held> {
    const args = [JSON.stringify(script)];
    const proposal = { fn: 'probe:run', args, creator: { organisation: 'navy', certificate }, at: 0 };
    const simulated = await memory.simulate(proposal, 'navy');
    const waitedFor = 'all endorsers to simulate on the state that memory has';
    const real = await waitUntil({ waitedFor, seconds: 60 }, async () => {
      const options = { arguments: args, endorsingOrganizations: endorsers() };
      const endorsed = await contract.newProposal('probe:run', options).endorse();
      expect(Buffer.from(endorsed.getResult()).toString()).toBe(simulated.payload);
      return endorsed;
    });
    simulations.set(real.getTransactionId(), simulated);
    return { real, memory: simulated };
  }

  /** Judges a block's transactions as the auditor does. @returns a code each, undefined for what is no chaincode's */
  function audit(number: number, envelopes: readonly Uint8Array[], told: readonly (Fate | undefined)[]) {
    const batch = new Batch(audited);
    const codes = envelopes.map((envelope, transaction) => {
      const header = readHeader(envelope);
      if (header.type !== common.HeaderType.ENDORSER_TRANSACTION) return undefined;
      const namespaces = readAction(header)!.namespaces;
      const code = conflictOf(`transaction ${number}.${transaction}`, audited, batch, namespaces);
      if (told[transaction] === 'VALID') for (const one of namespaces) batch.apply(one, { block: number, transaction });
      return code;
    });
    audited.commit(batch);
    return codes;
  }

  /** Commits a block in memory as the network has, and compares every transaction's sets and fate. */
  function replay(block: common.Block): string[] {
    const statuses = block.getMetadata()!.getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER]!;
    const envelopes = block.getData()!.getDataList_asU8();
    const ids = envelopes.map((envelope) => readHeader(envelope).transaction);
    const ours = ids.map((id) => simulations.get(id));
    const names = Object.entries(peer.TxValidationCode);
    const nameOf = (code: number | undefined) => names.find(([, known]) => known === code)?.[0] as Fate | undefined;
    const told = ours.map((_, i) => nameOf(statuses[i]));
    const number = block.getHeader()!.getNumber();
    const audits = audit(number, envelopes, told).map(nameOf);
    const judged = memory.commit(
      ours.map((simulation) => simulation ?? NOTHING),
      endorsers(),
      number,
    );
    ours.forEach((simulation, i) => {
      if (simulation === undefined) return;
      expect(realShapeOf(envelopes[i]!)).toEqual(shapeOf(simulation));
      const id = ids[i];
      expect({ id, memory: judged[i], auditor: audits[i] }).toEqual({ id, memory: told[i], auditor: told[i] });
      fates[told[i]!] = (fates[told[i]!] ?? 0) + 1;
    });
    return ids;
  }

  /** Replays blocks until all of some transactions have been in one. */
  async function replayUntil(channel: Channel, wanted: Set<string>): Promise<void> {
    const blocks = await channel.getBlockEvents({ startBlock: next });
    try {
      for await (const block of blocks) {
        for (const id of replay(block)) wanted.delete(id);
        next = BigInt(block.getHeader()!.getNumber()) + 1n;
        if (wanted.size === 0) return;
      }
    } finally {
      blocks.close();
    }
  }

  test(
    `reads, writes and judges ${ROUNDS * SCRIPTS} transactions of a random schedule as the network does`,
    async () => {
      await withGateway(network.plan.organisations[0]!, async (gateway) => {
        const channel = gateway.getNetwork(network.plan.description.channel);
        const contract = channel.getContract(CHAINCODE);
        let held: Held[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const endorsed = await Promise.all(
            scriptsOf(SEED, round, SCRIPTS).map((script) => endorse(contract, script)),
          );
          const isLast = round === ROUNDS - 1;
          const now = [...held, ...(isLast ? endorsed : endorsed.slice(HELD_BACK))];
          held = endorsed.slice(0, HELD_BACK);
          await Promise.all(now.map(async ({ real }) => (await real.submit()).getStatus()));
          await replayUntil(channel, new Set(now.map(({ real }) => real.getTransactionId())));
        }
      });
      console.info(`seed ${SEED}: ${JSON.stringify(fates)}`);
      // a schedule in which nobody meets anybody proves nothing
      for (const fate of ['VALID', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT'])
        expect(fates[fate]).toBeGreaterThan(0);
      const expected = memory.range('\u0001', '').map(([key, { bytes }]): Seen => [key, bytes.toString()]);
      for (const organisation of network.plan.organisations) {
        const waitedFor = `the peer of ${organisation.name} to hold the state that memory has`;
        await withGateway(organisation, (gateway) =>
          waitUntil({ waitedFor, seconds: 90 }, async () => {
            const contract = gateway.getNetwork(network.plan.description.channel).getContract(CHAINCODE);
            const answer = await contract.evaluateTransaction('probe:run', JSON.stringify([{ range: ['', ''] }]));
            expect(JSON.parse(Buffer.from(answer).toString())).toEqual(expected);
          }),
        );
      }
    },
    PATIENCE_MS,
  );
});
