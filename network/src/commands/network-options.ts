// Options that several commands share, and what they mean.
import { type Command, InvalidArgumentError } from 'commander';
import { dataSetsSchema, nameSchema } from '@muster/protocol';
import type { z } from 'zod';
import { type NetworkDescription, readDescription } from '../description.ts';
import { defaultState } from '../up-network.ts';

export interface StateOptions {
  readonly description?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** Adds the options that say which network is meant. */
export function withState(command: Command): Command {
  return command
    .option('--description <file>', 'another network description than network/network.yaml')
    .option('--state <folder>', 'where everything of the network lies (default: under ~/.local/state/muster)')
    .option('--json', 'one JSON object a line');
}

export function descriptionOf(options: StateOptions): NetworkDescription {
  return readDescription(options.description);
}

export function stateOf(options: StateOptions): string {
  return options.state ?? defaultState(descriptionOf(options));
}

/** Parses `4` or `army,navy`. */
export function parseOrganisations(text: string): number | readonly string[] {
  return /^\d+$/.test(text) ? Number(text) : text.split(',');
}

export function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new InvalidArgumentError('a whole number is needed');
  }
  return Number(text);
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new InvalidArgumentError(read.error.issues.map(({ message }) => message).join('; '));
}

/** Parses a name of a certificate. */
export const parseName = (text: string): string => checked(nameSchema, text);

/** Parses `maps,radar`: data sets of a certificate. */
export const parseDataSets = (text: string): string[] => checked(dataSetsSchema, text.split(','));

export function parseBasePort(text: string): number | 'free' {
  return text === 'free' ? 'free' : parseCount(text);
}
