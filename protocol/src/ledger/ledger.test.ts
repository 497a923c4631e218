// Keys and events of the ledger.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OPEN, JOB, ROOT } from '../../../test/support/states.ts';
import { decodeEvents, encodeEvents, event } from './events.ts';
import {
  attestationCommitmentKeys,
  commitmentsPageKeys,
  KEY_TYPES,
  keys,
  reputationPageKeys,
  rootKeys,
  ROSTER_PAGES,
  updatePages,
  updatesPageKeys,
  updatesPerPage,
} from './keys.ts';

describe('keys', () => {
  test('start with their type', () => {
    const made = [
      keys.organisation('navy'),
      keys.rosterPage('navy', 0),
      keys.job(JOB),
      keys.model(JOB),
      keys.round(JOB, 1),
      keys.commitmentsPage(JOB, 1, 'navy', 0),
      keys.updatesPage(JOB, 1, 'navy', 0),
      keys.attestationCommitment(JOB, 1, 'navy'),
      keys.root(JOB, 1, 'navy'),
      keys.attestation(JOB, 1, 'navy'),
      keys.reputationPage(JOB, 'navy', 0),
    ];
    expect(made.map(([type]) => type)).toEqual([...KEY_TYPES]);
  });

  test('of all that a round has follow from the terms, so that no range is read; none of what the job has not', () => {
    const [organisations, limits] = [['army', 'navy'], { updates: 100, updateBytes: 1, examples: 1, abandoned: 0 }];
    const terms = { organisations, limits };
    const pages = [...Array(updatePages(terms)).keys()];
    expect(pages.length).toBeGreaterThan(1);
    const paged = <K>(key: (organisation: string, page: number) => K): K[] =>
      organisations.flatMap((organisation) => pages.map((page) => key(organisation, page)));
    expect(updatesPageKeys(terms, JOB, 3)).toEqual(paged((of, page) => keys.updatesPage(JOB, 3, of, page)));
    const committed = { ...terms, commitments: { updatesMs: 1, attestationsMs: 1 } };
    expect(commitmentsPageKeys(committed, JOB, 3)).toEqual(paged((of, page) => keys.commitmentsPage(JOB, 3, of, page)));
    const reputations = organisations.flatMap((of) => reputationPageKeys(terms, JOB, of));
    expect(reputations).toEqual(paged((of, page) => keys.reputationPage(JOB, of, page)));
    expect(attestationCommitmentKeys(committed, JOB, 3)).toEqual(
      organisations.map((of) => keys.attestationCommitment(JOB, 3, of)),
    );
    expect(rootKeys({ organisations, root: ROOT }, JOB, 3)).toEqual(organisations.map((of) => keys.root(JOB, 3, of)));
    expect([commitmentsPageKeys(terms, JOB, 3), attestationCommitmentKeys(terms, JOB, 3)]).toEqual([[], []]);
    expect(rootKeys({ organisations }, JOB, 3)).toEqual([]);
  });

  test('of rounds sort as their numbers do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (a, b) => {
        expect(keys.round(JOB, a).join() < keys.round(JOB, b).join()).toBe(a < b);
      }),
    );
  });

  test('of a certificate and of an agent’s update are pages that the page keys list', () => {
    const limits = { updates: 1000, updateBytes: 1, examples: 1, abandoned: 0 };
    const pages = updatePages({ limits });
    expect(pages).toBe(16);
    const all = (count: number, page: (n: number) => readonly string[]): string[] =>
      Array.from({ length: count }, (_, n) => page(n).join());
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(all(ROSTER_PAGES, (n) => keys.rosterPage('navy', n))).toContain(keys.roster('navy', name).join());
        expect(all(pages, (n) => keys.updatesPage(JOB, 1, 'navy', n))).toContain(
          keys.updates(JOB, 1, 'navy', name, pages).join(),
        );
        expect(all(pages, (n) => keys.commitmentsPage(JOB, 1, 'navy', n))).toContain(
          keys.commitments(JOB, 1, 'navy', name, pages).join(),
        );
      }),
    );
  });

  test('of updates: one page holds the limit exactly, of several each holds twice its share', () => {
    const limits = (updates: number) => ({ limits: { updates, updateBytes: 1, examples: 1, abandoned: 0 } });
    expect([updatePages(limits(64)), updatesPerPage(limits(64))]).toEqual([1, 64]);
    expect([updatePages(limits(65)), updatesPerPage(limits(65))]).toEqual([2, 128]);
  });
});

test('events come back as they were written, in canonical form', () => {
  const events = [event('round.opened', OPEN)];
  expect(encodeEvents(events)).toMatch(/^\{"events":\[\{"data":\{"base":/);
  expect(decodeEvents(encodeEvents(events))).toEqual(events);
});
