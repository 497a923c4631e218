// muster audit: what the ledger says happened. History of a key, lineage of a model, search among events.
import type { EventQuery, Gateway } from '@muster/edge-agent';
import { KEY_TYPES, type KeyType, MusterError } from '@muster/protocol';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { registerForks } from './audit-forks.ts';
import { registerProof } from './audit-proof.ts';
import { attestedBy, explained } from './attested.ts';
import { findJob } from './find-job.ts';
import { asMember, type MemberOptions, withMember } from './member-options.ts';
import { parseCount } from './network-options.ts';
import { short, table, tell, tellAll, when } from './show.ts';

interface FindOptions extends MemberOptions, EventQuery {
  readonly limit: number;
}

function parseTime(text: string): number {
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('a date, 2026-05-04T12:00:00Z, or milliseconds since 1970');
  return at;
}

export function register(program: Command): void {
  const audit = program.command('audit').description('ask the ledger what happened');
  registerProof(audit);
  registerForks(audit);
  withMember(audit.command('history'))
    .description('every value a key of the ledger had, newest first')
    .addArgument(new Argument('<type>', 'what lies under the key').choices(KEY_TYPES))
    .argument('<attributes...>', 'the rest of the key, e.g. for a round: its job and its number in seven digits')
    .action(history);
  withMember(audit.command('lineage'))
    .description('how a model came to be, oldest round first')
    .argument('[model]', 'its digest, sha256:…')
    .option('--job <job>', 'the current model of a job instead, by its id or the beginning of it')
    .action(lineage);
  withMember(audit.command('find'))
    .description('search among everything that happened, newest first')
    .option('--organisation <name>')
    .option('--by <organisation/name>', 'who did it')
    .option('--job <job>', 'its id, or the beginning of it')
    .addOption(new Option('--type <type>', 'of event, e.g. round.updated'))
    .option('--digest <digest>', 'of a model or an update')
    .option('--from <time>', 'not before', parseTime)
    .option('--to <time>', 'not after', parseTime)
    .option('--limit <n>', 'at most so many', parseCount, 50)
    .action(find);
}

function history(type: KeyType, attributes: string[], options: MemberOptions): Promise<void> {
  return asMember(options, async ({ gateway }) => {
    const entries = await gateway.history(type, attributes);
    tellAll(options.json, entries, ['at', 'transaction', 'value'], ({ at, transaction, value, deleted }) => [
      when(at),
      transaction.slice(0, 16),
      deleted ? 'deleted' : JSON.stringify(value),
    ]);
  });
}

function lineage(model: string | undefined, options: MemberOptions & { readonly job?: string }): Promise<void> {
  if ((model === undefined) === (options.job === undefined)) {
    const issues = [{ field: 'model', problem: 'either its digest or --job is needed' }];
    throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'arguments', issues });
  }
  return asMember(options, async ({ gateway }) => {
    const digest = model ?? (await currentModel(gateway, options.job ?? ''));
    const found = await gateway.lineage(digest);
    const head = ['round', 'base', 'model', 'updates', 'attested by', 'finalised', 'transaction', 'block'];
    const rows = found.lineage.map(({ round, updates, transaction, block }) => [
      String(round.round),
      short(round.base.digest),
      short(round.model?.digest),
      String(updates.length),
      attestedBy(round),
      when(round.finalisedAt ?? 0),
      transaction.slice(0, 16),
      String(block),
    ]);
    const { job, terms } = found.job;
    const rounds = found.lineage.map(({ round }) => round);
    tell(
      options.json,
      found,
      `job ${job} (${terms.name}), base ${short(terms.base.digest)}\n\n${explained(table(head, rows), rounds)}`,
    );
  });
}

async function currentModel(gateway: Gateway, prefix: string): Promise<string> {
  const { job, terms } = await findJob(gateway, prefix);
  const { model } = await gateway.job(job);
  return model?.model.digest ?? terms.base.digest;
}

function find({ limit, ...options }: FindOptions): Promise<void> {
  return asMember(options, async ({ gateway }) => {
    const { organisation, by, type, digest, from, to } = options;
    const job = options.job === undefined ? undefined : (await findJob(gateway, options.job)).job;
    const wanted = Object.entries({ organisation, by, job, type, digest, from, to });
    const query = Object.fromEntries(wanted.filter(([, value]) => value !== undefined));
    const rows = await gateway.find(query, limit);
    tellAll(options.json, rows, ['at', 'event', 'id', 'transaction'], ({ at, type: kind, id, transaction }) => [
      when(at),
      kind,
      id,
      transaction.slice(0, 16),
    ]);
  });
}
