// What a Node process still holds once it has collected what it can: a leak grows here, a lazy collector's heap does not.

import { readFile } from 'node:fs/promises';
import { waitUntil, type NodeStatus } from '@muster/network';
import { mean } from '../statistics.ts';

/** For NODE_OPTIONS of processes that will be asked: their inspector waits for a signal and then takes a free port. */
export const INSPECTABLE = '--inspect-port=127.0.0.1:0';

const SECONDS = 30;
const BYTES_PER_MIB = 2 ** 20;

/** What runs in Node. */
const KINDS = ['chaincode', 'gateway', 'validator', 'agent'];

/** Mean over the processes of one kind, at one moment. */
export interface LiveSample {
  readonly kind: string;
  readonly minute: number;
  readonly liveMiB: number;
}

const listening = async (log: string): Promise<string | undefined> =>
  Array.from((await readFile(log, 'utf8')).matchAll(/^Debugger listening on (ws:\S+)$/gm), ([, url]) => url).at(-1);

/** The address of a process's inspector, which is opened unless it is open. */
async function inspectorOf({ pid, log, name }: NodeStatus & { readonly pid: number }): Promise<string> {
  const open = await listening(log);
  if (open !== undefined) return open;
  process.kill(pid, 'SIGUSR1');
  return waitUntil({ waitedFor: `the inspector of ${name}`, seconds: SECONDS }, async () => {
    const url = await listening(log);
    if (url === undefined) throw new Error('it does not listen');
    return url;
  });
}

/** Asks an inspector, one question after the other. Chrome DevTools Protocol 1.3. */
async function interview(
  url: string,
  questions: readonly (readonly [method: string, params?: object])[],
): Promise<unknown[]> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  const answers: unknown[] = [];
  const ask = (): void => {
    const question = questions[answers.length];
    if (question === undefined) {
      resolve(answers);
      return;
    }
    const [method, params] = question;
    socket.send(JSON.stringify({ id: answers.length, method, params }));
  };
  socket.onopen = ask;
  socket.onerror = () => reject(new Error(`${url} does not answer`));
  socket.onclose = () => reject(new Error(`${url} closed`));
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== answers.length) return;
    answers.push(result);
    ask();
  };
  const late = setTimeout(() => reject(new Error(`${url} took more than ${SECONDS} s`)), SECONDS * 1000);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    socket.close();
  }
}

/**
 * Heap and buffers of a Node process's main thread after a full collection, MiB. Its inspector stays open.
 * @param node a running process that was started with {@link INSPECTABLE}
 * @throws where it does not answer
 */
async function liveMemoryOf(node: NodeStatus): Promise<number> {
  const { pid } = node;
  if (pid === undefined) throw new Error(`${node.name} does not run`);
  const [, , told] = await interview(await inspectorOf({ ...node, pid }), [
    ['HeapProfiler.collectGarbage'],
    // what finalisers have let go of meanwhile
    ['HeapProfiler.collectGarbage'],
    ['Runtime.evaluate', { expression: 'process.memoryUsage()', returnByValue: true }],
  ]);
  const { heapUsed, external } = (told as { result: { value: NodeJS.MemoryUsage } }).result.value;
  return (heapUsed + external) / BYTES_PER_MIB;
}

/** The same of all that runs in Node, by kind. Processes that are gone count nothing. */
export async function sampleLive(nodes: readonly NodeStatus[], minute: number): Promise<LiveSample[]> {
  const running = nodes.filter(({ kind, pid }) => KINDS.includes(kind) && pid !== undefined);
  const kinds = [...Map.groupBy(running, ({ kind }) => kind)];
  return Promise.all(
    kinds.map(async ([kind, own]) => ({ kind, minute, liveMiB: mean(await Promise.all(own.map(liveMemoryOf))) })),
  );
}
