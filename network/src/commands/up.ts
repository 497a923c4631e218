// muster up: stands the network up, or brings it back with its ledger.
import type { Command } from 'commander';
import { chooseFace, createProgress } from '../progress.ts';
import { upNetwork } from '../up-network.ts';
import {
  descriptionOf,
  parseBasePort,
  parseCount,
  parseOrganisations,
  stateOf,
  type StateOptions,
  withState,
} from './network-options.ts';

interface UpCommandOptions extends StateOptions {
  readonly organisations?: number | readonly string[];
  readonly agents?: number;
  readonly basePort?: number | 'free';
  readonly services: boolean;
}

export function register(program: Command): void {
  withState(program.command('up'))
    .description('stand the network up, or bring it back with its ledger')
    .option('--organisations <count|names>', 'how many organisations, or which: 4 or army,navy', parseOrganisations)
    .option('--agents <count>', 'agents enrolled per organisation', parseCount)
    .option('--base-port <port|free>', 'the first port; free: wherever all are free', parseBasePort)
    .option('--no-services', 'Fabric only, without gateways')
    .action(up);
}

async function up(options: UpCommandOptions): Promise<void> {
  const progress = createProgress(chooseFace(options.json === true, process.stdout));
  const began = performance.now();
  const network = await upNetwork({
    description: descriptionOf(options),
    state: stateOf(options),
    services: options.services,
    progress,
    ...(options.organisations === undefined ? {} : { organisations: options.organisations }),
    ...(options.agents === undefined ? {} : { agentsPerOrganisation: options.agents }),
    ...(options.basePort === undefined ? {} : { basePort: options.basePort }),
  });
  const seconds = Math.round(performance.now() - began) / 1000;
  const names = network.organisations.map(({ name }) => name);
  const first = network.organisations[0];
  progress.tell(
    [
      '',
      `Network ${network.plan.description.name} of ${names.join(', ')} is up after ${seconds.toFixed(1)} s.`,
      `  state    ${network.state}`,
      ...(options.services
        ? network.organisations.map(({ name, gateway }) => `  gateway  ${gateway.url}  (${name})`)
        : []),
      `  identity ${first?.identities.officer ?? ''}  (an officer of ${first?.name ?? ''})`,
      'Next: muster status, muster down',
    ].join('\n'),
    'up',
    {
      organisations: names,
      state: network.state,
      gateways: network.organisations.map((own) => own.gateway.url),
      seconds,
    },
  );
}
