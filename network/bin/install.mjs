#!/usr/bin/env node
// Installs the dependencies when they are missing or older than package-lock.json. Plain JavaScript without dependencies,
// for the Node that a machine happens to have (20 or later). Writes to stderr only: stdout belongs to what comes after.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.muster-install');
const lock = join(root, 'package-lock.json');
const quiet = process.argv.includes('--quiet') || process.argv.includes('--json');
const tell = (text) => void (quiet || process.stderr.write(text));

if (!isInstalled()) {
  await install();
}
writeFileSync(stamp, lockDigest());

function lockDigest() {
  return existsSync(lock) ? createHash('sha256').update(readFileSync(lock)).digest('hex') : 'no lock file';
}

function isInstalled() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockDigest()) {
    return true;
  }
  // Somebody ran npm by hand: its own note of what it installed is then as new as the lock file.
  const hidden = join(modules, '.package-lock.json');
  const toleranceMs = 5000;
  return existsSync(hidden) && existsSync(lock) && statSync(hidden).mtimeMs + toleranceMs >= statSync(lock).mtimeMs;
}

async function install() {
  const began = Date.now();
  const command = existsSync(lock) ? 'ci' : 'install';
  const child = spawn('npm', [command, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm hands its own settings down to what it runs; a script's flags are not meant for this npm.
    env: { ...process.env, npm_config_json: 'false' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (part) => (output += part));
  }
  const seconds = () => ((Date.now() - began) / 1000).toFixed(0);
  const redraw = process.stderr.isTTY;
  tell(redraw ? '' : `installing dependencies (npm ${command})\n`);
  const ticker = setInterval(
    () => tell(redraw ? `\r\u001b[2Kinstalling dependencies ${seconds()} s` : `  … installing, ${seconds()} s\n`),
    redraw ? 200 : 10_000,
  );
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(ticker));
  if (code !== 0) {
    process.stderr.write(`${output}\nmuster: npm ${command} failed with exit code ${code}\n`);
    process.exit(1);
  }
  tell(`${redraw ? '\r\u001b[2K' : ''}✓ dependencies installed ${seconds()} s\n`);
}
