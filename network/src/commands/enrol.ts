// muster enrol: registers a person or device with its organisation's CA and enrols it into a keystore folder.
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { MusterError } from '@muster/protocol';
import { memberAttributes } from '../derive/identities.ts';
import { findNetwork } from '../find-network.ts';
import { stateOf, type StateOptions, withState } from './network-options.ts';

const roles = ['officer', 'requester', 'agent', 'validator', 'auditor', 'relay'] as const;

interface EnrolOptions extends StateOptions {
  readonly role: (typeof roles)[number];
  readonly unit: string;
  readonly dir: string;
}

export function register(program: Command): void {
  withState(program.command('enrol'))
    .description('enrol a person or device; its key is made in the folder and never leaves it')
    .argument('<organisation>', 'whose CA enrols it')
    .argument('<name>', 'what it is called; unique in the organisation')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .requiredOption('--unit <unit>', 'the unit it belongs to')
    .requiredOption('--dir <folder>', 'the keystore folder: key.pem, certificate.pem, ca.pem')
    .action(enrol);
}

async function enrol(organisation: string, name: string, options: EnrolOptions): Promise<void> {
  const network = await findNetwork(stateOf(options));
  if (!network.organisations.some((own) => own.name === organisation)) {
    throw new MusterError('ERR_ORGANISATION_UNKNOWN', { organisation });
  }
  const folder = resolve(options.dir);
  const attributes = memberAttributes(options.role, options.unit);
  await network.enrol(organisation, { name, type: 'client', attributes }, folder);
  const told = { event: 'enrolled', organisation, name, role: options.role, unit: options.unit, folder };
  const text = `${name} of ${organisation} is enrolled as ${options.role}: ${folder}`;
  process.stdout.write(`${options.json === true ? JSON.stringify(told) : text}\n`);
}
