// What waits for what: the steps of the set-up in their order, and conditions on them and on other services.
import type { Settings } from '../overlay.ts';

/** Every step finds out what is done already, so that the next `up` goes through them again. */
export const setupSteps = ['authorities', 'identities', 'channel', 'consortium'] as const;
export type SetupStep = (typeof setupSteps)[number];

/** Where organisations meet; what else an organisation runs stays on a network of its own. */
export const meetingNetwork = 'consortium';

export function setupService(step: SetupStep): string {
  return `setup-${step}`;
}

/** Once a one-shot of the set-up has done its part. */
export function after(step: SetupStep): Settings {
  return { [setupService(step)]: { condition: 'service_completed_successfully' } };
}

export function healthy(...services: readonly string[]): Settings {
  return Object.fromEntries(services.map((service) => [service, { condition: 'service_healthy' }]));
}
