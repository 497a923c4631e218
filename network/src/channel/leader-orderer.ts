// Who leads the ordering now, from the orderers' own metrics.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { keystorePaths } from '@muster/edge-agent/enrol';
import { type NetworkPlan, type OrganisationPlan, tlsFolder } from '../derive/plan.ts';
import { waitUntil } from '../wait-until.ts';

const TIMEOUT_MS = 2000;
const WAIT_SECONDS = 10;

/**
 * The organisation whose orderer most orderers follow. Orderers that do not answer have no say.
 * @throws MusterError ERR_WAIT_EXPIRED when none is followed by a majority of all for ten seconds
 */
export async function findLeader(plan: NetworkPlan): Promise<OrganisationPlan> {
  return await waitUntil(
    { waitedFor: 'a leader that a majority of orderers follow', seconds: WAIT_SECONDS },
    async () => {
      const answers = await Promise.allSettled(plan.organisations.map(followedBy));
      const followed = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      const leader = plan.organisations.find(
        ({ consenterId }) => followed.filter((id) => id === consenterId).length * 2 > plan.organisations.length,
      );
      if (leader === undefined) {
        throw new Error(`the orderers that answer follow ${followed.join(', ')}`);
      }
      return leader;
    },
  );
}

/** The value of a metric in Prometheus' text format, summed over its labels; undefined when it is not there. */
export function readMetric(text: string, name: string): number | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

async function followedBy(organisation: OrganisationPlan): Promise<number> {
  const id = readMetric(await ordererMetrics(organisation), 'consensus_BFT_leader_id');
  if (id === undefined) {
    throw new Error(`the orderer of ${organisation.name} tells no leader`);
  }
  return id;
}

function ordererMetrics(organisation: OrganisationPlan): Promise<string> {
  const operator = keystorePaths(tlsFolder(organisation, 'operator'));
  const url = `https://${organisation.hosts.orderer}:${organisation.ports.ordererOperations}/metrics`;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        ca: readFileSync(organisation.roots.tls),
        cert: readFileSync(operator.certificate),
        key: readFileSync(operator.key),
        timeout: TIMEOUT_MS,
        agent: false,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      },
    );
    sent.once('timeout', () => sent.destroy(new Error(`${url} did not answer in time`)));
    sent.once('error', reject);
    sent.end();
  });
}
