// One round of Caliper against the network: so many transactions, a fixed number of them under way at once.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keystorePaths } from '@muster/edge-agent/enrol';
import type { Network } from '@muster/network';
import { identityFolder } from '../../network/src/derive/plan.ts';
import { runTool } from '../../network/src/run-tool.ts';
import type { CaliperEnvironment } from './environment.ts';

const ROUND_SECONDS = 540;

export interface CaliperRound {
  readonly label: string;
  readonly contract: string;
  readonly contractFunction: string;
  /** arguments of each transaction, by organisation: equally many for each */
  readonly calls: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** transactions under way at once, of all workers together */
  readonly load: number;
}

/** A line of Caliper's report. */
export interface CaliperReading {
  readonly succeeded: number;
  readonly failed: number;
  readonly transactionsPerSecond: number;
  readonly averageSeconds: number;
}

/** Caliper's network file: YAML, of which JSON is a part. */
function networkFile({ plan }: Network, contract: string): string {
  return JSON.stringify({
    name: 'muster',
    version: '2.0.0',
    caliper: { blockchain: 'fabric' },
    channels: [{ channelName: plan.description.channel, contracts: [{ id: contract }] }],
    organizations: plan.organisations.map((organisation) => {
      const relay = keystorePaths(identityFolder(organisation, 'relay'));
      const identity = {
        name: 'relay',
        clientPrivateKey: { path: relay.key },
        clientSignedCert: { path: relay.certificate },
      };
      return {
        mspid: organisation.name,
        identities: { certificates: [identity] },
        peers: [
          {
            endpoint: `${organisation.host}:${organisation.ports.peer}`,
            tlsCACerts: { path: organisation.roots.tls },
            grpcOptions: { 'grpc.ssl_target_name_override': organisation.host },
          },
        ],
      };
    }),
  });
}

interface Where {
  readonly channel: string;
  /** the workload module */
  readonly module: string;
  /** of the calls, a file for each organisation */
  readonly folder: string;
}

function benchmarkFile(
  { label, contract, contractFunction, calls, load }: CaliperRound,
  { channel, module, folder }: Where,
): string {
  const organisations = [...calls.keys()];
  const round = {
    label,
    txNumber: [...calls.values()].reduce((sum, own) => sum + own.length, 0),
    rateControl: { type: 'fixed-load', opts: { transactionLoad: load } },
    workload: { module, arguments: { folder, organisations, channel, contract, contractFunction } },
  };
  return JSON.stringify({ test: { name: label, workers: { number: organisations.length }, rounds: [round] } });
}

/**
 * Reads the table at the end of Caliper's output: Name, Succ, Fail, Send Rate, Max, Min and Avg Latency, Throughput.
 * @throws TypeError where there is none
 */
export function readReport(output: string, label: string): CaliperReading {
  const line = output.split('\n').findLast((text) => text.startsWith(`| ${label} `)) ?? '';
  const [succeeded, failed, , , , averageSeconds, transactionsPerSecond] = line
    .split('|')
    .slice(2)
    .map((cell) => Number(cell.trim()));
  if (averageSeconds === undefined || transactionsPerSecond === undefined) {
    throw new TypeError(`no line of ${label} in what Caliper told: ${output.slice(-2000)}`);
  }
  return { succeeded: succeeded ?? NaN, failed: failed ?? NaN, transactionsPerSecond, averageSeconds };
}

/** Runs a round in a workspace folder of its own. @throws MusterError ERR_TOOL_FAILED */
export async function driveCaliper(
  { folder, main }: CaliperEnvironment,
  network: Network,
  workspace: string,
  round: CaliperRound,
): Promise<CaliperReading> {
  await mkdir(workspace, { recursive: true, mode: 0o700 });
  const where = { channel: network.channel, module: join(folder, 'calls.cjs'), folder: workspace };
  await writeFile(join(workspace, 'network.yaml'), networkFile(network, round.contract));
  await writeFile(join(workspace, 'benchmark.yaml'), benchmarkFile(round, where));
  for (const [organisation, calls] of round.calls) {
    await writeFile(join(workspace, `${organisation}.json`), JSON.stringify(calls));
  }
  const args = [
    main,
    ...['launch', 'manager', '--caliper-workspace', workspace],
    ...['--caliper-networkconfig', 'network.yaml', '--caliper-benchconfig', 'benchmark.yaml'],
    ...['--caliper-flow-only-test', '--caliper-report-path', join(workspace, 'report.html')],
  ];
  return readReport(await runTool(process.execPath, args, { cwd: folder, seconds: ROUND_SECONDS }), round.label);
}
