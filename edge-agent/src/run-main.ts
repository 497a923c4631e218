// What the programs of agent and validator share: arguments, log, keystore, gateways, an orderly end.

import { isMusterError } from '@muster/protocol';
import { parseArgs } from 'node:util';
import { pino, type Logger } from 'pino';
import type { z } from 'zod';
import { connectMember, type Gateway, type Member } from './client/index.ts';
import { readConfig } from './config.ts';
import { watchClock } from './watch/index.ts';

interface CommonConfig {
  readonly organisation: string;
  readonly name: string;
  readonly keys: string;
  readonly gateways: readonly { readonly organisation: string; readonly url: string; readonly tlsRoot: string }[];
  readonly log: { readonly level: string };
}

export interface Running<C> {
  readonly config: C;
  readonly member: Member;
  readonly gateway: Gateway;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface RunOptions {
  /** what runs, for its log: `agent` or `validator` */
  readonly kind: string;
  readonly signal: AbortSignal;
}

/**
 * Runs a service by its configuration file until the signal aborts.
 * @throws what reading configuration and keystore throws, and what the service throws
 */
export async function runService<C extends CommonConfig>(
  file: string,
  schema: z.ZodType<C>,
  service: (running: Running<C>) => Promise<void>,
  { kind, signal }: RunOptions,
): Promise<void> {
  const config = await readConfig(file, schema);
  const log = pino({ level: config.log.level, base: { [kind]: `${config.organisation}/${config.name}` } });
  const { member, gateway } = await connectMember(config);
  // calls under way end at once instead of by their time-outs; whatever they were about is done again at the next start
  signal.addEventListener('abort', () => void gateway.close(), { once: true });
  log.info({ certificate: member.certificate.thumbprint }, 'started');
  const ended = new AbortController();
  const watching = watchClock({ gateways: config.gateways, log, signal: AbortSignal.any([signal, ended.signal]) });
  try {
    await service({ config, member, gateway, log, signal });
  } catch (error) {
    const code = isMusterError(error) ? error.code : 'ERR_DEFECT';
    log.fatal({ code, err: error }, 'ended');
    throw error;
  } finally {
    ended.abort();
    await watching;
    await gateway.close();
  }
  log.info('stopped');
}

/** The file after `--config`, and a signal that aborts on SIGTERM and SIGINT: a service program's whole outside world. */
export async function runProgram(run: (config: string, signal: AbortSignal) => Promise<void>): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) {
    process.stderr.write('muster: ERR_DOCUMENT_INVALID: --config FILE is missing\n');
    process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  try {
    await run(values.config, stop.signal);
  } catch (error) {
    const line = isMusterError(error) ? `${error.code}: ${error.message}` : `ERR_DEFECT: ${String(error)}`;
    process.stderr.write(`muster: ${line}\n`);
    process.exitCode = isMusterError(error) && error.family === 'refused' ? 2 : 1;
  }
}
