// Ready means: through any organisation's gateway peer, every organisation's peer can endorse. Open ports prove less, for
// discovery must have met all peers and each peer its chaincode service.
import { readFile } from 'node:fs/promises';
import * as grpc from '@grpc/grpc-js';
import { connect, EndorseError, type Gateway, hash, signers } from '@hyperledger/fabric-gateway';
import { readKeystore } from '@muster/edge-agent/enrol';
import { identityFolder, type NetworkPlan, type OrganisationPlan } from '../derive/plan.ts';
import { waitUntil } from '../wait-until.ts';

/** Of the system contract that contracts of Fabric's contract API have: reads nothing, writes nothing. */
const HARMLESS = 'org.hyperledger.fabric:GetMetadata';
/** How a peer begins to tell what its chaincode answered, as against that it could not be asked. */
const ANSWERED = 'chaincode response ';
const ATTEMPT_MS = 5000;

/**
 * Waits until a proposal made at each organisation's peer is endorsed by all organisations.
 * @throws MusterError ERR_WAIT_EXPIRED naming the organisation whose peer is not ready and the last answer
 */
export async function waitUntilEndorsing(plan: NetworkPlan): Promise<void> {
  const all = plan.organisations.map(({ name }) => name);
  await Promise.all(
    plan.organisations.map((organisation) =>
      withGateway(organisation, async (gateway) => {
        const contract = gateway.getNetwork(plan.description.channel).getContract(plan.description.chaincode);
        const waitedFor = `endorsement by ${all.join(', ')} through the peer of ${organisation.name}`;
        await waitUntil({ waitedFor, seconds: plan.description.deadlines.ready }, async () => {
          try {
            await contract.newProposal(HARMLESS, { endorsingOrganizations: all }).endorse();
          } catch (error) {
            if (!answeredByAll(error, all)) {
              throw error;
            }
          }
        });
      }),
    ),
  );
}

/** A chaincode that refuses the question was reached all the same. */
function answeredByAll(error: unknown, organisations: readonly string[]): boolean {
  if (!(error instanceof EndorseError)) {
    return false;
  }
  const answered = new Set(
    error.details.filter(({ message }) => message.startsWith(ANSWERED)).map(({ mspId }) => mspId),
  );
  return organisations.every((organisation) => answered.has(organisation));
}

/** Connects to an organisation's peer with its relay identity for as long as `use` runs. */
export async function withGateway<T>(
  organisation: OrganisationPlan,
  use: (gateway: Gateway) => Promise<T>,
): Promise<T> {
  const keystore = await readKeystore(identityFolder(organisation, 'relay'));
  const root = await readFile(organisation.roots.tls);
  const client = new grpc.Client(
    `${organisation.hosts.peer}:${organisation.ports.peer}`,
    grpc.credentials.createSsl(root),
    // A peer that is just coming up is asked again at once, not after gRPC's growing pauses.
    { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 },
  );
  const gateway = connect({
    client,
    identity: { mspId: organisation.name, credentials: Buffer.from(keystore.certificatePem) },
    signer: signers.newPrivateKeySigner(keystore.privateKey),
    hash: hash.sha256,
    endorseOptions: () => ({ deadline: Date.now() + ATTEMPT_MS }),
  });
  try {
    return await use(gateway);
  } finally {
    gateway.close();
    client.close();
  }
}
