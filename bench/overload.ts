// The bench `overload`: some times the load that a gateway can carry, for minutes. What it takes in it must carry to the
// ledger, what it cannot take in it must refuse, its memory must not grow, and a modest client must still be served.
import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from '../edge-agent/src/index.ts';
import { waitUntil, type Network, type OrganisationPlan } from '../network/src/index.ts';
import { connectIdentity } from '../network/src/consortium/found-consortium.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { memoryOf } from './footprint/memory.ts';
import { connectClient, settledBy, submit, type Client } from './overload/client.ts';
import { mean, quantile, rounded } from './statistics.ts';
import { withNetwork } from './with-network.ts';

const MINUTES = 10;
const FACTOR = 10;
const PROBE_SECONDS = 15;
const PROBE_CLIENTS = 128;
const CONNECTIONS = 64;
const TICK_MS = 20;
const SAMPLE_MS = 1000;
/** Requests the load generator has under way at most: beyond it an arrival is not sent, and is told. */
const UNDER_WAY = 2000;

interface Tally {
  accepted: number;
  refused: number;
  failed: number;
  unsent: number;
}

/** Envelopes a second that get their receipt while clients wait for each before they send the next. */
async function sustainable(client: Client, member: Member): Promise<number> {
  const until = performance.now() + PROBE_SECONDS * 1000;
  let recorded = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() < until) if ((await submit(client, member, 60_000)) === 200) recorded++;
  };
  await Promise.all(Array.from({ length: PROBE_CLIENTS }, ask));
  return recorded / PROBE_SECONDS;
}

/** Sends at a rate whatever the answers, until a time. */
async function flood(
  client: Client,
  member: Member,
  perSecond: number,
  until: number,
  stop: AbortSignal,
): Promise<Tally> {
  const tally: Tally = { accepted: 0, refused: 0, failed: 0, unsent: 0 };
  const underWay = new Set<Promise<void>>();
  const send = async (): Promise<void> => {
    const status = await submit(client, member, 0);
    if (status === 200 || status === 202) tally.accepted++;
    else if (status === 429) tally.refused++;
    else tally.failed++;
  };
  const began = performance.now();
  let due = 0;
  while (performance.now() < until && !stop.aborted) {
    const wanted = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; due < wanted; due++) {
      if (underWay.size >= UNDER_WAY) {
        tally.unsent++;
        continue;
      }
      const sent = send().finally(() => underWay.delete(sent));
      underWay.add(sent);
    }
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
  return tally;
}

/** A modest client meanwhile: one envelope after the other, each waited for. @returns their latencies, milliseconds */
async function modest(client: Client, member: Member, until: number, stop: AbortSignal): Promise<number[]> {
  const latencies: number[] = [];
  while (performance.now() < until && !stop.aborted) {
    const sent = performance.now();
    if ((await submit(client, member, 60_000)) === 200) latencies.push(performance.now() - sent);
    await delay(SAMPLE_MS);
  }
  return latencies;
}

/** Memory of the gateway over time, in MiB, until a time. */
async function watchMemory(pid: number, until: number, stop: AbortSignal): Promise<number[]> {
  const samples: number[] = [];
  while (performance.now() < until && !stop.aborted) {
    samples.push((await memoryOf(pid)).rss);
    await delay(SAMPLE_MS);
  }
  return samples;
}

async function gatewayPid(network: Network, organisation: string): Promise<number> {
  const node = (await network.supervisor.status()).find(({ name }) => name === `gateway.${organisation}`);
  if (node?.pid === undefined) throw new TypeError(`no gateway of ${organisation} runs`);
  return node.pid;
}

async function measure(network: Network, own: OrganisationPlan, options: BenchOptions): Promise<BenchResult> {
  const { progress, signal, minutes = MINUTES, factor = FACTOR } = options;
  const { member, gateway } = await connectIdentity(own, 'officer');
  await gateway.close();
  const [flooder, quiet] = (await Promise.all(
    ['relay', 'auditor'].map((name) => connectClient(own, name, CONNECTIONS)),
  )) as [Client, Client];
  try {
    const perSecond = await progress.step('the sustainable load', () => sustainable(flooder, member));
    const pid = await gatewayPid(network, own.name);
    const before = { settled: await settledBy(quiet), rss: (await memoryOf(pid)).rss };
    const until = performance.now() + minutes * 60_000;
    const [tally, latencies, samples] = await progress.step(`${factor} times that for ${minutes} minutes`, () =>
      Promise.all([
        flood(flooder, member, perSecond * factor, until, signal),
        modest(quiet, member, until, signal),
        watchMemory(pid, until, signal),
      ]),
    );
    const accepted = tally.accepted + latencies.length;
    const settled = await waitUntil({ waitedFor: 'the queue to empty', seconds: 120, pollMs: 500 }, async () => {
      const done = (await settledBy(quiet)) - before.settled;
      if (done < accepted) throw new Error(`${done} of ${accepted}`);
      return done;
    }).catch(async () => (await settledBy(quiet)) - before.settled);
    const third = Math.max(1, Math.floor(samples.length / 3));
    const figures = {
      sustainablePerSecond: rounded(perSecond, 0),
      factor,
      minutes,
      ...tally,
      lost: Math.max(0, accepted - settled),
      modestP50Ms: rounded(quantile(latencies, 0.5), 0),
      modestP95Ms: rounded(quantile(latencies, 0.95), 0),
      rssStartMiB: rounded(before.rss, 0),
      rssFirstThirdMiB: rounded(mean(samples.slice(0, third)), 0),
      rssLastThirdMiB: rounded(mean(samples.slice(-third)), 0),
      rssPeakMiB: rounded(Math.max(...samples), 0),
      rssEndMiB: rounded((await memoryOf(pid)).rss, 0),
    };
    const rows = Object.entries(figures).map(([figure, value]) => ({ figure, value }));
    return { title: 'One gateway under more load than it can carry', rows, figures };
  } finally {
    await Promise.all([flooder, quiet].map((client) => client.pool.destroy()));
  }
}

export function run(options: BenchOptions): Promise<BenchResult> {
  const { progress } = options;
  return withNetwork('overload', { progress }, (network) => {
    const [own] = network.plan.organisations as [OrganisationPlan];
    return measure(network, own, options);
  });
}
