// Wrong clocks on a real network: of a gateway, an agent and a chaincode service. Each is named with its seconds and the limit,
// where anybody would look. The shift reaches programs in Node, so not Fabric's own.

import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NodeStatus } from '@muster/network';
import type { NodeSpec } from '../../network/src/supervise/node-spec.ts';
import { readNodeRecords } from '../../network/src/supervise/node-record.ts';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { writeAgentConfig } from '../../network/src/start/run-members.ts';
import { readinessOf } from '../support/readiness.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';
import { clockShift } from '../support/shifted-clock.ts';

const SECONDS = 90;
const TWENTY_MINUTES = 1200;
const SAYS = '"code":"ERR_CLOCK_SKEWED"';
const AGENT_MAIN = join(import.meta.dirname, '..', '..', 'edge-agent', 'src', 'agent-main.ts');

const folder = mkdtempSync(join(tmpdir(), 'muster-clock-'));
const shift = clockShift(folder);
// said in the report: a machine without a C compiler cannot shift a process's clock
const describeShifted = shift === undefined ? describe.skip : describe;

let consortium: RealConsortium;
let job: OpenJob;

const supervisor = () => consortium.network.supervisor;

async function node(name: string): Promise<NodeStatus> {
  return (await supervisor().check()).find((each) => each.name === name)!;
}

function specOf(name: string): NodeSpec {
  return readNodeRecords(consortium.network.plan.runFolder).find(({ spec }) => spec.name === name)!.spec;
}

const shifted = (spec: NodeSpec, seconds: number): NodeSpec => ({ ...spec, env: { ...spec.env, ...shift!(seconds) } });

/** A proposal of a job, by an officer through an organisation's own gateway. */
async function propose(name: string, by = 'army/officer'): Promise<string> {
  const terms = { ...job.terms, name };
  return consortium.handIn('job.propose', await consortium.sealed('job.propose', by, { terms }), by);
}

/** What was said of a skew in a log, with the seconds rounded to the minute: an answer's date is no more exact. */
async function said(log: string): Promise<{ seconds: number; limit: number }[]> {
  const lines = (await readFile(log, 'utf8'))
    .split('\n')
    .filter((line) => line.includes(SAYS) && line.includes('"limit"'));
  return lines.map((line) => {
    const { seconds, limit } = JSON.parse(line) as { seconds: number; limit: number };
    return { seconds: Math.round(seconds / 60) * 60, limit };
  });
}

const told = (seconds: number): RegExp =>
  new RegExp(
    `clock: ERR_CLOCK_SKEWED: the clock here is (1199|120[0-9]) s ${seconds < 0 ? 'behind' : 'ahead of'}.* 60 s`,
  );

beforeAll(async () => {
  if (shift === undefined) return;
  consortium = await RealConsortium.join(['officer', 'agent-1']);
  job = await consortium.openJob('clocks');
}, 240_000);

afterAll(async () => {
  if (shift !== undefined) await consortium.end();
  rmSync(folder, { recursive: true });
}, 60_000);

/** An organisation's gateway with a wrong clock, from its start to when it is set right. */
async function runGatewayWrong(organisation: string, seconds: number): Promise<void> {
  const name = `gateway.${organisation}`;
  const spec = specOf(name);
  await supervisor().stopNode(name);
  const start = supervisor().startNode({ ...shifted(spec, seconds), readySeconds: 20 });
  const failure = expect(start).rejects.toMatchObject({
    code: 'ERR_NODE_FAILED',
    details: { node: name, reason: expect.stringMatching(told(seconds)) as unknown },
  });
  const { status, checks } = await consortium.shown(
    'the skew at /readyz',
    () => readinessOf(consortium.plan(organisation)),
    (answer) => answer.checks?.clock?.startsWith('ERR_CLOCK_SKEWED') === true,
    SECONDS,
  );
  expect(status).toBe(503);
  expect(`clock: ${checks!.clock}`).toMatch(told(seconds));
  expect(await propose(`beside-${seconds}`)).toBe('recorded');
  await failure;
  expect(await node(name)).toMatchObject({ state: 'failed', why: expect.stringMatching(told(seconds)) as unknown });
  expect(await said((await node(name)).log)).toContainEqual({ seconds, limit: 60 });
  // its clock set right, it goes on
  await supervisor().startNode(spec);
  expect(await node(name)).toMatchObject({ state: 'ready' });
  expect(await propose(`after-${seconds}`, `${organisation}/officer`)).toBe('recorded');
}

describeShifted('a gateway whose clock is off', () => {
  test('by twenty minutes, ahead or behind, says so wherever it is asked, and stops nobody else', async () => {
    // both at once: each has to be given up after as long
    await Promise.all([runGatewayWrong('airforce', TWENTY_MINUTES), runGatewayWrong('navy', -TWENTY_MINUTES)]);
  }, 180_000);
});

describeShifted('an agent whose clock is off', () => {
  let agent: NodeSpec;

  beforeAll(async () => {
    const { plan, runWith } = consortium.network;
    await distributeMnist(plan.organisations, { partition: { name: 'iid' }, seed: 1, most: 40 });
    agent = {
      name: 'agent.marines.agent-1',
      kind: 'agent',
      command: runWith.node,
      args: [AGENT_MAIN, '--config', await writeAgentConfig(plan, consortium.plan('marines'), 'agent-1')],
      cwd: folder,
      readiness: { kind: 'log', text: '"limit":60' },
      readySeconds: SECONDS,
      stopSeconds: 10,
      restart: false,
    };
  }, 120_000);

  test('ahead says so, and takes the round for over', async () => {
    await supervisor().startNode(shifted(agent, TWENTY_MINUTES));
    const { log } = await node(agent.name);
    expect(await said(log)).toEqual([{ seconds: TWENTY_MINUTES, limit: 60 }]);
    await supervisor().stopNode(agent.name);
  }, 120_000);

  test('behind says so, at once and not only when a call has been given up', async () => {
    await supervisor().startNode(shifted(agent, -TWENTY_MINUTES));
    const { log } = await node(agent.name);
    expect(await said(log)).toContainEqual({ seconds: -TWENTY_MINUTES, limit: 60 });
    await supervisor().stopNode(agent.name);
  }, 120_000);

  test('and is set right makes its update of the round', async () => {
    await supervisor().startNode({ ...agent, readiness: { kind: 'log', text: 'update recorded' } });
    const { gateway } = await consortium.member('marines/officer');
    // it may have been recorded in another file's job before
    const { updates } = await consortium.shown(
      'its update',
      () => gateway.round(job.job, 1),
      (round) => round.updates.length > 0,
      SECONDS,
    );
    await supervisor().stopNode(agent.name);
    expect(updates.map(({ by }) => by)).toEqual(['marines/agent-1']);
  }, 120_000);
});

describeShifted('a chaincode service whose clock is off', () => {
  test('endorses as ever: the law knows no clock but the transaction’s', async () => {
    const name = 'chaincode.navy';
    const spec = specOf(name);
    await supervisor().stopNode(name);
    await supervisor().startNode(shifted(spec, TWENTY_MINUTES));
    const ready = async (): Promise<{ status?: number }> => readinessOf(consortium.plan('navy'));
    await consortium.shown('navy ready', ready, ({ status }) => status === 200, SECONDS);
    // endorsed by navy itself: its gateway's peer is asked first, and its answer must be the others'
    expect(await propose('by-a-wrong-clock', 'navy/officer')).toBe('recorded');
    await supervisor().stopNode(name);
    await supervisor().startNode(spec);
  }, 180_000);
});
