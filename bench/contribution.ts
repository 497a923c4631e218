// The bench `contribution`: whether reputations tell attackers from honest agents, in rounds of the product's own parts, without a
// network. Agents and attacks are those of the bench `attacks`; four organisations score on hold-outs as uneven as the agents' data.
import { SCORE_METHODS, type ScoreMethod } from '@muster/protocol';
import { attacks } from '../edge-agent/src/attack/index.ts';
import { dataSetOf, partition, readMnist } from '../edge-agent/src/data/index.ts';
import { Evaluator } from '../edge-agent/src/evaluate/index.ts';
import { mlp } from '../edge-agent/src/models/index.ts';
import { HONEST, type Cell } from './attacks/cell.ts';
import { maliciousAgents, Simulation } from './attacks/simulate.ts';
import { createWorld, nameOf, readImages, sizesOf, type World } from './attacks/world.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { named } from './named.ts';
import { below, reputationsAfter, toldApart, withLiar } from './contribution/reputations.ts';
import { scoreRound, type ScoredRound, type Validator } from './contribution/score-round.ts';
import { rounded } from './statistics.ts';

const ORGANISATIONS = ['airforce', 'army', 'marines', 'navy'];
const AGENTS = 20;
const ROUNDS = 10;
const ALPHA = 0.5;
const PERCENT = 20;
/** As `muster job propose --score` has them. */
const EXAMPLES = 500;
const ALPHA_MICRO = 125_000;
const RULES = ['fed-avg', 'nnm + trimmed-mean'];
const ATTACKS = [HONEST, 'label-flip', 'sign-flip', 'gaussian', 'ipm', 'alie-byzfl', 'trim-targeted', 'mimic', 'noise'];

const organisationOf = (agent: string): string =>
  ORGANISATIONS[Number(agent.slice(-3)) % ORGANISATIONS.length] as string;

/** The test images, divided among the organisations as unevenly as the training images among agents. */
async function validatorsOf(seed: number): Promise<Validator[]> {
  const images = await readMnist('test');
  const kind = { name: 'dirichlet', alpha: ALPHA } as const;
  const parts = partition(images.labels.data, { partition: kind, agents: ORGANISATIONS.length, seed });
  return parts.map((part, i) => ({ organisation: ORGANISATIONS[i] as string, holdout: dataSetOf(images, part) }));
}

/** @throws TypeError naming the option where one is no attack */
function attacksOf(text: string | undefined): readonly string[] {
  return named('attacks', text, [HONEST, ...Object.keys(attacks)]) ?? ATTACKS;
}

interface Stage {
  readonly world: World;
  readonly validators: readonly Validator[];
  readonly evaluator: Evaluator;
}

type Scored = Readonly<Record<ScoreMethod, readonly ScoredRound[]>>;

async function playAndScore(cell: Cell, { world, validators, evaluator }: Stage, signal: AbortSignal): Promise<Scored> {
  const simulation = new Simulation(cell, world);
  const scored: Record<ScoreMethod, ScoredRound[]> = { 'loss-difference': [], 'leave-one-out': [] };
  for (let round = 1; round <= cell.rounds; round++) {
    signal.throwIfAborted();
    const played = await simulation.play(round);
    for (const method of SCORE_METHODS) {
      const terms = { method, examples: EXAMPLES, alphaMicro: ALPHA_MICRO };
      scored[method].push(await scoreRound(played, terms, { seed: cell.seed, round, validators, evaluator }));
    }
  }
  return scored;
}

function rowOf(cell: Cell, method: ScoreMethod, rounds: readonly ScoredRound[]): Row {
  const everybody = Array.from({ length: cell.agents }, (_, agent) => nameOf(agent));
  const attackers = new Set(Array.from(maliciousAgents(cell), nameOf));
  const honest = everybody.filter((agent) => !attackers.has(agent));
  const after = (some: readonly ScoredRound[]) => reputationsAfter(some, everybody, organisationOf, ALPHA_MICRO);
  const reputations = after(rounds);
  const lied = ORGANISATIONS.map((liar) => toldApart(after(rounds.map((round) => withLiar(round, liar))), attackers));
  const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${Math.round(100 * share)} %`);
  const updates = rounds.reduce((sum, { agents }) => sum + agents.length, 0);
  const cpu = rounds.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return {
    attack: cell.attack,
    rule: cell.rule,
    method,
    'attackers below 0': `${below(reputations, attackers)} of ${attackers.size}`,
    'honest below 0': `${below(reputations, honest)} of ${honest.length}`,
    'told apart': percent(toldApart(reputations, attackers)),
    'one organisation lies': percent(Math.min(...lied)),
    'CPU ms an update': rounded((1000 * cpu) / updates, 1),
  };
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { progress, signal, rounds = ROUNDS, seed = 1 } = options;
  const chosen = attacksOf(options.attacks);
  const ruleNames = options.rules?.split(',').map((name) => name.trim()) ?? RULES;
  const setting = { agents: AGENTS, rounds, alpha: ALPHA, seed, root: 100 } as const;
  const evaluator = await Evaluator.open(mlp({ sizes: sizesOf({}), seed }), { loss: 'cross-entropy' });
  const world = await createWorld(await readImages(), setting);
  const stage = { world, evaluator, validators: await validatorsOf(seed) };
  const rows: Row[] = [];
  try {
    for (const rule of ruleNames) {
      for (const attack of chosen) {
        const malicious = attack === HONEST ? 0 : PERCENT;
        const cell: Cell = { ...setting, rule, attack, malicious, copies: 'excluded' };
        const scored = await progress.step(`${rule}, ${attack}`, () => playAndScore(cell, stage, signal));
        rows.push(...SCORE_METHODS.map((method) => rowOf(cell, method, scored[method])));
      }
    }
  } finally {
    await Promise.all([world.close(), evaluator.close()]);
  }
  return {
    title: `Reputations after ${rounds} rounds: ${AGENTS} agents, ${PERCENT} % of them attacking, Dirichlet ${ALPHA}, four organisations`,
    rows,
    figures: { rows },
  };
}
