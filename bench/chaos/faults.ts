// The faults: which processes are killed, of one organisation or of two, end because the disk under them is full, or go on with a slow one. Two at once stay within what n = 4 organisations
// tolerate (f = 1 orderer and one dissenting or absent organisation): one kind of process stops in one organisation only.

import type { Random } from '../../edge-agent/src/train/index.ts';
import { supervisorPidName } from '../../network/src/supervise/pid-file.ts';
import type { Slowness } from '../../test/support/slow-disk.ts';
import { diskOwner } from './disk-owner.ts';

/** What a fault may choose by. */
export interface Choice {
  readonly organisations: readonly string[];
  /** name of the orderer that leads */
  readonly leader: string;
  readonly random: Random;
}

export interface Fault {
  readonly name: string;
  /** Names of the processes to kill, `supervisor` being the supervisor itself. */
  readonly choose: (choice: Choice) => readonly string[];
  /** the kind of node whose disk is filled, instead of a kill */
  readonly fills?: 'peer' | 'orderer';
  /** how slow disks are until all works again, instead of a kill */
  readonly slows?: Slowness;
}

const pick = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)] as T;

const one = (kind: string, node = kind): Fault => ({
  name: kind,
  choose: ({ organisations, random }) => [`${node}.${pick(random, organisations)}`],
});

const full = (kind: 'peer' | 'orderer'): Fault => ({
  name: `disk full (${kind})`,
  fills: kind,
  choose: ({ organisations }) => [`${kind}.${diskOwner(kind, organisations)}`],
});

const leading: Fault['choose'] = ({ leader }) => [leader];

const slow = (what: string, syncMs: number, choose: Fault['choose']): Fault => ({
  name: `disk slow by ${syncMs / 1000} s (${what})`,
  slows: { syncMs, writeMs: syncMs / 100 },
  choose,
});

const KINDS = ['orderer', 'peer', 'chaincode', 'gateway', 'validator', 'agent-1', 'ca'];

/** Two different ones. */
function two(random: Random, items: readonly string[]): [string, string] {
  const first = pick(random, items);
  return [
    first,
    pick(
      random,
      items.filter((item) => item !== first),
    ),
  ];
}

export const faults: readonly Fault[] = [
  // what the others are to be seen beside
  { name: 'nothing', choose: () => [] },
  { name: 'orderer, leading', choose: leading },
  {
    name: 'orderer, following',
    choose: ({ organisations, leader, random }) => [
      pick(
        random,
        organisations.map((organisation) => `orderer.${organisation}`).filter((orderer) => orderer !== leader),
      ),
    ],
  },
  one('peer'),
  one('chaincode'),
  one('gateway'),
  one('validator'),
  one('agent', 'agent-1'),
  one('ca'),
  { name: 'supervisor', choose: () => [supervisorPidName] },
  {
    name: 'supervisor and another',
    choose: ({ organisations, random }) => [supervisorPidName, `${pick(random, KINDS)}.${pick(random, organisations)}`],
  },
  full('peer'),
  full('orderer'),
  slow('peer', 200, one('peer').choose),
  slow('orderer, leading', 200, leading),
  slow('gateway', 200, one('gateway').choose),
  slow('validator', 200, one('validator').choose),
  slow('agent', 200, one('agent', 'agent-1').choose),
  slow('orderer, leading', 2000, leading),
  {
    name: 'two of one organisation',
    choose: ({ organisations, random }) => {
      const organisation = pick(random, organisations);
      return two(random, KINDS).map((kind) => `${kind}.${organisation}`);
    },
  },
  {
    name: 'two of two organisations',
    choose: ({ organisations, random }) => {
      const [first, second] = two(random, organisations);
      const [one, other] = two(random, KINDS);
      return [`${one}.${first}`, `${other}.${second}`];
    },
  },
];
