// Store and forward.

export { openOutbox, type Delivery, type Outbox, type OutboxOptions } from './outbox.ts';
export type { OutboxEntry, RefusedEntry } from './outbox-files.ts';
