// A model of a real network, audited: by command, from a file without network, bit by bit, by Fabric's own tools and by Python.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { common, orderer } from '@hyperledger/fabric-protos';
import { anchorOf, bufferSource, LedgerAudit, verifyProof } from '@muster/edge-agent/audit';
import { readKeystore } from '@muster/edge-agent/enrol';
import { upNetwork, waitUntil, type Network } from '@muster/network';
import { groupAt, membersOf } from '../../edge-agent/src/audit/fabric/config-group.ts';
import { verifyConfigUpdate } from '../../edge-agent/src/audit/fabric/config-update.ts';
import { mlp } from '../../edge-agent/src/models/index.ts';
import { createAdmin } from '../../network/src/channel/admin.ts';
import { identityFolder } from '../../network/src/derive/plan.ts';
import { ensureLedgerutil } from '../../network/src/fabric/ensure-ledgerutil.ts';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { runJob, type JobRun } from '../../network/src/start/run-job.ts';
import { startMembers } from '../../network/src/start/run-members.ts';
import { ChannelChange, configurationIn, withSignatures } from '../support/audit/change-channel.ts';
import { flipProof } from '../support/audit/flip-proof.ts';
import { makeParty, type Group } from '../support/audit/made-channel.ts';
import { auditPython } from '../support/audit/python.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const MUSTER = join(ROOT, 'network', 'bin', 'muster.mjs');
const PATIENCE_MS = 240_000;

let state: string;
let network: Network;
let job: JobRun;
let model: string;
let file: string;
let anchor: string;

/** Runs the command line; a failure has its exit code in `code`. */
const muster = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, [MUSTER, ...args], { maxBuffer: 2 ** 24 });

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!;

/** A namespace of its own, in which there is no network but a loopback that is down; undefined where this user may not. */
async function isolate(): Promise<readonly [string, ...string[]] | undefined> {
  try {
    await run('unshare', ['--user', '--map-root-user', '--net', 'true']);
    return ['unshare', '--user', '--map-root-user', '--net'];
  } catch {
    return undefined;
  }
}

/** Without namespaces the process itself is kept from opening a socket. */
const REFUSE_SOCKETS =
  'data:text/javascript,import net from "node:net";net.Socket.prototype.connect=()=>{throw new Error("no network")}';

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'muster-audit-'));
  network = await upNetwork({
    state,
    organisations: 4,
    agentsPerOrganisation: 1,
    basePort: 'free',
    owner: process.pid,
  });
  const tiny = join(state, 'tiny.onnx');
  await writeFile(tiny, mlp({ sizes: [784, 8, 10], seed: 1 }));
  await distributeMnist(network.plan.organisations, { partition: { name: 'iid' }, seed: 7, most: 500 });
  await startMembers(network, () => undefined);
  job = await runJob(network.plan, {
    name: 'audited',
    model: tiny,
    rounds: 2,
    seed: 7,
    watcher: { onRound: () => undefined },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  model = job.rounds.at(-1)!.model!;
  file = join(state, 'proof.car');
  const { stdout } = await muster('audit', 'export', model, '--out', file, '--state', state, '--json');
  anchor = (JSON.parse(lastLine(stdout)) as { anchor: string }).anchor;
}, 2 * PATIENCE_MS);

afterAll(async () => {
  await network.down({ purge: true });
  await rm(state, { recursive: true, force: true });
}, PATIENCE_MS);

describe('a model', () => {
  test(
    'is verified from the ledger of any organisation, each check told as it passes',
    async () => {
      const { stdout } = await muster('audit', 'verify', model, '--state', state, '--as', 'navy/auditor');
      const lines = stdout.trim().split('\n');
      expect(lines.slice(0, -1).every((line) => line.startsWith('ok '))).toBe(true);
      expect(stdout).toMatch(/ok {2}round 2 +4 updates, \d attestations, aggregate sha256:\w+… bit for bit/);
      expect(lastLine(stdout)).toBe(
        `VERIFIED: ${model} is the model of 2 rounds of job ${job.job}, recomputed bit for bit`,
      );
    },
    PATIENCE_MS,
  );

  test(
    'that nobody made is not, and the exit code says so',
    async () => {
      const nothing = `sha256:${'0'.repeat(64)}`;
      const failed = muster('audit', 'verify', nothing, '--state', state);
      await expect(failed).rejects.toMatchObject({
        code: 5,
        stderr: expect.stringContaining(`model ${nothing}`) as unknown,
      });
    },
    PATIENCE_MS,
  );
});

test(
  'no organisation states another ledger than the others',
  async () => {
    const { stdout } = await muster('audit', 'forks', '--state', state, '--json');
    const told = JSON.parse(lastLine(stdout)) as { forks: number; compared: number };
    expect(told.forks).toBe(0);
    // blocks 10, 20, 30 and so on, of four organisations
    expect(told.compared).toBeGreaterThanOrEqual(2);
  },
  PATIENCE_MS,
);

describe('a proof file', () => {
  test(
    'is verified by a process that has no network',
    async () => {
      const isolated = await isolate();
      const node = [process.execPath, ...(isolated === undefined ? ['--import', REFUSE_SOCKETS] : [])];
      const [program, ...args] = [...(isolated ?? []), ...node] as [string, ...string[]];
      const verify = [MUSTER, 'audit', 'verify', '--proof', file, '--anchor', anchor];
      const { stdout } = await run(program, [...args, ...verify], { env: { HOME: '/nonexistent' } });
      expect(lastLine(stdout)).toMatch(/^VERIFIED: /);
    },
    PATIENCE_MS,
  );

  test(
    'without artefacts says what it could not check',
    async () => {
      const digests = join(state, 'digests.car');
      await muster('audit', 'export', model, '--out', digests, '--digests-only', '--state', state);
      const { stdout } = await muster('audit', 'verify', '--proof', digests, '--anchor', anchor);
      expect(stdout).toContain('NOT CHECKED');
      expect(lastLine(stdout)).toMatch(/^VERIFIED, BUT NOT RECOMPUTED: /);
    },
    PATIENCE_MS,
  );

  test(
    'does not hold with any bit flipped, with all content ids set right again',
    async () => {
      const { tried, missed, silent } = await flipProof(await readFile(file), anchorOf(anchor), {
        flips: 600,
        seed: 1,
      });
      expect({ missed, silent }).toEqual({ missed: [], silent: [] });
      expect(tried).toBeGreaterThanOrEqual(600);
    },
    PATIENCE_MS,
  );

  test('is no proof of another model, nor from another anchor', async () => {
    const source = bufferSource(await readFile(file));
    const told = { tell: () => undefined };
    const [first] = job.rounds;
    const other = verifyProof(source, { ...told, anchor: anchorOf(anchor), model: first!.model });
    await expect(other).rejects.toMatchObject({ code: 'ERR_AUDIT_FAILED', details: { record: 'manifest' } });
    const elsewhere = verifyProof(source, { ...told, anchor: anchorOf(`sha256:${'1'.repeat(64)}`) });
    await expect(elsewhere).rejects.toMatchObject({ code: 'ERR_AUDIT_FAILED', details: { record: 'block 0' } });
  });

  const python = auditPython();
  (python === undefined ? test.skip : test)(
    'is verified by stock Python libraries to the same digest',
    async () => {
      const script = join(ROOT, 'test', 'python', 'verify.py');
      const { stdout } = await run(python!, [script, file, '--anchor', anchor]);
      expect(lastLine(stdout)).toBe(`VERIFIED ${model}`);
    },
    PATIENCE_MS,
  );
});

describe('a change of the channel’s configuration', () => {
  const messages = (root: common.ConfigGroup): void => {
    const size = membersOf(groupAt(root, 'Orderer')!).values.get('BatchSize')!;
    const changed = orderer.BatchSize.deserializeBinary(size.getValue_asU8());
    changed.setMaxMessageCount(changed.getMaxMessageCount() + 1);
    size.setValue(changed.serializeBinary());
  };

  test(
    'holds where Fabric took it, a batch size as well as a new member, and no forgery of it holds',
    async () => {
      const late = await makeParty('late');
      const keys = await readKeystore(identityFolder(network.plan.organisations[0]!, 'admin'));
      const army = { organisation: 'army', certificate: keys.certificatePem, privateKey: keys.privateKey };
      const change = new ChannelChange(network, state);
      const tooFew = change.make(messages, ['army', 'navy']);
      await expect(tooFew).rejects.toMatchObject({ code: 'ERR_TOOL_FAILED' });
      const numbers = [
        await change.make(messages, ['army', 'navy', 'airforce']),
        await change.make(
          (root) => void (groupAt(root, 'Application') as Group).getGroupsMap().set('late', late.group),
          ['marines', 'airforce', 'navy'],
        ),
      ];
      const audit = new LedgerAudit(anchorOf(anchor), network.chaincode);
      for (let number = 0; number <= numbers[1]!; number++) {
        const bytes = await change.block(String(number));
        if (numbers.includes(number)) {
          // what two of four signed, had the orderers been of one mind to order it
          const configuration = configurationIn(common.Block.deserializeBinary(bytes));
          const forged = withSignatures(configuration, 2, army);
          const resent = withSignatures(configuration, 3, army);
          expect(() => verifyConfigUpdate(`block ${number}`, audit.chain.config, resent)).not.toThrow();
          expect(() => verifyConfigUpdate(`block ${number}`, audit.chain.config, forged)).toThrow(
            expect.objectContaining({
              code: 'ERR_AUDIT_FAILED',
              details: { record: `block ${number}`, reason: expect.stringContaining('does not satisfy') as unknown },
            }),
          );
        }
        audit.take(bytes);
      }
      expect(audit.chain.config.sequence).toBe(2);
      expect([...audit.chain.config.msps.keys()]).toContain('late');
    },
    PATIENCE_MS,
  );
});

describe('Fabric’s own tools', () => {
  test(
    'tell the same height and hash',
    async () => {
      const [organisation] = network.plan.organisations;
      const admin = createAdmin(network.plan, organisation!, network.runWith.tools);
      const audit = new LedgerAudit(anchorOf(anchor), network.chaincode);
      const height = async (): Promise<number> => (await info(admin)).height;
      // what a peer tells may grow while it is asked: the block below its height does not change any more
      const known = await waitUntil({ waitedFor: 'a height', seconds: 60 }, height);
      for (let number = 0; number < known; number++) {
        const into = join(state, `${number}.block`);
        await admin.peer('channel', 'fetch', String(number), into, '--channelID', network.channel);
        audit.take(await readFile(into));
      }
      const told = await info(admin);
      expect(audit.chain.height).toBe(known);
      expect(told.height).toBe(known);
      expect(told.currentBlockHash).toBe(audit.chain.hash.toString('base64'));
    },
    PATIENCE_MS,
  );

  test(
    'find the peer’s block store whole',
    async () => {
      const ledgerutil = await ensureLedgerutil(network.plan.description);
      const [own] = network.plan.organisations;
      // the store of a running peer is locked: a copy of it is read
      const copy = join(state, 'store');
      const chains = join('ledgersData', 'chains');
      await cp(join(own!.folder, 'peer', 'data', chains), join(copy, chains), { recursive: true });
      const { stdout } = await run(ledgerutil, ['verify', copy, '--outputDir', state]);
      expect(stdout).toContain('Successfully executed verify tool. No error is found.');
    },
    2 * PATIENCE_MS,
  );
});

async function info(admin: ReturnType<typeof createAdmin>): Promise<{ height: number; currentBlockHash: string }> {
  const told = await admin.peer('channel', 'getinfo', '--channelID', network.channel);
  return JSON.parse(told.slice(told.indexOf('{'))) as { height: number; currentBlockHash: string };
}
