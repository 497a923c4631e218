// The bench `drift`: what agents lose by data that differ, and what control variates win back, in rounds of the product's own parts,
// without a network. SCAFFOLD (Karimireddy et al. 2020) along rules, beside the rules alone and FedProx, honest or under attack.
import { attacks } from '../edge-agent/src/attack/index.ts';
import { HONEST } from './attacks/cell.ts';
import { rules } from './attacks/rules.ts';
import { readImages } from './attacks/world.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { methodsAlong, type Method } from './drift/methods.ts';
import { openField, playMethod, type Game } from './drift/play.ts';
import { named } from './named.ts';
import { mean, rounded } from './statistics.ts';

const AGENTS = 20;
const ROUNDS = 40;
const ALPHA = 0.1;
const STEPS = 400;
const PERCENT = 20;
/** Those that need no training of their own. */
const ATTACKS = Object.keys(attacks).filter((name) => attacks[name]?.trains !== true);
/** What rounds are counted up to. */
const GOAL = 0.9;

function rowOf(method: Method, game: Game, accuracies: readonly number[]): Row {
  const percent = (round: number): number | string => {
    const accuracy = accuracies[round - 1];
    return accuracy === undefined ? '–' : rounded(100 * accuracy, 1);
  };
  const reached = accuracies.findIndex((accuracy) => accuracy >= GOAL) + 1;
  const last = accuracies.slice(-3);
  return {
    'taking part': `${game.takingPart} of ${game.agents}`,
    attack: game.attack,
    method: method.name,
    'round 1': percent(1),
    'round 5': percent(5),
    'round 10': percent(10),
    'last three': rounded(100 * mean(last), 1),
    [`rounds to ${100 * GOAL} %`]: reached === 0 ? 'never' : reached,
  };
}

interface Plan extends Required<Pick<BenchOptions, 'rounds' | 'agents' | 'seed'>> {
  readonly rules: readonly string[];
  readonly attacks: readonly string[];
  readonly percent: number;
  readonly alpha: number;
}

/** @throws TypeError naming an option whose value is none */
function planOf({ rounds = ROUNDS, agents = AGENTS, seed = 1, ...options }: BenchOptions): Plan {
  const [percent, alpha] = [Number(options.malicious ?? PERCENT), Number(options.alpha ?? ALPHA)];
  if (!(percent > 0 && percent < 50)) throw new TypeError(`--malicious: ${percent} is not above 0 and below 50`);
  if (!(alpha > 0)) throw new TypeError(`--alpha: ${alpha} is not above 0`);
  const chosen = named('rules', options.rules ?? 'fed-avg', Object.keys(rules));
  const played = named('attacks', options.attacks ?? HONEST, [HONEST, ...ATTACKS]);
  return { rounds, agents, seed, percent, alpha, rules: chosen, attacks: played };
}

/** Whoever attacks takes part in every round; where nobody does, a fifth of the agents by lot is a game of its own. */
function gamesOf({ attacks: played, agents, rounds, seed, percent }: Plan): Game[] {
  return played.flatMap((attack): Game[] => {
    const game = { agents, rounds, seed, attack, takingPart: agents };
    if (attack !== HONEST) return [{ ...game, percent }];
    return [agents, Math.ceil(agents / 5)].map((takingPart) => ({ ...game, takingPart, percent: 0 }));
  });
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { progress, signal } = options;
  const plan = planOf(options);
  const { agents, alpha, seed } = plan;
  const field = await openField(await readImages(), plan);
  const rows: Row[] = [];
  const curves: Record<string, readonly number[]> = {};
  const methods = plan.rules.flatMap((rule) => methodsAlong(rule, { ...plan, steps: STEPS }));
  try {
    for (const game of gamesOf(plan)) {
      for (const method of methods) {
        const title = `${method.name}, ${game.takingPart} of ${agents}, ${game.attack}`;
        const accuracies = await progress.step(title, () => playMethod(method, game, field, signal));
        curves[title] = accuracies;
        rows.push(rowOf(method, game, accuracies));
      }
    }
  } finally {
    await field.close();
  }
  return {
    title: `Accuracy on MNIST: ${agents} agents, Dirichlet ${alpha}, mlp 784-100-10, ${STEPS} steps of 32 a round, seed ${seed}`,
    rows,
    figures: { curves },
  };
}
