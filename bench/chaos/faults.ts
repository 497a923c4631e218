// The faults: which processes are killed, of one organisation or of two, or end because the disk under them is full. Two at once stay within what n = 4 organisations
// tolerate (f = 1 orderer and one dissenting or absent organisation): one kind of process stops in one organisation only.

import type { Random } from '../../edge-agent/src/train/index.ts';
import { supervisorPidName } from '../../network/src/supervise/pid-file.ts';
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
  { name: 'orderer, leading', choose: ({ leader }) => [leader] },
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
