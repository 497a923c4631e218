// Store and forward.

export { openHeld, type Held, type HeldEnvelope } from './held.ts';
export { openOutbox, type Delivery, type Outbox, type OutboxOptions } from './outbox.ts';
export type { OutboxEntry, RefusedEntry } from './outbox-files.ts';
