// Attacks on a round: what malicious agents train on and send. For rehearsals, benches and tests; nothing of an honest agent
// imports this.
export type { Attack, Change, Sight } from './attack.ts';
export { attacks } from './attacks.ts';
export { paperZ } from './alie.ts';
export { BACKDOOR_CLASS } from './backdoor.ts';
