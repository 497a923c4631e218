// Attacks that an agent can make by itself: for tests, benches and demonstrations.
export { BACKDOOR_CLASS, markTriggers, patched } from './backdoor.ts';
export { flipLabels } from './label-flip.ts';
