// The table of commands. A command is one file here that exports `register`.
import type { Command } from 'commander';

interface CommandModule {
  readonly register: (program: Command) => void;
}

interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<CommandModule>;
}

export const commandTable: readonly CommandEntry[] = [
  { name: 'up', load: () => import('./up.ts') },
  { name: 'status', load: () => import('./status.ts') },
  { name: 'down', load: () => import('./down.ts') },
  { name: 'enrol', load: () => import('./enrol.ts') },
];
