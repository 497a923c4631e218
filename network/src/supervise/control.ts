// How the supervisor is spoken to: over a unix socket, one JSON line asked, one JSON line answered.
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorReport, fromReport, isMusterError, MusterError, report } from '@muster/protocol';
import type { NodeSpec, NodeStatus } from './node-spec.ts';

export type Command =
  | { readonly command: 'start'; readonly spec: NodeSpec }
  | { readonly command: 'start-again' | 'stop'; readonly name: string }
  | { readonly command: 'kill'; readonly name: string; readonly restart: boolean }
  | { readonly command: 'status' }
  /** As `status`, but nodes that were ready are asked whether they still are. */
  | { readonly command: 'check' }
  /** Hands the network over to a process, or to nobody: then it stays until `down`. */
  | { readonly command: 'own'; readonly owner: number | null }
  | { readonly command: 'shutdown' };

type Answer = { readonly done: NodeStatus[] } | { readonly failed: ErrorReport };

/** The system limits the path of a unix socket to about 104 bytes. */
const LONGEST_SOCKET_PATH = 100;

export function socketPath(runFolder: string): string {
  const path = join(runFolder, 'supervisor.sock');
  return Buffer.byteLength(path) <= LONGEST_SOCKET_PATH
    ? path
    : join(tmpdir(), `muster-${createHash('sha256').update(runFolder).digest('hex').slice(0, 24)}.sock`);
}

/** Listens for commands; `handle` does one and tells the nodes' status afterwards. */
export async function serveControl(path: string, handle: (command: Command) => Promise<NodeStatus[]>): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    onFirstLine(socket, (line) => void answer(socket, line, handle));
    // The asker went away: the command is done all the same.
    socket.on('error', () => socket.destroy());
  });
  const mask = process.umask(0o077);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  process.umask(mask);
  return server;
}

/**
 * Sends one command and waits for its end.
 * @throws MusterError whatever the supervisor answers, ERR_SUPERVISOR_UNREACHABLE when it does not
 */
export function sendCommand(path: string, command: Command): Promise<NodeStatus[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const unreachable = (cause?: unknown): void =>
      reject(new MusterError('ERR_SUPERVISOR_UNREACHABLE', { socket: path }, { cause }));
    socket.once('error', unreachable);
    socket.once('close', () => unreachable());
    socket.once('connect', () => socket.write(`${JSON.stringify(command)}\n`));
    onFirstLine(socket, (line) => {
      const told = JSON.parse(line) as Answer;
      if ('done' in told) {
        resolve(told.done);
      } else {
        reject(fromReport(told.failed));
      }
      socket.end();
    });
  });
}

function onFirstLine(socket: Socket, use: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => {
    const complete = text.includes('\n');
    text += part;
    if (!complete && text.includes('\n')) {
      use(text.slice(0, text.indexOf('\n')));
    }
  });
}

async function answer(
  socket: Socket,
  line: string,
  handle: (command: Command) => Promise<NodeStatus[]>,
): Promise<void> {
  let told: Answer;
  try {
    told = { done: await handle(JSON.parse(line) as Command) };
  } catch (error) {
    const known = isMusterError(error) ? error : new MusterError('ERR_DEFECT', { reference: String(error) });
    told = { failed: report(known) };
  }
  socket.end(`${JSON.stringify(told)}\n`);
}
