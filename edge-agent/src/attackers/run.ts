// Attackers as a service of a rehearsal: one configuration names all of them. An agent's configuration has no such setting.

import { nameSchema } from '@muster/protocol';
import { pino } from 'pino';
import { z } from 'zod';
import { attacks } from '../attack/index.ts';
import { connectMember } from '../client/index.ts';
import { gatewaysSchema, readConfig } from '../config.ts';
import { originOf } from '../data/index.ts';
import { runAttackers, type Attacker } from './attackers.ts';

const path = z.string().min(1);

export const attackersConfigSchema = z.strictObject({
  rehearsal: z.literal(true),
  attack: z.enum(Object.keys(attacks)),
  seed: z.int().min(0),
  attackers: z
    .array(z.strictObject({ organisation: nameSchema, keys: path, gateways: gatewaysSchema, data: path }))
    .min(1),
});
export type AttackersConfig = z.infer<typeof attackersConfigSchema>;

/**
 * Runs attackers by their configuration file until the signal aborts.
 * @throws ERR_DOCUMENT_INVALID, ERR_KEYSTORE_*, ERR_DATA_MALFORMED and what enrolment throws
 */
export async function runAttackersService(file: string, signal: AbortSignal): Promise<void> {
  const { attack, seed, ...config } = await readConfig(file, attackersConfigSchema);
  const log = pino({ base: { attackers: config.attackers.length } });
  const attackers = await Promise.all(
    config.attackers.map(async ({ data, ...each }): Promise<Attacker> => {
      return { ...(await connectMember(each)), data: await originOf(data) };
    }),
  );
  const close = (): Promise<unknown> => Promise.all(attackers.map(({ gateway }) => gateway.close()));
  // calls under way end at once instead of by their time-outs
  signal.addEventListener('abort', () => void close(), { once: true });
  try {
    await runAttackers({ attackers, attack, seed, log, signal });
  } finally {
    await close();
  }
}
