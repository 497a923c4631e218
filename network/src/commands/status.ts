// muster status: every node with its state as it is now, and which orderer leads.
import type { Command } from 'commander';
import { findNetwork } from '../find-network.ts';
import { stateOf, type StateOptions, withState } from './network-options.ts';

export function register(program: Command): void {
  withState(program.command('status')).description('show every node of the running network').action(status);
}

async function status(options: StateOptions): Promise<void> {
  const network = await findNetwork(stateOf(options));
  const nodes = await network.supervisor.check();
  const leader = await network.leaderOrderer();
  for (const node of nodes) {
    const leads = node.name === leader;
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ event: 'node', ...node, leads })}\n`);
    } else {
      const pid = node.pid === undefined ? '-' : String(node.pid);
      const restarts = node.restarts === 0 ? '' : `  ${node.restarts} restarts`;
      const mark = leads ? '  leads the ordering' : '';
      const why = node.why === undefined ? '' : `  ${node.why}`;
      process.stdout.write(
        `${node.name.padEnd(24)} ${node.state.padEnd(9)} ${pid.padStart(8)}${restarts}${mark}${why}\n`,
      );
    }
  }
}
