// Learning-rate schedules: factors of the learning rate by + - * / alone, so that every machine trains at the same rates.
import { z } from 'zod';
import { cosine, power } from './elementary.ts';

const units = z.int().min(1).max(10_000_000);
const factor = z.number().positive().max(1);
/** Units over which the rate first rises linearly: the t-th of them (from 0) has (t + 1) / warmUp of it. */
const warmUp = units.optional();

const curves = [
  z.strictObject({ name: z.literal('constant'), warmUp }),
  /** times `factor` after every `every` units (PyTorch's StepLR) */
  z.strictObject({ name: z.literal('step'), every: units, factor, warmUp }),
  /** times `factor` after every unit (PyTorch's ExponentialLR) */
  z.strictObject({ name: z.literal('exponential'), factor, warmUp }),
] as const;

/** Half a cosine from 1 down to `floor` over `length` units, then `floor` (Loshchilov and Hutter 2017, without restarts). */
const cosineOf = <T extends z.ZodType>(
  length: T,
): z.ZodObject<
  {
    name: z.ZodLiteral<'cosine'>;
    length: T;
    floor: z.ZodDefault<z.ZodNumber>;
    warmUp: typeof warmUp;
  },
  z.core.$strict
> => z.strictObject({ name: z.literal('cosine'), length, floor: z.number().min(0).max(1).default(0), warmUp });

export const scheduleSchema = z
  .strictObject({
    /** over the steps of one local run; a cosine without length takes what the run has after its warm-up */
    step: z.discriminatedUnion('name', [...curves, cosineOf(units.optional())]).optional(),
    /** over the rounds of the job, the first being 0 */
    round: z.discriminatedUnion('name', [...curves, cosineOf(units)]).optional(),
  })
  .refine(({ step, round }) => step !== undefined || round !== undefined, 'needs step, round or both');

export type Schedule = z.infer<typeof scheduleSchema>;
export type Curve = NonNullable<Schedule['step']>;

/**
 * A curve's value.
 * @param at how many units are over, from 0
 * @param total units there are in all, where that is known
 */
export function curveAt(curve: Curve, at: number, total: number): number {
  const { warmUp = 0 } = curve;
  if (at < warmUp) return (at + 1) / warmUp;
  const since = at - warmUp;
  switch (curve.name) {
    case 'constant':
      return 1;
    case 'step':
      return power(curve.factor, Math.floor(since / curve.every));
    case 'exponential':
      return power(curve.factor, since);
    case 'cosine': {
      const length = curve.length ?? Math.max(1, total - warmUp);
      const share = Math.min(1, since / length);
      return curve.floor + ((1 - curve.floor) * (1 + cosine(share))) / 2;
    }
  }
}

/** Where in a job a step is: all from 0. */
export interface StepPlace {
  readonly step: number;
  /** steps of the local run */
  readonly steps: number;
  readonly round: number;
}

/** What the learning rate is multiplied with at a step. */
export function scheduleFactor(schedule: Schedule | undefined, { step, steps, round }: StepPlace): number {
  const ofRound = schedule?.round === undefined ? 1 : curveAt(schedule.round, round, Infinity);
  return schedule?.step === undefined ? ofRound : ofRound * curveAt(schedule.step, step, steps);
}
