// Why attacks cost a rule that goes by distances more in one setting than in another: `node bench/attacks/nearness.ts`. Settings go one by
// one from the bench's to those of `attacked-network`; beside what is lost stands how many attackers nnm takes for honest neighbours.
import { parseArgs } from 'node:util';
import { dot, meanOf, squaredDistance } from '../../edge-agent/src/attack/vectors.ts';
import type { Row } from '../bench.ts';
import { mean, rounded } from '../statistics.ts';
import { formatTable } from '../table.ts';
import type { Cell, Setting } from './cell.ts';
import { baselineOf } from './results.ts';
import { COUNTED_ROUNDS, maliciousAgents, Simulation, type Played } from './simulate.ts';
import { createWorld, nameOf, readImages, type Images, type World } from './world.ts';

const MALICIOUS = 40;
const USUAL = { agents: 20, rounds: 10, alpha: 0.5, root: 100 } as const;
/** What differs from it; the last is the network's. */
const SETTINGS: readonly Partial<Setting>[] = [
  {},
  { agents: 40 },
  { batch: 10 },
  { agents: 40, batch: 10 },
  { agents: 40, batch: 10, hidden: [200, 200] },
  { alpha: 'iid' },
];

/** What a round's updates look like to a rule that goes by distances. */
interface Nearness {
  /** mean squared distance of honest updates from their mean, over the squared length of that mean */
  readonly spread: number;
  /** of the n − f updates nearest to an honest one, the malicious, percent */
  readonly mixedIn: number;
}

function nearnessOf({ updates }: Played, liars: ReadonlySet<string>): Nearness {
  const honest = updates.flatMap(({ by, change }) => (liars.has(by) ? [] : [change]));
  const centre = meanOf(honest);
  const spread = mean(honest.map((change) => squaredDistance(change, centre)));
  const kept = updates.length - Math.ceil((updates.length * MALICIOUS) / 100);
  const shares = honest.map((change) => {
    const near = updates.map(({ by, change: other }) => ({ by, away: squaredDistance(change, other) }));
    const nearest = near.toSorted((a, b) => a.away - b.away).slice(0, kept);
    return (100 * nearest.filter(({ by }) => liars.has(by)).length) / kept;
  });
  return { spread: spread / dot(centre, centre), mixedIn: mean(shares) };
}

interface Course {
  readonly accuracies: readonly number[];
  readonly rounds: readonly Nearness[];
}

async function played(cell: Cell, world: World): Promise<Course> {
  const simulation = new Simulation(cell, world);
  const liars = new Set([...maliciousAgents(cell)].map(nameOf));
  const [accuracies, rounds]: [number[], Nearness[]] = [[], []];
  for (let round = 1; round <= cell.rounds; round++) {
    const outcome = await simulation.play(round);
    accuracies.push(await simulation.accuracy());
    if (liars.size > 0) rounds.push(nearnessOf(outcome, liars));
  }
  return { accuracies, rounds };
}

/** Mean accuracy of the rounds that count, percent. */
const lastOf = ({ accuracies }: Course): number => 100 * mean(accuracies.slice(-COUNTED_ROUNDS));

function rowOf({ attack, agents, hidden = [100], batch = 32, alpha, seed }: Cell, best: Course, course: Course): Row {
  const { accuracies, rounds } = course;
  const top = Math.max(...accuracies);
  return {
    attack,
    agents,
    data: alpha === 'iid' ? 'iid' : `Dirichlet ${alpha}`,
    hidden: hidden.join('-'),
    batch,
    seed,
    'unattacked %': rounded(lastOf(best), 1),
    'points lost': rounded(lastOf(best) - lastOf(course), 1),
    'highest % (round)': `${(100 * top).toFixed(1)} (${accuracies.indexOf(top) + 1})`,
    'last %': rounded(100 * (accuracies.at(-1) ?? 0), 1),
    'spread, by round': rounds.map(({ spread }) => spread.toFixed(1)).join(' '),
    'mixed in %, by round': rounds.map(({ mixedIn }) => mixedIn.toFixed(0)).join(' '),
  };
}

async function rowsOf(images: Images, setting: Setting, rule: string, attacks: readonly string[]): Promise<Row[]> {
  const world = await createWorld(images, setting);
  try {
    const honest: Cell = { ...setting, rule, attack: 'none', malicious: MALICIOUS, copies: 'counted' };
    const best = await played(baselineOf(honest), world);
    const rows = [];
    for (const attack of attacks) {
      const cell = { ...honest, attack };
      rows.push(rowOf(cell, best, await played(cell, world)));
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
    return rows;
  } finally {
    await world.close();
  }
}

const { values } = parseArgs({
  options: {
    rule: { type: 'string', default: 'nnm + trimmed-mean' },
    attacks: { type: 'string', default: 'sign-flip' },
    seeds: { type: 'string', default: '1,2,3' },
  },
});
const images = await readImages();
const rows: Row[] = [];
for (const changed of SETTINGS) {
  for (const seed of values.seeds.split(',').map(Number)) {
    rows.push(...(await rowsOf(images, { ...USUAL, seed, ...changed }, values.rule, values.attacks.split(','))));
  }
}
process.stdout.write(`${formatTable(rows)}\n`);
