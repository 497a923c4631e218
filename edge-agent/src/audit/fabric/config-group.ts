// Groups of a channel's configuration. fabric-protos types their maps by a package that brings no types of its own: the casts
// that this takes are here and nowhere else.

import type { common } from '@hyperledger/fabric-protos';

interface ProtobufMap<V> {
  get(key: string): V | undefined;
  forEach(visit: (value: V, key: string) => void): void;
}

interface Maps {
  getGroupsMap(): ProtobufMap<common.ConfigGroup>;
  getValuesMap(): ProtobufMap<common.ConfigValue>;
  getPoliciesMap(): ProtobufMap<common.ConfigPolicy>;
}

const mapsOf = (group: common.ConfigGroup): Maps => group;

/** The groups within a group. */
export function groupsOf(group: common.ConfigGroup | undefined): common.ConfigGroup[] {
  const groups: common.ConfigGroup[] = [];
  if (group !== undefined)
    mapsOf(group)
      .getGroupsMap()
      .forEach((inner) => groups.push(inner));
  return groups;
}

/** The group at a path below the channel's. */
export function groupAt(root: common.ConfigGroup, ...path: readonly string[]): common.ConfigGroup | undefined {
  return path.reduce<common.ConfigGroup | undefined>(
    (group, name) => group && mapsOf(group).getGroupsMap().get(name),
    root,
  );
}

/** A value of a group, encoded. */
export function valueOf(group: common.ConfigGroup | undefined, name: string): Uint8Array | undefined {
  return group && mapsOf(group).getValuesMap().get(name)?.getValue_asU8();
}

/** A policy of a group. */
export function policyOf(group: common.ConfigGroup | undefined, name: string): common.Policy | undefined {
  return group && mapsOf(group).getPoliciesMap().get(name)?.getPolicy();
}

/** All that a group holds, by name. */
export interface Members {
  readonly groups: ReadonlyMap<string, common.ConfigGroup>;
  readonly values: ReadonlyMap<string, common.ConfigValue>;
  readonly policies: ReadonlyMap<string, common.ConfigPolicy>;
}

function entries<V>(map: ProtobufMap<V>): Map<string, V> {
  const all = new Map<string, V>();
  map.forEach((value, key) => all.set(key, value));
  return all;
}

/** What a group holds. */
export function membersOf(group: common.ConfigGroup): Members {
  const maps = mapsOf(group);
  return {
    groups: entries(maps.getGroupsMap()),
    values: entries(maps.getValuesMap()),
    policies: entries(maps.getPoliciesMap()),
  };
}
