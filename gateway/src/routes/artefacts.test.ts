// Artefacts over HTTP: right bytes are kept, wrong ones are not, and what is missing comes from the other organisations.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cidOf } from '@muster/protocol';
import { Agent } from 'undici';
import type { Sibling } from '../artefacts/siblings.ts';
import { ask, discard, startHarness, type Harness } from '../../test/harness.ts';

const BYTES = Buffer.from('the weights of a model');
const CID = cidOf(BYTES);

let gateway: Harness;
beforeEach(async () => {
  gateway = await startHarness({ limits: { artefactBytes: 3 * 1024 * 1024 } });
});
afterEach(async () => discard(gateway));

const place = (of: Harness, cid = CID): string => `${of.url}/v1/artefacts/${cid}`;
const put = (cid: string, body: Uint8Array): ReturnType<typeof ask> =>
  ask(place(gateway, cid), undefined, { method: 'PUT', body: Buffer.from(body) });

/** Another organisation's gateway at a URL. */
const sibling = (organisation: string, url: string): Sibling => ({ organisation, url, dispatcher: new Agent() });

describe('an artefact', () => {
  test('is created once and served as it came', async () => {
    expect((await put(CID, BYTES)).status).toBe(201);
    expect((await put(CID, BYTES)).status).toBe(200);
    const response = await fetch(place(gateway));
    expect(Buffer.from(await response.arrayBuffer())).toEqual(BYTES);
    expect((await fetch(place(gateway), { method: 'HEAD' })).headers.get('content-length')).toBe(String(BYTES.length));
  });

  test('of several chunks has the content id of all of them', async () => {
    const large = Buffer.alloc(2 * 1024 * 1024 + 5, 7);
    expect((await put(cidOf(large), large)).status).toBe(201);
  });

  test('is served in ranges, and a range beyond it is ERR_ARTEFACT_RANGE', async () => {
    await put(CID, BYTES);
    const part = await fetch(place(gateway), { headers: { Range: 'bytes=4-10' } });
    expect([part.status, await part.text()]).toEqual([206, 'weights']);
    const beyond = await ask(place(gateway), undefined, { headers: { Range: 'bytes=900-' } });
    expect([beyond.status, beyond.body.code]).toEqual([416, 'ERR_ARTEFACT_RANGE']);
  });

  test('with other bytes than its id says is refused, and nothing is kept', async () => {
    const { status, body } = await put(CID, Buffer.from('others'));
    expect([status, body.code]).toEqual([422, 'ERR_ARTEFACT_MISMATCH']);
    expect(readdirSync(join(gateway.folder, 'artefacts', 'arriving'))).toEqual([]);
    expect((await ask(place(gateway))).body.code).toBe('ERR_ARTEFACT_UNKNOWN');
  });

  test('beyond the limit is refused', async () => {
    const { status, body } = await put(CID, Buffer.alloc(4 * 1024 * 1024));
    expect([status, body.code]).toEqual([413, 'ERR_ARTEFACT_TOO_LARGE']);
  });

  test('is asked for by a content id only', async () => {
    expect((await ask(place(gateway, 'passwd'))).body.code).toBe('ERR_CID_INVALID');
  });
});

describe('a missing artefact', () => {
  test('is fetched from the organisation that has it, past one that lies, once for all who ask', async () => {
    await put(CID, BYTES);
    let lies = 0;
    const liar = createServer((_request, response) => {
      lies++;
      response.end('other bytes');
    });
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    const lying = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    const siblings = [sibling('army', lying), sibling('navy', gateway.url)];
    const poor = await startHarness({ siblings });
    const texts = await Promise.all([1, 2, 3].map(async () => (await fetch(place(poor))).text()));
    expect(texts).toEqual(Array<string>(3).fill(BYTES.toString()));
    expect(lies).toBe(1);
    expect((await fetch(`${place(poor)}?local=true`)).status).toBe(200);
    await discard(poor);
    await new Promise((resolve) => liar.close(resolve));
  });

  test('that a sibling asks for is not asked for in turn', async () => {
    const poor = await startHarness({ siblings: [sibling('navy', gateway.url)] });
    await put(CID, BYTES);
    const { status, body } = await ask(`${place(poor)}?local=true`);
    expect([status, body.code]).toEqual([404, 'ERR_ARTEFACT_UNKNOWN']);
    await discard(poor);
  });
});
