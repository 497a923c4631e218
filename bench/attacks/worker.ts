// A worker of the bench: plays one cell after the other; data are read once, and divided anew only where a cell asks for it.
import { parentPort } from 'node:worker_threads';
import type { Cell, CellResult, Setting } from './cell.ts';
import { simulate } from './simulate.ts';
import { createWorld, readImages, type World } from './world.ts';

export type WorkerReply = { readonly result: CellResult } | { readonly failure: string };

const images = readImages();
let current: { readonly key: string; readonly world: World } | undefined;

/** The part of a cell that decides how data are divided. */
function settingOf({ agents, rounds, alpha, seed, root, hidden, batch }: Cell): Setting {
  const size = { ...(hidden === undefined ? {} : { hidden }), ...(batch === undefined ? {} : { batch }) };
  return { agents, rounds, alpha, seed, root, ...size };
}

async function worldOf(cell: Cell): Promise<World> {
  const setting = settingOf(cell);
  const key = JSON.stringify(setting);
  if (current?.key === key) return current.world;
  await current?.world.close();
  current = { key, world: await createWorld(await images, setting) };
  return current.world;
}

async function answer(cell: Cell): Promise<WorkerReply> {
  try {
    return { result: await simulate(cell, await worldOf(cell)) };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on('message', (cell: Cell) => {
  void answer(cell).then((reply) => parentPort?.postMessage(reply));
});
