// muster audit forks: whether all organisations state one ledger, by what their gateways signed.
import { connectMember, type Gateway } from '@muster/edge-agent';
import { MusterError, openCheckpoint, type Checkpoint, type SignedCheckpoint } from '@muster/protocol';
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { identityFolder, type NetworkPlan, type OrganisationPlan } from '../derive/plan.ts';
import { gatewayAddress } from '../derive/services.ts';
import { madePlan, type MemberOptions, withMember } from './member-options.ts';

interface Stated {
  readonly organisation: string;
  readonly checkpoint: Checkpoint;
}

/** Adds the command to `muster audit`. */
export function registerForks(audit: Command): void {
  withMember(audit.command('forks'))
    .description('whether all organisations state one ledger; 5 is the exit code of a no')
    .action(forks);
}

async function forks(options: MemberOptions): Promise<void> {
  const plan = await madePlan(options);
  const stated: Stated[] = [];
  const differences: string[] = [];
  for (const organisation of plan.organisations) {
    await withGatewayOf(plan, organisation, options, async (gateway) => {
      stated.push(...(await statedBy(gateway, organisation)));
      for (const fork of await gateway.forks()) {
        differences.push(
          `${organisation.name} keeps proof that ${fork.organisation} stated another block ${fork.block}`,
        );
      }
    });
  }
  const compared = compare(stated, differences);
  const told = {
    event: 'forks',
    organisations: plan.organisations.length,
    compared,
    forks: differences.length,
    differences,
  };
  const text = [
    ...differences,
    `${compared} heights compared among ${plan.organisations.length} organisations: ${differences.length} differences`,
  ];
  process.stdout.write(`${options.json === true ? JSON.stringify(told) : text.join('\n')}\n`);
  const [first] = differences;
  if (first !== undefined) throw new MusterError('ERR_AUDIT_FAILED', { record: 'checkpoints', reason: first });
}

async function withGatewayOf(
  plan: NetworkPlan,
  asked: OrganisationPlan,
  { as }: MemberOptions,
  use: (gateway: Gateway) => Promise<void>,
): Promise<void> {
  const [wanted, identity = 'auditor'] = (as ?? plan.organisations[0]?.name ?? '').split('/');
  const own = plan.organisations.find((organisation) => organisation.name === wanted);
  if (own === undefined) throw new MusterError('ERR_ORGANISATION_UNKNOWN', { organisation: wanted ?? '' });
  const { gateway } = await connectMember({
    organisation: own.name,
    keys: identityFolder(own, identity),
    gateways: [gatewayAddress(asked)],
  });
  try {
    await use(gateway);
  } finally {
    await gateway.close();
  }
}

/** Checkpoints of an organisation, verified against the root that this auditor's folder has of it. */
async function statedBy(gateway: Gateway, { name, roots }: OrganisationPlan): Promise<Stated[]> {
  const root = await readFile(roots.identity, 'utf8');
  const stated: Stated[] = [];
  let signed: readonly SignedCheckpoint[];
  let from = 0;
  do {
    signed = await gateway.checkpoints(from);
    for (const one of signed) {
      const checkpoint = openCheckpoint(one, [root]);
      stated.push({ organisation: name, checkpoint });
      from = Math.max(from, checkpoint.block + 1);
    }
  } while (signed.length > 0);
  return stated;
}

/** Adds what differs to the differences. @returns how many heights more than one organisation states */
function compare(stated: readonly Stated[], differences: string[]): number {
  const heights = Map.groupBy(stated, ({ checkpoint }) => checkpoint.block);
  for (const [block, all] of heights) {
    const ledgers = Map.groupBy(all, ({ checkpoint: { hash, commitHash } }) => `${hash} ${commitHash}`);
    if (ledgers.size < 2) continue;
    const sides = [...ledgers.values()].map((side) => side.map(({ organisation }) => organisation).join(' and '));
    differences.push(`block ${block}: ${sides.join(' state one ledger, ')} another`);
  }
  return [...heights.values()].filter((all) => all.length > 1).length;
}
