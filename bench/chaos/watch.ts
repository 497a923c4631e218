// Watching what the network says of itself while processes die: the supervisor's status and every gateway's /readyz, held
// against which processes really ran.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Network, NodeStatus } from '@muster/network';
import { Agent, request } from 'undici';
import { identifyProcess, isRunning, type ProcessIdentity } from '../../network/src/supervise/process-identity.ts';

const POLL_MS = 150;
const PROBE_MS = 5_000;
/** An answer may be as old as a gateway keeps one (FRESH_MS), and a check under way when the process died may end well. */
const STALE_MS = 500;

/** What was seen at one moment. */
export interface Sight {
  readonly at: number;
  /** undefined where the supervisor did not answer */
  readonly nodes: readonly NodeStatus[] | undefined;
  /** by organisation */
  readonly ready: ReadonlyMap<string, boolean>;
}

/** A process that a gateway's readiness depends on, and since when it is dead. */
export interface Down {
  readonly node: string;
  readonly identity: ProcessIdentity;
  readonly since: number;
}

/** An answer to whether something is ready, and when it was asked for and given. */
interface Answer {
  readonly ready: boolean;
  readonly askedAt: number;
}

export class Watch {
  readonly #network: Network;
  readonly #agents = new Map<string, Agent>();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #down: readonly Down[] = [];
  /** what was claimed and was not so, a sentence each */
  readonly lies: string[] = [];
  /** answers that were held against a dead process */
  checked = 0;
  last: Sight = { at: 0, nodes: undefined, ready: new Map() };

  private constructor(network: Network) {
    this.#network = network;
  }

  static async start(network: Network): Promise<Watch> {
    const watch = new Watch(network);
    for (const { name, roots } of network.plan.organisations) {
      watch.#agents.set(name, new Agent({ connect: { ca: await readFile(roots.tls), timeout: PROBE_MS } }));
    }
    watch.#running = watch.#run();
    return watch;
  }

  /** From now on nothing may claim that these processes serve. */
  expect(down: readonly Down[]): void {
    this.#down = down;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const askedAt = Date.now();
      const [nodes, ...answers] = await Promise.all([
        this.#network.supervisor.status().catch(() => undefined),
        ...this.#network.plan.organisations.map(({ name, gatewayUrl }) => this.#probe(name, gatewayUrl)),
      ]);
      const ready = new Map(this.#network.plan.organisations.map(({ name }, i) => [name, answers[i] as Answer]));
      this.#judgeStatus(nodes ?? [], askedAt);
      this.#judgeReadiness(nodes ?? [], ready);
      this.last = {
        at: askedAt,
        nodes,
        ready: new Map([...ready].map(([name, answer]) => [name, answer.ready])),
      };
      await delay(POLL_MS);
    }
  }

  async #probe(organisation: string, url: string): Promise<Answer> {
    const askedAt = Date.now();
    try {
      const { statusCode, body } = await request(`${url}/readyz`, {
        dispatcher: this.#agents.get(organisation) as Agent,
        headersTimeout: PROBE_MS,
        bodyTimeout: PROBE_MS,
      });
      await body.dump();
      return { ready: statusCode === 200, askedAt };
    } catch {
      return { ready: false, askedAt };
    }
  }

  /** No node may be called ready by the pid of a process that is dead. */
  #judgeStatus(nodes: readonly NodeStatus[], askedAt: number): void {
    for (const { node, identity, since } of this.#down) {
      if (askedAt < since + STALE_MS) continue;
      const told = nodes.find(({ name }) => name === node);
      if (told === undefined) continue;
      this.checked++;
      if (told.state === 'ready' && told.pid === identity.pid && !isRunning(identity)) {
        this.lies.push(`status calls ${node} ready ${askedAt - since} ms after its end`);
      }
    }
  }

  /** A gateway is not ready while its organisation's peer or chaincode is dead. */
  #judgeReadiness(nodes: readonly NodeStatus[], ready: ReadonlyMap<string, Answer>): void {
    for (const { node, since } of this.#down) {
      const [kind = '', organisation = ''] = node.split('.');
      const answer = ready.get(organisation);
      if (!['peer', 'chaincode'].includes(kind) || answer === undefined || answer.askedAt < since + STALE_MS) continue;
      // judged only while the process is known to be gone when asked and still not back when answered
      const told = nodes.find(({ name }) => name === node);
      if (told === undefined || (told.pid !== undefined && identifyProcess(told.pid) !== undefined)) continue;
      this.checked++;
      if (answer.ready)
        this.lies.push(`${organisation} is ready ${answer.askedAt - since} ms after the end of ${node}`);
    }
  }
}

/** Whether every node is ready in a process that runs, none of them one that died, and every gateway is ready. */
export function allReady({ nodes, ready }: Sight, dead: readonly Down[]): boolean {
  return (
    nodes !== undefined &&
    nodes.every(({ state, pid }) => state === 'ready' && pid !== undefined && identifyProcess(pid) !== undefined) &&
    dead.every(({ node, identity }) =>
      // the supervisor is no node of its own: that it tells of the others is its being back
      nodes.every(({ name, pid }) => name !== node || pid !== identity.pid),
    ) &&
    [...ready.values()].every(Boolean)
  );
}
