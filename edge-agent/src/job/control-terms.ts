// SCAFFOLD is one rule in two places: the recipe has agents correct their gradients, the job's rule makes what they correct them by.

import { isControlled, MusterError, type RuleTerms, type Terms } from '@muster/protocol';
import type { Recipe } from '../train/index.ts';

const MILLE = 1000;

/** The paper's whole correction, and what a liar cannot turn against a robust rule (measured by the bench `drift`). */
const WHOLE = 1;
const FORGETTING = 0.5;

/** How much of the correction agents add where nobody says it: less of it along a rule that is chosen because some may lie. */
export function usualControl(rule: RuleTerms): Pick<Recipe, 'control'> {
  if (!isControlled(rule)) return {};
  const { of } = rule.options as { of?: Partial<RuleTerms> };
  const trusts = of?.name === undefined || of.name === 'fed-avg' || of.name === 'fed-prox';
  return { control: trusts ? WHOLE : FORGETTING };
}

/** What an update is divided by to be a mean of gradients: local steps times learning rate. */
export function controlRate({ steps = 0, optimiser }: Pick<Recipe, 'steps' | 'optimiser'>): number {
  return steps * optimiser.learningRate;
}

/**
 * The rule with what follows from the rest of the job, where nobody said it.
 * @param agents that a round hopes for
 */
export function completeRule(
  rule: RuleTerms,
  recipe: Recipe,
  { agents, selection }: { readonly agents: number; readonly selection?: Terms['selection'] },
): RuleTerms {
  if (!isControlled(rule)) return rule;
  const all = Math.max(1, Math.round((agents * MILLE) / (selection?.perMille ?? MILLE)));
  return { ...rule, options: { rate: controlRate(recipe), agents: all, ...rule.options } };
}

/**
 * Checks that rule and recipe are about the same control variates: one without the other would correct by nothing, or by what is
 * not theirs.
 * @throws ERR_RECIPE_MISMATCH
 */
export function verifyControl({ rule }: Pick<Terms, 'rule'>, recipe: Recipe): void {
  const must = (field: string, value: unknown, expected: unknown): void => {
    if (value === expected) return;
    throw new MusterError('ERR_RECIPE_MISMATCH', { field, value: String(value), expected: String(expected) });
  };
  const told = (is: boolean): string => (is ? 'present' : 'absent');
  must('control', told(recipe.control !== undefined), told(isControlled(rule)));
  if (isControlled(rule)) must('steps × learning rate', controlRate(recipe), rule.options['rate']);
}
