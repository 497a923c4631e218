// muster status: every node with its state as it is now, which orderer leads, and what gateways know to be wrong, such as forks.
import type { Command } from 'commander';
import { nodeName } from '../derive/node-specs.ts';
import { findNetwork } from '../find-network.ts';
import { gatewayNotices } from '../gateway-health.ts';
import { stateOf, type StateOptions, withState } from './network-options.ts';

export function register(program: Command): void {
  withState(program.command('status')).description('show every node of the running network, and forks').action(status);
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
  const running = new Set(nodes.filter(({ state }) => state === 'ready').map(({ name }) => name));
  await Promise.all(
    network.plan.organisations.map(async (organisation) => {
      const name = nodeName('gateway', organisation.name);
      // of a gateway that is down its state has been told
      for (const notice of running.has(name) ? await gatewayNotices(organisation) : []) {
        const line = options.json === true ? JSON.stringify({ event: 'notice', name, notice }) : `${name}: ${notice}`;
        process.stdout.write(`${line}\n`);
      }
    }),
  );
}
