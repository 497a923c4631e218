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
  { name: 'start', load: () => import('./start.ts') },
  { name: 'up', load: () => import('./up.ts') },
  { name: 'status', load: () => import('./status.ts') },
  { name: 'down', load: () => import('./down.ts') },
  { name: 'enrol', load: () => import('./enrol.ts') },
  { name: 'data', load: () => import('./data.ts') },
  { name: 'job', load: () => import('./job.ts') },
  { name: 'reputation', load: () => import('./reputation.ts') },
  { name: 'model', load: () => import('./model.ts') },
  { name: 'agent', load: () => import('./agent.ts') },
  { name: 'validator', load: () => import('./validator.ts') },
  { name: 'gateway', load: () => import('./gateway.ts') },
  { name: 'compose', load: () => import('./compose.ts') },
  { name: 'container', load: () => import('./container.ts') },
  { name: 'audit', load: () => import('./audit.ts') },
];
