// The supervisor as its users see it: start it, find it, command it.
import { mkdirSync } from 'node:fs';
import { isMusterError } from '@muster/protocol';
import { waitUntil } from '../wait-until.ts';
import { type Command, sendCommand, socketPath } from './control.ts';
import type { NodeSpec, NodeStatus } from './node-spec.ts';
import { sweepPidFiles } from './pid-file.ts';
import { spawnDetached } from './spawn-detached.ts';

/** A handle on the supervisor of one network. Each method rejects with the MusterError the supervisor answers. */
export interface SupervisorClient {
  /** Starts a node and resolves when it is ready. */
  startNode(spec: NodeSpec): Promise<void>;
  /** Starts a node again that was stopped or killed. */
  startNodeAgain(name: string): Promise<void>;
  stopNode(name: string): Promise<void>;
  /** SIGKILL; the node stays down unless `restart`. */
  killNode(name: string, options?: { restart?: boolean }): Promise<void>;
  status(): Promise<NodeStatus[]>;
  /** As `status`, but nodes that were ready are asked whether they still are; those that are not are `unready`. */
  check(): Promise<NodeStatus[]>;
  /** Ties the network to a process, or to none. */
  own(owner: number | null): Promise<void>;
  shutDown(): Promise<void>;
}

export function connectSupervisor(runFolder: string): SupervisorClient {
  const path = socketPath(runFolder);
  const tell = async (command: Command): Promise<void> => {
    await sendCommand(path, command);
  };
  return {
    startNode: (spec) => tell({ command: 'start', spec }),
    startNodeAgain: (name) => tell({ command: 'start-again', name }),
    stopNode: (name) => tell({ command: 'stop', name }),
    killNode: (name, { restart = false } = {}) => tell({ command: 'kill', name, restart }),
    status: () => sendCommand(path, { command: 'status' }),
    check: () => sendCommand(path, { command: 'check' }),
    own: (owner) => tell({ command: 'own', owner }),
    shutDown: () => tell({ command: 'shutdown' }),
  };
}

/** Whether a supervisor answers in that folder. */
export async function isSupervised(runFolder: string): Promise<boolean> {
  try {
    await connectSupervisor(runFolder).status();
    return true;
  } catch (error) {
    if (isMusterError(error, 'ERR_SUPERVISOR_UNREACHABLE')) {
      return false;
    }
    throw error;
  }
}

/** Starts a supervisor in a process group of its own; it ends with `owner`. */
export async function startSupervisor(folders: { run: string; log: string }, owner: number): Promise<SupervisorClient> {
  mkdirSync(folders.run, { recursive: true, mode: 0o700 });
  mkdirSync(folders.log, { recursive: true, mode: 0o700 });
  spawnDetached('daemon.ts', folders, [String(owner)]);
  const client = connectSupervisor(folders.run);
  await waitUntil({ waitedFor: 'the supervisor to answer', seconds: 15, pollMs: 20 }, () => client.status());
  return client;
}

/** Ends a network by its supervisor, or by pid files when that is dead. @returns what was left running by a dead one */
export async function endSupervised(runFolder: string, seconds: number): Promise<string[]> {
  if (await isSupervised(runFolder)) {
    await connectSupervisor(runFolder).shutDown();
  }
  return sweepPidFiles(runFolder, seconds);
}
