// What the gateway counts, for Prometheus.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** All meters of one gateway, in a registry of its own. */
export class Meters {
  readonly registry = new Registry();
  readonly #requests: Counter<'route' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #envelopes: Counter<'outcome'>;
  readonly #transactions: Counter<'outcome'>;
  readonly #batch: Histogram;
  readonly #relaySeconds: Histogram;
  readonly #height: Gauge;
  readonly #streams: Gauge;

  constructor() {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: 'muster_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'muster_request_seconds',
      help: 'Time to answer an HTTP request',
      labelNames: ['route'],
      buckets: [0.005, 0.02, 0.1, 0.3, 1, 3, 10, 60],
      registers,
    });
    this.#envelopes = new Counter({
      name: 'muster_envelopes_total',
      help: 'Envelopes relayed, by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    this.#transactions = new Counter({
      name: 'muster_transactions_total',
      help: 'Transactions, by how they ended',
      labelNames: ['outcome'],
      registers,
    });
    this.#batch = new Histogram({
      name: 'muster_transaction_envelopes',
      help: 'Envelopes in a transaction',
      buckets: [1, 4, 16, 64, 128, 256],
      registers,
    });
    this.#relaySeconds = new Histogram({
      name: 'muster_relay_seconds',
      help: 'Time from endorsement to commit of a transaction',
      buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20],
      registers,
    });
    this.#height = new Gauge({ name: 'muster_projection_block', help: 'Last block projected', registers });
    this.#streams = new Gauge({ name: 'muster_event_streams', help: 'Event streams open', registers });
  }

  /** Adds the process's own measures; once a process. */
  watchProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  watchForks(count: () => number): void {
    const gauge: Gauge = new Gauge({
      name: 'muster_forks',
      help: 'Checkpoints of other organisations that differ from our own; more than none is an alarm',
      registers: [this.registry],
      collect: (): void => gauge.set(count()),
    });
  }

  watchClock(seconds: () => number): void {
    const gauge: Gauge = new Gauge({
      name: 'muster_clock_skew_seconds',
      help: 'How far the clock is ahead of the other organisations’ gateways',
      registers: [this.registry],
      collect: (): void => gauge.set(seconds()),
    });
  }

  watchQueue(length: () => number): void {
    const gauge: Gauge = new Gauge({
      name: 'muster_queue_envelopes',
      help: 'Envelopes on their way to the ledger',
      registers: [this.registry],
      collect: (): void => gauge.set(length()),
    });
  }

  request(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status: String(status) });
    this.#seconds.observe({ route }, seconds);
  }

  envelope(outcome: string): void {
    this.#envelopes.inc({ outcome });
  }

  transaction(outcome: string): void {
    this.#transactions.inc({ outcome });
  }

  relayed(envelopes: number, seconds: number, committed: boolean): void {
    this.#transactions.inc({ outcome: committed ? 'VALID' : 'refused' });
    this.#batch.observe(envelopes);
    this.#relaySeconds.observe(seconds);
  }

  projected(block: number): void {
    this.#height.set(block);
  }

  streams(open: number): void {
    this.#streams.set(open);
  }
}
