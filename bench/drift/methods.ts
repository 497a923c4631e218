// What the bench `drift` compares: a rule alone, FedProx where the rule is the mean, and SCAFFOLD along the rule.
import type { RuleTerms } from '@muster/protocol';
import { controlRate } from '../../edge-agent/src/job/index.ts';
import { parseRecipe, type Recipe } from '../../edge-agent/src/train/index.ts';
import { rules } from '../attacks/rules.ts';

export interface Method {
  readonly name: string;
  readonly recipe: Recipe;
  readonly rule: RuleTerms;
}

const LEARNING_RATE = 0.1;
const PROXIMAL = 0.01;
/** Shares of the correction: the paper's, and those that forget. */
const CONTROLS = [1, 0.9, 0.5];

export interface Along {
  /** of updates, that the rule counts as malicious */
  readonly percent: number;
  readonly agents: number;
  readonly steps: number;
}

export function methodsAlong(name: string, { percent, agents, steps }: Along): Method[] {
  const recipe = (rest: Partial<Recipe>): Recipe =>
    parseRecipe({
      ...{ v: 1, loss: 'cross-entropy', proximal: 0, steps, batchSize: 32, stepsPerRun: 100 },
      optimiser: { name: 'sgd', learningRate: LEARNING_RATE },
      ...rest,
    });
  const of = rules[name]?.(percent) ?? { name, options: {} };
  const plain = { name, recipe: recipe({}), rule: of };
  const prox = { name: `fed-prox ${PROXIMAL}`, recipe: recipe({ proximal: PROXIMAL }), rule: of };
  const options = { of, agents, rate: controlRate(plain.recipe) };
  const scaffold = CONTROLS.map((control): Method => ({
    name: `scaffold along ${name}, control ${control}`,
    recipe: recipe({ control }),
    rule: { name: 'scaffold', options },
  }));
  return [plain, ...(name === 'fed-avg' ? [prox] : []), ...scaffold];
}
