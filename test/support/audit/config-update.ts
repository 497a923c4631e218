// Updates of a channel's configuration, as `configtxlator compute_update` makes them: versions raised where something changes.

import { common } from '@hyperledger/fabric-protos';
import { membersOf, type Members } from '../../../edge-agent/src/audit/fabric/config-group.ts';

interface Versioned {
  getVersion(): number;
  setVersion(version: number): unknown;
  serializeBinary(): Uint8Array;
}

const isSame = (one: Versioned, other: Versioned): boolean =>
  Buffer.compare(one.serializeBinary(), other.serializeBinary()) === 0;

function raise(before: Versioned | undefined, after: Versioned, isChanged: boolean): void {
  const version = before?.getVersion() ?? -1;
  after.setVersion(isChanged ? version + 1 : version);
}

const namesOf = ({ groups, values, policies }: Members): string =>
  JSON.stringify([groups, values, policies].map((map) => [...map.keys()].sort()));

/** Sets the versions of a changed group and of all in it, by what they were. */
export function raiseVersions(before: common.ConfigGroup | undefined, after: common.ConfigGroup): void {
  const [had, has] = [membersOf(before ?? new common.ConfigGroup()), membersOf(after)];
  for (const kind of ['values', 'policies'] as const) {
    for (const [name, element] of has[kind]) {
      const old = had[kind].get(name);
      raise(old, element, old === undefined || !isSame(old, element));
    }
  }
  for (const [name, group] of has.groups) raiseVersions(had.groups.get(name), group);
  const isChanged =
    before === undefined || namesOf(had) !== namesOf(has) || before.getModPolicy() !== after.getModPolicy();
  raise(before, after, isChanged);
}

/** The update that makes one configuration of another; `after` gets its versions. */
export function updateBetween(
  channel: string,
  before: common.ConfigGroup,
  after: common.ConfigGroup,
): common.ConfigUpdate {
  raiseVersions(before, after);
  const update = new common.ConfigUpdate();
  update.setChannelId(channel);
  // a copy: what a forger does to the update is not done to the configuration
  update.setReadSet(common.ConfigGroup.deserializeBinary(before.serializeBinary()));
  update.setWriteSet(after);
  return update;
}

/** An update in an envelope that nobody has signed yet. */
export function envelopeOf(update: common.ConfigUpdate): common.Envelope {
  const signed = new common.ConfigUpdateEnvelope();
  signed.setConfigUpdate(update.serializeBinary());
  return enclose(update.getChannelId(), signed, new Uint8Array());
}

/** Encloses an update and its signatures, with the header of whoever hands it in; not signed. */
export function enclose(
  channel: string,
  signed: common.ConfigUpdateEnvelope,
  signatureHeader: Uint8Array,
): common.Envelope {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG_UPDATE);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(signed.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope;
}
