#!/usr/bin/env node
// The `muster` command. Plain JavaScript: on a Node too old to run TypeScript it starts the one that comes with Muster.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The first release that runs TypeScript by removing its types without being asked to.
const needed = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > needed[0] || (major === needed[0] && minor >= needed[1])) {
  await keepCompiled();
  const { main } = await import('../src/cli.ts');
  await main(process.argv.slice(2));
} else {
  runWithPinnedNode();
}

/** What is compiled once serves the commands after this one, and all of its workers: those go by the environment. */
async function keepCompiled() {
  const { compileCacheFolder } = await import('../src/fabric/cache-folder.ts');
  process.env.NODE_COMPILE_CACHE ??= compileCacheFolder(process.env);
  module.enableCompileCache();
}

function runWithPinnedNode() {
  const node = pinnedNode();
  if (node === undefined) {
    process.stderr.write(
      `muster: ERR_NODE_VERSION: Node ${needed.join('.')} or later is needed, this is ${process.versions.node}; ` +
        `none comes with Muster for ${process.platform} ${process.arch} (or it is not installed: run npm ci)\n`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends its signals to both; others reach this process only.
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  process.on('SIGINT', () => undefined);
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

function pinnedNode() {
  try {
    const found = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    const node = join(dirname(found), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}
