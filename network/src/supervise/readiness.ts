// The probes by which a node counts as ready. Each resolves when it is and rejects with what is missing.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import type { Readiness } from './node-spec.ts';

const PROBE_TIMEOUT_MS = 2000;

/**
 * @param log - the node's log and where this start's part of it begins
 */
export async function probe(readiness: Readiness, log: { file: string; from: number }): Promise<void> {
  switch (readiness.kind) {
    case 'tcp':
      return probeTcp(readiness.host, readiness.port);
    case 'https':
      return probeHttps(readiness);
    case 'log':
      return probeLog(log, readiness.text);
    case 'all':
      await Promise.all(readiness.of.map((one) => probe(one, log)));
      return;
    case 'started':
      return;
  }
}

function probeTcp(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no connection to ${host}:${port} in time`)));
    socket.once('error', reject);
  });
}

function probeHttps(readiness: Extract<Readiness, { kind: 'https' }>): Promise<void> {
  const { url, rootFile, certificateFile, keyFile } = readiness;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        ca: readFileSync(rootFile),
        ...(certificateFile === undefined ? {} : { cert: readFileSync(certificateFile) }),
        ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
        timeout: PROBE_TIMEOUT_MS,
        agent: false,
      },
      (response) => {
        if (response.statusCode === 200) {
          response.resume();
          resolve();
        } else {
          const answers = `${url} answers ${response.statusCode ?? 'nothing'}`;
          void reasonIn(response).then((reason) => reject(new Error(`${answers}${reason}`)));
        }
      },
    );
    sent.once('timeout', () => sent.destroy(new Error(`${url} did not answer in time`)));
    sent.once('error', reject);
    sent.end();
  });
}

/** What a gateway says is wrong: its checks that fail. Nothing where the answer is none of a gateway's. */
async function reasonIn(response: AsyncIterable<Buffer>): Promise<string> {
  try {
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    const { checks } = JSON.parse(Buffer.concat(parts).toString('utf8')) as { checks: Record<string, string> };
    const failing = Object.entries(checks).filter(([, state]) => state !== 'ok');
    return failing.map(([name, state]) => `; ${name}: ${state}`).join('');
  } catch {
    return ''; // the status has been told, and whoever answers may answer anything
  }
}

async function probeLog({ file, from }: { file: string; from: number }, text: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(Math.max(0, size - from)), 0, undefined, from);
    if (!buffer.includes(text)) {
      throw new Error(`the log does not say ${JSON.stringify(text)} yet`);
    }
  } finally {
    await handle.close();
  }
}
