// The note that a network was made completely, and with what: written last, so a network without it is made anew.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, writePrivately } from '@muster/edge-agent/enrol';
import { MusterError, parseJson } from '@muster/protocol';
import { z } from 'zod';
import { checkDescription, type NetworkDescription } from './description.ts';
import { type NetworkPlan, planNetwork } from './derive/plan.ts';

const madeSchema = z.strictObject({
  v: z.literal(1),
  description: z.unknown(),
  organisations: z.array(z.string()).min(1).max(31),
  agentsPerOrganisation: z.int().min(0).max(1000),
  basePort: z.int().min(1).max(65_535),
  packageId: z.string().min(1),
});
type MadeNetwork = Readonly<z.infer<typeof madeSchema>> & { readonly description: NetworkDescription };

/** The plan of the network that was made in a state folder; undefined when none was. */
export async function readMadeNetwork(state: string): Promise<{ plan: NetworkPlan; packageId: string } | undefined> {
  const text = await readIfPresent(join(state, 'network.json'));
  if (text === undefined) {
    return undefined;
  }
  const { description, packageId, ...options } = parseMadeNetwork(text);
  return { plan: planNetwork(description, { ...options, state }), packageId };
}

/**
 * Reads the note's text.
 * @throws ERR_DOCUMENT_INVALID, ERR_NETWORK_DESCRIPTION
 */
export function parseMadeNetwork(text: string | Uint8Array): MadeNetwork {
  const made = parseJson('network.json', madeSchema, text);
  return { ...made, description: checkDescription(made.description) };
}

export async function writeMadeNetwork(plan: NetworkPlan, packageId: string): Promise<void> {
  const made: MadeNetwork = {
    v: 1,
    description: plan.description,
    organisations: plan.organisations.map(({ name }) => name),
    agentsPerOrganisation: plan.organisations[0]?.agents.length ?? 0,
    basePort: plan.basePort,
    packageId,
  };
  await writePrivately(plan.madeFile, JSON.stringify(made, null, 2));
}

/** Whether a network was made completely where the plan says. */
export async function isMade(plan: NetworkPlan): Promise<boolean> {
  return (await readIfPresent(plan.madeFile)) !== undefined;
}

/** @throws MusterError ERR_NETWORK_CHANGED when something else is asked for than was made */
export function requireSame(made: NetworkPlan, wanted: NetworkPlan): void {
  const facts = (plan: NetworkPlan): [string, string][] => [
    ['name', plan.description.name],
    ['organisations', plan.organisations.map(({ name }) => name).join(',')],
    ['agents', String(plan.organisations[0]?.agents.length ?? 0)],
    ['channel', plan.description.channel],
  ];
  const expected = new Map(facts(made));
  for (const [field, value] of facts(wanted)) {
    const before = expected.get(field) ?? '';
    if (before !== value) {
      throw new MusterError('ERR_NETWORK_CHANGED', { network: made.description.name, field, value, expected: before });
    }
  }
}

/** Removes everything but the logs. */
export async function forgetNetwork(plan: NetworkPlan): Promise<void> {
  for (const path of [plan.madeFile, join(plan.state, 'organisations'), plan.channelFolder, plan.runFolder]) {
    await rm(path, { recursive: true, force: true });
  }
}
