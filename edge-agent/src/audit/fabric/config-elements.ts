// A channel's configuration as a flat list of elements by path, and what an update makes of it (fabric,
// common/configtx/configmap.go and update.go).

import { common } from '@hyperledger/fabric-protos';
import { membersOf } from './config-group.ts';

/** A group, value or policy of the configuration. */
export interface ConfigElement {
  /** names of the groups from the channel's own down to where its modification policy is looked up */
  readonly scope: readonly string[];
  readonly version: number;
  readonly modPolicy: string;
  /** what it says beside version and policy: for a group, the paths of its members; else its bytes */
  readonly content: string;
  /** paths of a group's members */
  readonly members: readonly string[];
}

export type ConfigElements = ReadonlyMap<string, ConfigElement>;

const ROOT = '/Channel';
const GROUP = '[Group]  ';
/** Where this value is set, Fabric gives elements without a modification policy the policy below (FAB-5309, FAB-6080). */
const MENDING = '[Value]  /Channel/Orderer/Capabilities';
const MENDED_POLICY = 'Admins';
const NAME = /^[a-zA-Z0-9.-]{1,249}$/;

/** Whether Fabric takes a name in a configuration's path (configtx.validateConfigID). */
export const isConfigName = (name: string): boolean => NAME.test(name) && name !== '.' && name !== '..';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function policyContent(policy: common.Policy | undefined): string {
  return policy === undefined ? 'none' : `${policy.getType()}:${hex(policy.getValue_asU8())}`;
}

/**
 * Lists all elements of a group and of those within.
 * @param group the channel's group; undefined has no elements
 * @throws RangeError where a name is none that Fabric takes
 */
export function listElements(group: common.ConfigGroup | undefined): ConfigElements {
  const elements = new Map<string, ConfigElement>();
  if (group !== undefined) list(elements, group, ROOT, []);
  return elements;
}

function list(
  into: Map<string, ConfigElement>,
  group: common.ConfigGroup,
  path: string,
  scope: readonly string[],
): void {
  const { groups, values, policies } = membersOf(group);
  const below = (name: string): string => {
    if (!isConfigName(name)) throw new RangeError(`${path} has a member of the name ${JSON.stringify(name)}`);
    return `${path}/${name}`;
  };
  const members: string[] = [];
  const add = (at: string, element: Omit<ConfigElement, 'members' | 'scope'>): void => {
    members.push(at);
    into.set(at, { ...element, scope, members: [] });
  };
  for (const [name, value] of values) {
    add(`[Value]  ${below(name)}`, {
      version: value.getVersion(),
      modPolicy: value.getModPolicy(),
      content: hex(value.getValue_asU8()),
    });
  }
  for (const [name, policy] of policies) {
    add(`[Policy] ${below(name)}`, {
      version: policy.getVersion(),
      modPolicy: policy.getModPolicy(),
      content: policyContent(policy.getPolicy()),
    });
  }
  for (const [name, inner] of groups) {
    members.push(GROUP + below(name));
    list(into, inner, below(name), [...scope, name]);
  }
  members.sort();
  into.set(GROUP + path, {
    scope,
    version: group.getVersion(),
    modPolicy: group.getModPolicy(),
    content: members.join('\n'),
    members,
  });
}

/**
 * What a configuration becomes when changed elements are laid over it: those that a path of groups from the channel's leads
 * to. A member that its group no longer names is gone.
 * @throws RangeError where a group names a member that is nowhere
 */
export function overlay(current: ConfigElements, changed: ConfigElements): ConfigElements {
  const isMended = changed.has(MENDING) || current.has(MENDING);
  const result = new Map<string, ConfigElement>();
  const take = (path: string): void => {
    const element = changed.get(path) ?? current.get(path);
    if (element === undefined) throw new RangeError(`its group names ${path}, which is nowhere`);
    const modPolicy = element.modPolicy === '' && isMended ? MENDED_POLICY : element.modPolicy;
    result.set(path, { ...element, modPolicy });
    element.members.forEach(take);
  };
  take(GROUP + ROOT);
  return result;
}

/** The first path, in the order of paths, at which two configurations differ; undefined where they are the same. */
export function differenceOf(one: ConfigElements, other: ConfigElements): string | undefined {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.find((path) => {
    const [a, b] = [one.get(path), other.get(path)];
    return a?.version !== b?.version || a?.modPolicy !== b?.modPolicy || a?.content !== b?.content;
  });
}
