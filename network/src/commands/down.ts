// muster down: stops the network; with --purge its state is forgotten.
import type { Command } from 'commander';
import { planNetwork } from '../derive/plan.ts';
import { forgetNetwork, readMadeNetwork } from '../made-network.ts';
import { chooseFace, createProgress } from '../progress.ts';
import { endSupervised } from '../supervise/client.ts';
import { descriptionOf, stateOf, type StateOptions, withState } from './network-options.ts';

interface DownOptions extends StateOptions {
  readonly purge?: boolean;
}

export function register(program: Command): void {
  withState(program.command('down'))
    .description('stop the network; its ledger stays')
    .option('--purge', 'forget ledger, certificates and keys as well; logs stay')
    .action(down);
}

async function down(options: DownOptions): Promise<void> {
  const state = stateOf(options);
  const progress = createProgress(chooseFace(options.json === true, process.stdout));
  const plan = (await readMadeNetwork(state))?.plan ?? planNetwork(descriptionOf(options), { state });
  await progress.step('nodes stopped', async () => {
    await endSupervised(plan.runFolder, plan.description.deadlines.stop);
  });
  if (options.purge === true) {
    await progress.step('state forgotten', () => forgetNetwork(plan));
  }
}
