// muster enrol: registers a person or device with its organisation's CA and enrols it into a keystore folder.
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Holder, MusterError } from '@muster/protocol';
import { memberAttributes } from '../derive/identities.ts';
import { findNetwork } from '../find-network.ts';
import { parseDataSets, parseName, stateOf, type StateOptions, withState } from './network-options.ts';
import { given } from './recipe-options.ts';

const roles = ['officer', 'requester', 'agent', 'validator', 'auditor', 'relay'] as const;

interface EnrolOptions extends StateOptions {
  readonly role: (typeof roles)[number];
  readonly unit: string;
  readonly data?: readonly string[];
  readonly platform?: string;
  readonly dir: string;
}

export function register(program: Command): void {
  withState(program.command('enrol'))
    .description('enrol a person or device; its key is made in the folder and never leaves it')
    .argument('<organisation>', 'whose CA enrols it')
    .argument('<name>', 'what it is called; unique in the organisation')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .requiredOption('--unit <unit>', 'the unit it belongs to')
    .option('--data <names>', 'data sets that the organisation vouches it has, with commas between them', parseDataSets)
    .option('--platform <name>', 'what it runs on, e.g. linux-arm64', parseName)
    .requiredOption('--dir <folder>', 'the keystore folder: key.pem, certificate.pem, ca.pem')
    .action(enrol);
}

async function enrol(organisation: string, name: string, options: EnrolOptions): Promise<void> {
  const network = await findNetwork(stateOf(options));
  if (!network.organisations.some((own) => own.name === organisation)) {
    throw new MusterError('ERR_ORGANISATION_UNKNOWN', { organisation });
  }
  const folder = resolve(options.dir);
  const { role, unit, data: dataSets, platform } = options;
  const holder: Holder = { unit, ...given({ dataSets, platform }) };
  await network.enrol(organisation, { name, type: 'client', attributes: memberAttributes(role, holder) }, folder);
  const told = { event: 'enrolled', organisation, name, role, ...holder, folder };
  const text = `${name} of ${organisation} is enrolled as ${role}: ${folder}`;
  process.stdout.write(`${options.json === true ? JSON.stringify(told) : text}\n`);
}
