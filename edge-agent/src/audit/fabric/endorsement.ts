// Endorsements against policy: the key's own where it has one, else the collection's, else the chaincode's
// (fabric, validator_keylevel.go, statebased/v20.go, plugindispatcher/dispatcher.go).

import { ledger, peer } from '@hyperledger/fabric-protos';
import type { ChannelConfig } from './channel-config.ts';
import type { Identity } from './msp.ts';
import { satisfyApplicationPolicy, satisfyChannelPolicy, satisfySignaturePolicy } from './policy.ts';
import { isSigned } from './signature.ts';
import type { Action, NamespaceSet } from './transaction.ts';
import type { WorldState } from './world-state.ts';

export const LIFECYCLE = '_lifecycle';
const IMPLICIT = '_implicit_org_';
const KEY_POLICY = 'VALIDATION_PARAMETER';

/** What a block's transactions are judged by. */
export interface Ground {
  readonly config: ChannelConfig;
  readonly state: WorldState;
  /** keys whose policy an earlier transaction of the block changed: they cannot be judged, so Fabric refuses them */
  readonly repoliced: ReadonlySet<string>;
}

/** Whose endorsements are valid; each identity counts once. */
export function endorsersOf(config: ChannelConfig, { endorsed, endorsements }: Action): Identity[] {
  const found = new Map<string, Identity>();
  for (const { endorser, signature } of endorsements) {
    const identity = config.identityOf(endorser);
    if (identity === undefined) continue;
    if (isSigned(identity.key, Buffer.concat([endorsed, endorser]), signature)) {
      found.set(`${identity.organisation} ${identity.certificate.toString('latin1')}`, identity);
    }
  }
  return [...found.values()];
}

/** The ApplicationPolicy in a chaincode's definition, as lifecycle keeps it on the ledger; undefined where there is none. */
export function definedPolicy(state: WorldState, chaincode: string): Uint8Array | undefined {
  const value = state.value(LIFECYCLE, `namespaces/fields/${chaincode}/ValidationInfo`);
  if (value === undefined) return undefined;
  const data = peer.lifecycle.StateData.deserializeBinary(value).getBytes_asU8();
  const info = peer.lifecycle.ChaincodeValidationInfo.deserializeBinary(data);
  // the one plugin that Fabric brings; another could have any rule
  return info.getValidationPlugin() === 'vscc' ? info.getValidationParameter_asU8() : undefined;
}

/** Judges by the chaincode's policy; undefined where the chaincode is not defined. */
function chaincodePolicy(
  { config, state }: Ground,
  chaincode: string,
): ((by: readonly Identity[]) => boolean) | undefined {
  if (chaincode === LIFECYCLE) {
    return (by) => satisfyChannelPolicy(config, '/Channel/Application/LifecycleEndorsement', by);
  }
  const policy = definedPolicy(state, chaincode);
  return policy && ((by) => satisfyApplicationPolicy(config, policy, by));
}

export const keyId = (namespace: string, collection: string, key: Uint8Array): string =>
  `${namespace}\u0001${collection}\u0001${Buffer.from(key).toString('latin1')}`;

/** Every key that a namespace's set writes, by collection. */
export function writtenKeys({ set, collections }: NamespaceSet): { collection: string; key: Buffer }[] {
  const named = (key: string): { collection: string; key: Buffer } => ({
    collection: '',
    key: Buffer.from(key, 'utf8'),
  });
  return [
    ...set.getWritesList().map((write) => named(write.getKey())),
    ...set.getMetadataWritesList().map((write) => named(write.getKey())),
    ...collections.flatMap(({ name, set: hashed }) =>
      [...hashed.getHashedWritesList(), ...hashed.getMetadataWritesList()].map(
        (write: ledger.rwset.kvrwset.KVWriteHash | ledger.rwset.kvrwset.KVMetadataWriteHash) => ({
          collection: name,
          key: Buffer.from(write.getKeyHash_asU8()),
        }),
      ),
    ),
  ];
}

/** Keys whose policies a transaction changes. */
export function repolicedKeys({ namespace, set, collections }: NamespaceSet): string[] {
  return [
    ...set.getMetadataWritesList().map((write) => keyId(namespace, '', Buffer.from(write.getKey(), 'utf8'))),
    ...collections.flatMap(({ name, set: hashed }) =>
      hashed.getMetadataWritesList().map((write) => keyId(namespace, name, write.getKeyHash_asU8())),
    ),
  ];
}

type Judge = () => boolean;

/** The policy that one written key asks for; keys without their own share the collection's or the chaincode's. */
function judgeOf(
  ground: Ground,
  by: readonly Identity[],
  namespace: string,
  { collection, key }: { collection: string; key: Buffer },
  chaincode: Judge,
): Judge {
  const { config, state, repoliced } = ground;
  if (repoliced.has(keyId(namespace, collection, key))) return () => false;
  const own = state.get(namespace, collection, key)?.metadata.get(KEY_POLICY);
  if (own !== undefined && own.length > 0) return () => satisfySignaturePolicy(config, own, by);
  if (collection.startsWith(IMPLICIT)) {
    const organisation = collection.slice(IMPLICIT.length);
    return () => satisfyChannelPolicy(config, `/Channel/Application/${organisation}/Endorsement`, by);
  }
  // Muster's chaincode has no collections of its own; another's would be refused here rather than waved through
  return collection === '' ? chaincode : () => false;
}

function judgeNamespace(
  ground: Ground,
  by: readonly Identity[],
  one: NamespaceSet | undefined,
  namespace: string,
): number {
  const policy = chaincodePolicy(ground, namespace);
  if (policy === undefined) return peer.TxValidationCode.INVALID_CHAINCODE;
  let known: boolean | undefined;
  const chaincode: Judge = () => (known ??= policy(by));
  const judges = one === undefined ? [] : writtenKeys(one).map((key) => judgeOf(ground, by, namespace, key, chaincode));
  // a transaction that writes nothing here must still satisfy the chaincode's policy (FAB-9473)
  const holds = judges.length === 0 ? chaincode() : judges.every((judge) => judge());
  return holds ? peer.TxValidationCode.VALID : peer.TxValidationCode.ENDORSEMENT_POLICY_FAILURE;
}

/** VALID, INVALID_CHAINCODE or ENDORSEMENT_POLICY_FAILURE: of the chaincode called and of every namespace written to. */
export function judgeEndorsements(ground: Ground, action: Action): number {
  const by = endorsersOf(ground.config, action);
  const written = action.namespaces.filter((one) => writtenKeys(one).length > 0).map(({ namespace }) => namespace);
  const results = [...new Set([action.chaincode, ...written])].map((namespace) =>
    judgeNamespace(
      ground,
      by,
      action.namespaces.find((one) => one.namespace === namespace),
      namespace,
    ),
  );
  return results.find((code) => code !== peer.TxValidationCode.VALID) ?? peer.TxValidationCode.VALID;
}
