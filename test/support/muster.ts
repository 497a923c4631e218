// The `muster` command in tests: within this process where what it writes is wanted, as a process where it is to be killed.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { main } from '../../network/src/cli.ts';

const BIN = join(import.meta.dirname, '../../network/bin/muster.mjs');

/** Takes what is written to a stream until it is given back. */
function taken(stream: NodeJS.WriteStream): { readonly text: () => string; readonly giveBack: () => unknown } {
  const parts: string[] = [];
  const write = stream.write.bind(stream);
  stream.write = (part: string | Uint8Array) => parts.push(String(part)) > 0;
  return { text: () => parts.join(''), giveBack: () => (stream.write = write) };
}

/**
 * Runs a command as a person types it, one at a time.
 * @returns what it wrote
 * @throws Error with what it wrote to stderr, where it does not end in 0
 */
export async function muster(...args: readonly string[]): Promise<string> {
  const [out, problems] = [taken(process.stdout), taken(process.stderr)];
  process.exitCode = 0;
  try {
    await main(args);
  } finally {
    out.giveBack();
    problems.giveBack();
  }
  const code = process.exitCode;
  process.exitCode = 0;
  if (code !== 0) throw new Error(`muster ${args.join(' ')} ends in ${code}: ${problems.text()}`);
  return out.text();
}

/** The same, for commands that write one JSON object. */
export async function musterJson<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse(await muster(...args, '--json')) as T;
}

/** A command that runs until it is told to stop. */
export interface RunningCommand {
  readonly log: () => string;
  /** Asks it to end, and waits for it. @returns its exit code */
  readonly stop: () => Promise<number | null>;
  readonly kill: () => Promise<number | null>;
}

/** Starts a command as a process. */
export function startMuster(...args: readonly string[]): RunningCommand {
  const child: ChildProcess = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => parts.push(part.toString()));
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await ended)[0];
  };
  return {
    log: () => parts.join(''),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
