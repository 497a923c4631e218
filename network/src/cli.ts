// The command line: one table of commands, each loaded when it is asked for.
import { Command } from 'commander';
import { commandTable } from './commands/table.ts';
import { errorLine, exitCodeOf } from './exit-codes.ts';

/**
 * Runs `muster` with the arguments after its name and sets the exit code.
 * @see exitCodeOf
 */
export async function main(args: readonly string[]): Promise<void> {
  process.stdout.on('error', endOfReader);
  try {
    const program = await createProgram(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const line = errorLine(error);
    if (line !== undefined) {
      process.stderr.write(`${line}\n`);
    }
    process.exitCode = exitCodeOf(error);
  }
}

/** Whoever read our output has seen enough, as `| head` does: no failure. */
function endOfReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

/** Only the command asked for is loaded; all of them for the overview. */
async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('muster')
    .description('Federated learning that no single party has to be trusted to run')
    .showHelpAfterError()
    .exitOverride();
  const wanted = commandTable.filter(({ name }) => name === args[0]);
  for (const { load } of wanted.length > 0 ? wanted : commandTable) {
    const { register } = await load();
    register(program);
  }
  return program;
}
