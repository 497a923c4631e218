// muster gateway run: the gateway in the foreground, as a process of its own program.
import { MusterError } from '@muster/protocol';
import type { Command } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../gateway/src/main.ts', import.meta.url));

export function register(program: Command): void {
  program
    .command('gateway')
    .description('the gateway')
    .command('run')
    .description('serve the REST API, until stopped')
    .requiredOption('--config <file>', 'its configuration, JSON (gateway/README.md)')
    .action(run);
}

async function run({ config }: { config: string }): Promise<void> {
  const child = spawn(process.execPath, [main, '--config', config], { stdio: 'inherit' });
  // a terminal tells both processes of Ctrl-C; a supervisor tells only this one
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  process.once('SIGINT', () => undefined);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 && code !== null) {
    throw new MusterError('ERR_TOOL_FAILED', { tool: 'gateway', reason: `ended with ${code}`, output: 'told above' });
  }
}
