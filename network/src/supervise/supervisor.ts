// The supervisor: all nodes of one network, in the order they were started, and the owner whose end is theirs.
import { MusterError } from '@muster/protocol';
import { createManagedNode, type ManagedNode } from './managed-node.ts';
import type { NodeRecord } from './node-record.ts';
import type { NodeSpec, NodeStatus } from './node-spec.ts';

export interface Supervisor {
  /** Starts a new node, or again one that was stopped; resolves when it is ready. */
  start(spec: NodeSpec): Promise<void>;
  /** Goes on with a node of the supervisor before this one. */
  takeOver(record: NodeRecord): void;
  startAgain(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  /** SIGKILL. Without `restart` the node stays down until it is started again. */
  kill(name: string, restart: boolean): Promise<void>;
  status(): NodeStatus[];
  /** As `status`, but nodes that were ready are asked whether they still are. */
  check(): Promise<NodeStatus[]>;
  /** Stops everything, what was started last first, kinds together. */
  stopAll(): Promise<void>;
}

/** Clients go before what they are clients of, so that nothing logs the loss of its server on the way down. */
const stopOrder: readonly NodeSpec['kind'][][] = [
  ['agent', 'validator'],
  ['gateway'],
  ['peer', 'chaincode'],
  ['orderer', 'ca'],
];

export function createSupervisor(folders: { run: string; log: string }): Supervisor {
  const nodes = new Map<string, ManagedNode>();
  let closing = false;

  function find(name: string): ManagedNode {
    const node = nodes.get(name);
    if (node === undefined) {
      throw new MusterError('ERR_NODE_UNKNOWN', { node: name });
    }
    return node;
  }

  return {
    async start(spec) {
      if (closing) {
        throw new MusterError('ERR_NODE_UNKNOWN', { node: spec.name });
      }
      const known = nodes.get(spec.name);
      const running = known !== undefined && ['starting', 'ready', 'waiting'].includes(known.status().state);
      const node = running ? known : createManagedNode(spec, folders);
      nodes.set(spec.name, node);
      await node.start();
    },
    takeOver(record) {
      const node = createManagedNode(record.spec, folders);
      nodes.set(record.spec.name, node);
      node.takeOver(record);
    },
    startAgain: (name) => find(name).start(),
    stop: (name) => find(name).stop(),
    kill: (name, restart) => find(name).kill(restart),
    status: () => [...nodes.values()].map((node) => node.status()),
    check: () => Promise.all([...nodes.values()].map((node) => node.check())),
    async stopAll() {
      closing = true;
      for (const kinds of stopOrder) {
        const group = [...nodes.values()].filter((node) => kinds.includes(node.spec.kind));
        await Promise.all(group.map((node) => node.stop()));
      }
    },
  };
}
