// SCAFFOLD's server (Karimireddy et al. 2020, algorithm 1, option II): what agents add to their gradients follows from their updates.
//
// An agent trains by y ← y − η·(g + c − cᵢ), K times, and by option II its cᵢ becomes cᵢ − c − δᵢ/(K·η), of which δᵢ = y − x is the
// update. So what the paper has it send beside is Δcᵢ = −c − δᵢ/(K·η), and c + |S|/N · mean(Δcᵢ) is (1 − s)·c − s·Δ/(K·η) of the round's
// change Δ: made of what is recorded, and with a robust rule's change in the place of the mean, bounded in a round as that is.

import { z } from 'zod';
import type { Carried } from './rule.ts';
import type { Entry, Step } from './server-step.ts';

const options = z.strictObject({
  lr: z.number().gt(0).max(1000).default(1).describe('learning rate of the server'),
  rate: z
    .number()
    .min(1e-9)
    .max(1e9)
    .describe('local steps × learning rate of the recipe, which muster job propose fills in'),
  agents: z
    .int()
    .min(1)
    .max(1_000_000)
    .describe(
      'agents there are in all (N): a round’s updates count for their share of them; muster job propose fills it in',
    ),
});

/** c ← (1 − s)·c − s·Δ / rate, rounded to float32, and a step of η · Δ. */
function step({ lr, rate, agents }: z.output<typeof options>, carried: readonly Carried[], counted: number): Step {
  const [{ before, after }] = carried as [Carried];
  const share = Math.min(1, counted / agents);
  const rest = 1 - share;
  return (change, from) => {
    for (let i = 0; i < change.length; i++) {
      const delta = change[i] as number;
      after[from + i] = rest * (before[from + i] as number) - (share * delta) / rate;
      change[i] = lr * delta;
    }
  };
}

/** Whether agents train by what a rule carries, not only those who aggregate. */
export const isControlled = ({ name }: { readonly name: string }): boolean => name === 'scaffold';

/** What the table's entry of SCAFFOLD is made from. */
export const scaffold: Entry<typeof options> = {
  summary: 'control variates against the drift of agents whose data differ (Karimireddy et al. 2020, algorithm 1)',
  options,
  carries: ['control'],
  step,
};
