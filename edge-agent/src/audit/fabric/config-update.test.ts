// Tests of who may change a channel's configuration: what Fabric takes holds, and no forgery of it does.

import { beforeAll, describe, expect, test } from '@jest/globals';
import { common, msp } from '@hyperledger/fabric-protos';
import { signLowS } from '@muster/protocol';
import {
  changedBy,
  cloned,
  foundingConfig,
  makeParty,
  makeRoot,
  nOf,
  value,
  type Forging,
  type Group,
  type Party,
} from '../../../../test/support/audit/made-channel.ts';
import type { TestIdentity } from '../../../../test/support/test-ca.ts';
import type { ChannelConfig } from './channel-config.ts';
import { rolePrincipal } from '../replay/endorsement-policy.ts';
import { membersOf } from './config-group.ts';
import { verifyConfigUpdate } from './config-update.ts';

let parties: Party[];
let late: Party;
let config: ChannelConfig;

const inside = (root: common.ConfigGroup, ...path: string[]): common.ConfigGroup =>
  path.reduce((group, name) => membersOf(group).groups.get(name)!, root);
const setValue = (group: common.ConfigGroup, name: string, text: string): void => {
  membersOf(group).values.get(name)!.setValue(Buffer.from(text));
};

const batch = (root: common.ConfigGroup): void => setValue(inside(root, 'Orderer'), 'BatchSize', '9');
const acls = (root: common.ConfigGroup): void => setValue(inside(root, 'Application'), 'ACLs', 'others');
const capabilities = (root: common.ConfigGroup): void => setValue(root, 'Capabilities', 'V4');
const ownPolicy = (root: common.ConfigGroup): void => {
  const { MSPRoleType } = msp.MSPRole;
  const own = inside(root, 'Application', 'army') as Group;
  own.getPoliciesMap().set('Writers', nOf(1, [rolePrincipal('army', MSPRoleType.CLIENT)]));
};
const admit = (root: common.ConfigGroup): void =>
  void (inside(root, 'Application') as Group).getGroupsMap().set('late', cloned(late.group));
const expel = (root: common.ConfigGroup): void =>
  void (inside(root, 'Application') as Group).getGroupsMap().del('navy');

const admins = (...numbers: number[]): TestIdentity[] => numbers.map((number) => parties[number]!.admin);

beforeAll(async () => {
  parties = await Promise.all(['army', 'navy', 'airforce', 'marines'].map(makeParty));
  late = await makeParty('late');
  config = foundingConfig(makeRoot(parties));
});

const judge = (payload: Uint8Array): void => verifyConfigUpdate('block 7', config, payload);
const refusal = (reason: RegExp): unknown =>
  expect.objectContaining({
    code: 'ERR_AUDIT_FAILED',
    details: { record: 'block 7', reason: expect.stringMatching(reason) as unknown },
  });

describe('a configuration holds', () => {
  test.each<[string, (root: common.ConfigGroup) => void, number[]]>([
    ['where a majority of administrators changed a value', batch, [0, 1, 2]],
    ['whose policy is named from the root', acls, [1, 2, 3]],
    ['where a value of the channel itself changed, for both kinds of members', capabilities, [0, 1, 2]],
    ['where an organisation alone changed what is its own', ownPolicy, [0]],
    ['where a majority let an organisation in', admit, [0, 2, 3]],
    ['where a majority put an organisation out', expel, [0, 2, 3]],
    ['where more signed than were needed', batch, [0, 1, 2, 3]],
  ])('%s', (_title, change, signers) => {
    expect(() => judge(changedBy(config, change, admins(...signers)))).not.toThrow();
  });

  test('where a signature that counts for nothing lies beside enough that hold', () => {
    const signatures = ([first, ...others]: common.ConfigSignature[]): common.ConfigSignature[] => {
      first!.setSignature(Buffer.alloc(70));
      return [first!, ...others];
    };
    expect(() => judge(changedBy(config, batch, admins(0, 1, 2, 3), { signatures }))).not.toThrow();
  });

  test('where Fabric gave a policy to what had none', () => {
    const root = makeRoot(parties);
    const orderer = inside(root, 'Orderer') as Group;
    orderer.getValuesMap().set('Capabilities', value(Buffer.from('V2_0')));
    orderer.getValuesMap().set('Old', value(Buffer.from('old'), ''));
    const before = foundingConfig(root);
    const mended = (after: common.ConfigGroup): void => {
      membersOf(inside(after, 'Orderer')).values.get('Old')!.setModPolicy('Admins');
    };
    const payload = changedBy(before, batch, admins(0, 1, 2), { result: mended });
    expect(() => verifyConfigUpdate('block 7', before, payload)).not.toThrow();
    const unmended = changedBy(before, batch, admins(0, 1, 2));
    expect(() => verifyConfigUpdate('block 7', before, unmended)).toThrow(refusal(/Old is not what its update makes/));
  });
});

describe('a configuration is refused where too few signed', () => {
  const clients = (...numbers: number[]): TestIdentity[] => numbers.map((number) => parties[number]!.client);

  test.each<[string, (root: common.ConfigGroup) => void, () => TestIdentity[], RegExp]>([
    [
      'two of four administrators',
      batch,
      () => admins(0, 1),
      /BatchSize is changed by army .*, navy .*Orderer\/Admins/,
    ],
    ['one administrator three times', batch, () => admins(0, 0, 0), /changed by army \(admin\), which/],
    ['members that are no administrators', batch, () => clients(0, 1, 2, 3), /changed by airforce \(client\), army/],
    ['for a value of the channel itself', capabilities, () => admins(0, 1), /\/Channel\/Admins/],
    ['for a policy named from the root', acls, () => admins(0, 1), /\/Channel\/Application\/Admins/],
    [
      'for what is another organisation’s own',
      ownPolicy,
      () => admins(1, 2, 3),
      /\/Channel\/Application\/army\/Admins/,
    ],
    ['to let an organisation in', admit, () => admins(0, 1), /\[Group\] {2}\/Channel\/Application is changed/],
    ['to let itself in', admit, () => [parties[0]!.admin, late.admin, late.admin], /changed by army \(admin\), which/],
  ])('%s', (_title, change, signers, reason) => {
    expect(() => judge(changedBy(config, change, signers()))).toThrow(refusal(reason));
  });
});

describe('a forged configuration is refused', () => {
  const enough = (): TestIdentity[] => admins(0, 1, 2);
  const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const written = (forge: (group: common.ConfigGroup) => void): Forging => ({
    update: (update) => forge(update.getWriteSet()!),
  });

  test.each<[string, () => Forging, RegExp]>([
    [
      'a signature of another update',
      () => ({
        signatures: ([first, ...others]) => {
          first!.setSignature(signLowS(parties[0]!.admin.privateKey, Buffer.from('another')));
          return [first!, ...others];
        },
      }),
      /changed by airforce \(admin\), navy \(admin\), which/,
    ],
    [
      'a bit of a signature',
      () => ({
        signatures: ([first, ...others]) => {
          first!.setSignature(flipped(first!.getSignature_asU8(), 20));
          return [first!, ...others];
        },
      }),
      /changed by airforce \(admin\), navy \(admin\), which/,
    ],
    ['no signatures', () => ({ signatures: () => [] }), /changed by nobody/],
    [
      'another result than the update’s',
      () => ({ result: (root) => setValue(inside(root, 'Orderer'), 'BatchSize', '10000') }),
      /BatchSize is not what its update makes of it/,
    ],
    ['something changed beside the update', () => ({ result: acls }), /ACLs is not what its update makes/],
    ['a member that the update does not add', () => ({ result: admit }), /Application is not what its update makes/],
    [
      'a policy weakened beside the update',
      () => ({
        result: (root) => {
          membersOf(root).policies.get('Admins')!.setModPolicy('Writers');
        },
      }),
      /Admins is not what its update makes/,
    ],
    [
      'an update for another channel',
      () => ({ update: (update) => update.setChannelId('other') }),
      /no update of this channel/,
    ],
    [
      'an update made for another version',
      () => ({ update: (update) => inside(update.getReadSet()!, 'Orderer').setVersion(3) }),
      /made for version 3 of \[Group\] {2}\/Channel\/Orderer, which has version 0/,
    ],
    [
      'an update made for what is not there',
      () => ({
        update: (update) => (inside(update.getReadSet()!) as Group).getValuesMap().set('New', value(Buffer.of(1))),
      }),
      /which has version none/,
    ],
    [
      'a version left out',
      () => written((root) => membersOf(inside(root, 'Orderer')).values.get('BatchSize')!.setVersion(2)),
      /BatchSize gets version 2, the next is 1/,
    ],
    [
      'a modification policy that is none',
      () => written((root) => membersOf(inside(root, 'Orderer')).values.get('BatchSize')!.setModPolicy('')),
      /gets a modification policy that is none/,
    ],
    [
      'an update that changes nothing',
      () => ({ update: (update) => update.setWriteSet(update.getReadSet()) }),
      /it changes nothing/,
    ],
    [
      'a name that none may have',
      () => written((root) => (root as Group).getValuesMap().set('a/b', value(Buffer.of(1)))),
      /member of the name "a\/b"/,
    ],
    [
      'a bit of what was handed in',
      () => ({
        envelope: (envelope) => {
          const payload = envelope.getPayload_asU8();
          envelope.setPayload(flipped(payload, payload.length - 1));
        },
      }),
      /signature of who handed in/,
    ],
    ['a stranger as who handed it in', () => ({ sender: late.client }), /signature of who handed in/],
  ])('%s', (_title, forging, reason) => {
    expect(() => judge(changedBy(config, batch, enough(), forging()))).toThrow(refusal(reason));
  });

  test('without the update that it came of', () => {
    const payload = common.ConfigEnvelope.deserializeBinary(changedBy(config, batch, enough()));
    payload.clearLastUpdate();
    expect(() => judge(payload.serializeBinary())).toThrow(refusal(/does not say of which update/));
  });

  test('where a policy that must be asked does not exist', () => {
    const root = makeRoot(parties);
    membersOf(inside(root, 'Orderer')).values.get('BatchSize')!.setModPolicy('Nobody');
    const before = foundingConfig(root);
    const payload = changedBy(before, batch, enough());
    expect(() => verifyConfigUpdate('block 7', before, payload)).toThrow(refusal(/\/Channel\/Orderer\/Nobody/));
  });
});
