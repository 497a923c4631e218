// Who changed the channel's configuration, and whether they might: each changed element's modification policy against the
// signatures of the update that a configuration block carries (fabric, common/configtx/validator.go and update.go).

import { common } from '@hyperledger/fabric-protos';
import { refuse, within } from '../refuse.ts';
import type { ChannelConfig } from './channel-config.ts';
import {
  differenceOf,
  isConfigName,
  listElements,
  overlay,
  type ConfigElement,
  type ConfigElements,
} from './config-elements.ts';
import type { Identity } from './msp.ts';
import { satisfyChannelPolicy } from './policy.ts';
import { isSigned } from './signature.ts';
import { readHeader } from './transaction.ts';

/** Where everyone's right to hand in anything is written (fabric, orderer/common/msgprocessor, SigFilter). */
const WRITERS = '/Channel/Writers';

/** Identities whose signature over the update holds, each once (policies.SignatureSetToValidIdentities). */
function signersOf(config: ChannelConfig, update: common.ConfigUpdateEnvelope): Identity[] {
  const signers = new Map<string, Identity>();
  for (const one of update.getSignaturesList()) {
    const header = one.getSignatureHeader_asU8();
    const identity = config.identityOf(common.SignatureHeader.deserializeBinary(header).getCreator_asU8());
    if (identity === undefined) continue;
    const signed = Buffer.concat([header, update.getConfigUpdate_asU8()]);
    // as in Fabric, a signature that does not hold counts for nothing and spoils nothing
    if (!isSigned(identity.key, signed, one.getSignature_asU8())) continue;
    signers.set(`${identity.organisation}/${identity.certificate.toString('base64')}`, identity);
  }
  return [...signers.values()];
}

function requireReadVersions(record: string, current: ConfigElements, read: ConfigElements): void {
  for (const [path, { version }] of read) {
    const existing = current.get(path);
    if (existing?.version !== version) {
      refuse(record, `it was made for version ${version} of ${path}, which has version ${existing?.version ?? 'none'}`);
    }
  }
}

/** Elements of the write set that the read set does not have in the same version. */
function changedIn(read: ConfigElements, written: ConfigElements): Map<string, ConfigElement> {
  return new Map([...written].filter(([path, { version }]) => read.get(path)?.version !== version));
}

/** A modification policy's path from the channel's root; it is relative to the group, or begins with a stroke. */
function policyPath({ scope, modPolicy }: ConfigElement): string {
  return modPolicy.startsWith('/') ? modPolicy : ['', 'Channel', ...scope, modPolicy].join('/');
}

const isPolicyPath = (modPolicy: string): boolean => modPolicy.replace(/^\//, '').split('/').every(isConfigName);

function requireAuthority(
  record: string,
  config: ChannelConfig,
  current: ConfigElements,
  changed: ConfigElements,
  signers: readonly Identity[],
): void {
  if (changed.size === 0) refuse(record, 'it changes nothing');
  for (const [path, element] of changed) {
    if (!isPolicyPath(element.modPolicy)) refuse(record, `${path} gets a modification policy that is none`);
    const existing = current.get(path);
    const next = existing === undefined ? 0 : existing.version + 1;
    if (element.version !== next) refuse(record, `${path} gets version ${element.version}, the next is ${next}`);
    // what is new is let in by its group, whose membership changes with it
    if (existing === undefined) continue;
    const policy = policyPath(existing);
    if (!satisfyChannelPolicy(config, policy, signers)) {
      refuse(record, `${path} is changed by ${tell(signers)}, which does not satisfy ${policy}`);
    }
  }
}

function tell(signers: readonly Identity[]): string {
  const named = signers.map(({ organisation, role }) => `${organisation} (${role ?? 'member'})`);
  return named.length === 0 ? 'nobody' : named.sort().join(', ');
}

/** Opens the update that a configuration came of; whoever handed it in signed it and may write. */
function openUpdate(
  record: string,
  config: ChannelConfig,
  envelope: common.Envelope | undefined,
): common.ConfigUpdateEnvelope {
  if (envelope === undefined) return refuse(record, 'its configuration does not say of which update it came');
  const header = readHeader(envelope.serializeBinary());
  if (header.type !== common.HeaderType.CONFIG_UPDATE || header.channel !== config.channel) {
    return refuse(record, 'what its configuration came of is no update of this channel');
  }
  const sender = config.identityOf(header.creator);
  if (sender === undefined || !isSigned(sender.key, header.payload, header.signature)) {
    return refuse(record, 'the signature of who handed in its update is not valid');
  }
  if (!satisfyChannelPolicy(config, WRITERS, [sender])) {
    return refuse(record, `${tell([sender])} handed in its update and does not satisfy ${WRITERS}`);
  }
  return common.ConfigUpdateEnvelope.deserializeBinary(header.data);
}

/**
 * Judges a configuration by the one before it: its update is signed by those whom every changed element's modification policy
 * asks for, was made for the versions it found, and gives exactly this configuration.
 * @param config that before
 * @param payload data of the transaction's payload: common.ConfigEnvelope
 * @throws ERR_AUDIT_FAILED
 */
export function verifyConfigUpdate(record: string, config: ChannelConfig, payload: Uint8Array): void {
  within(record, () => {
    const envelope = common.ConfigEnvelope.deserializeBinary(payload);
    const signed = openUpdate(record, config, envelope.getLastUpdate());
    const update = common.ConfigUpdate.deserializeBinary(signed.getConfigUpdate_asU8());
    if (update.getChannelId() !== config.channel) refuse(record, `its update is for channel ${update.getChannelId()}`);
    const current = listElements(config.root);
    const read = listElements(update.getReadSet());
    requireReadVersions(record, current, read);
    const changed = changedIn(read, listElements(update.getWriteSet()));
    requireAuthority(record, config, current, changed, signersOf(config, signed));
    const differs = differenceOf(overlay(current, changed), listElements(envelope.getConfig()?.getChannelGroup()));
    if (differs !== undefined) refuse(record, `${differs} is not what its update makes of it`);
  });
}
