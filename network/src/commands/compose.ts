// muster compose: derives docker-compose.yaml from the network's description.
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { planContainers } from '../containers/plan-containers.ts';
import { composeFile } from '../derive/compose/compose.ts';
import { volumesOf } from '../derive/compose/volumes.ts';
import { type NetworkDescription, readDescription } from '../description.ts';
import { parseCount, parseOrganisations } from './network-options.ts';

interface ComposeOptions {
  readonly organisations?: number | readonly string[];
  readonly agents?: number;
  readonly basePort?: number;
  readonly folders?: boolean;
}

/** As many as `muster start` takes. */
const MOST_AGENTS = 64;

export function register(program: Command): void {
  program
    .command('compose')
    .description('print docker-compose.yaml, derived from network/network.yaml (docs/containers.md)')
    .option('--organisations <count|names>', 'how many organisations, or which: 4 or army,navy', parseOrganisations)
    .option('--agents <count>', 'agents per organisation', parseCount)
    .option('--base-port <port>', 'the first port', parseCount)
    .option('--folders', 'print instead every folder that could be a volume, for the image of the set-up')
    .action((options: ComposeOptions) => {
      process.stdout.write(options.folders === true ? folders(readDescription()) : derive(readDescription(), options));
    });
}

/** The file's text. @throws MusterError ERR_NETWORK_DESCRIPTION */
export function derive(description: NetworkDescription, options: ComposeOptions = {}): string {
  const { organisations, agents, basePort } = options;
  const plan = planContainers(description, {
    ...(organisations === undefined ? {} : { organisations }),
    ...(agents === undefined ? {} : { agentsPerOrganisation: agents }),
    ...(basePort === undefined ? {} : { basePort }),
  });
  const given = Object.entries({ organisations, agents, 'base-port': basePort }).filter(
    ([, value]) => value !== undefined,
  );
  const words = given.map(([option, value]) => ` --${option} ${String(value)}`).join('');
  return composeFile(plan, ownVersion(), `npx muster compose${words} > docker-compose.yaml`);
}

function folders(description: NetworkDescription): string {
  const all = { organisations: description.organisations.length, agentsPerOrganisation: MOST_AGENTS };
  return volumesOf(planContainers(description, all))
    .map(({ path }) => `${path}\n`)
    .join('');
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
