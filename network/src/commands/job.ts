// muster job: propose, approve, reject, show, list.
import { composeJob, proposeJob, voteJob } from '@muster/edge-agent';
import { type JobStatus, type RoundState, STATE_RULES, type StateRule } from '@muster/protocol';
import { type Command, Option } from 'commander';
import { attestedBy, explained } from './attested.ts';
import {
  commitmentsOf,
  type CommitOptions,
  selectionOf,
  type SelectOptions,
  withCommitments,
  withSelection,
} from './commit-options.ts';
import { findJob } from './find-job.ts';
import { asMember, type MemberOptions, withMember } from './member-options.ts';
import { parseCount } from './network-options.ts';
import { given, recipeOf, type RecipeOptions, withRecipe } from './recipe-options.ts';
import { rootDataOf, ruleOf, withRule, type RuleOptions } from './rule-options.ts';
import { registerScores } from './job-scores.ts';
import { scoresOf, withScores, type ScoreOptions } from './score-options.ts';
import { short, table, tell, tellAll } from './show.ts';

interface ProposeOptions extends MemberOptions, RecipeOptions, RuleOptions, ScoreOptions, CommitOptions, SelectOptions {
  readonly name: string;
  readonly model: string;
  readonly rounds: number;
  readonly agents?: number;
  readonly minimum?: number;
  readonly quorum?: number;
  readonly fractionBits?: number;
  readonly magnitudeBits?: number;
  readonly modelState?: StateRule;
  readonly seed: number;
  readonly updatesWindow?: number;
  readonly attestationsWindow?: number;
}

const STATUSES = ['proposed', 'approved', 'rejected', 'finished', 'failed'] as const satisfies readonly JobStatus[];

export function register(program: Command): void {
  const job = program.command('job').description('propose jobs, vote on them, look at them');
  withRule(withSelection(withCommitments(withScores(withRecipe(withMember(job.command('propose')))))))
    .description('compose a job, store its artefacts and propose its terms')
    .option('--name <name>', 'what the job is called', 'job')
    .option('--model <model>', 'mlp, cnn, lstm, or the path of an ONNX model of your own (docs/training.md)', 'mlp')
    .option('--rounds <n>', 'rounds to finalise', parseCount, 10)
    .option('--agents <n>', 'updates a round hopes for (default: all agents of the network)', parseCount)
    .option(
      '--minimum <n>',
      'updates a round needs (default: two thirds, or fewer where more than a third may be malicious)',
      parseCount,
    )
    .option('--quorum <n>', 'organisations that must attest one model (default: n − f of n ≥ 3f + 1)', parseCount)
    .addOption(
      new Option(
        '--model-state <rule>',
        'a model’s running statistics: their mean, or keep the base’s (default: mean)',
      ).choices(STATE_RULES),
    )
    .option(
      '--fraction-bits <n>',
      'of the fixed point of updates (default: 24, with running statistics 20)',
      parseCount,
    )
    .option('--magnitude-bits <n>', 'the same, in all (default: 28, with running statistics 30)', parseCount)
    .option('--seed <n>', 'seeds model and training', parseCount, 1)
    .option('--updates-window <ms>', 'how long updates are recorded', parseCount)
    .option('--attestations-window <ms>', 'how long attestations are recorded', parseCount)
    .action(propose);
  for (const verdict of ['approve', 'reject'] as const) {
    withMember(job.command(verdict))
      .description(`${verdict} a job for the officer's organisation`)
      .argument('<job>', 'its id, or the beginning of it')
      .action((id: string, options: MemberOptions) => vote(id, verdict, options));
  }
  withMember(job.command('show'))
    .description('show a job and its rounds')
    .argument('<job>', 'its id, or the beginning of it')
    .action(show);
  registerScores(job);
  withMember(job.command('list'))
    .description('list jobs')
    .addOption(new Option('--status <status>', 'only those').choices(STATUSES))
    .action(list);
}

function propose(options: ProposeOptions): Promise<void> {
  return asMember(options, async ({ plan, member, gateway }) => {
    const { name, model, rounds, seed, minimum, quorum, updatesWindow, attestationsWindow } = options;
    const composed = await composeJob({
      name,
      model,
      rounds,
      seed,
      organisations: plan.organisations.map((organisation) => organisation.name),
      agents: options.agents ?? plan.organisations.reduce((sum, { agents }) => sum + agents.length, 0),
      rule: ruleOf(options),
      ...(await rootDataOf(options)),
      recipe: await recipeOf(options),
      ...given({ state: options.modelState, scores: scoresOf(options) }),
      ...given({ commitments: commitmentsOf(options), selection: selectionOf(options) }),
      participation: given({ minimum }),
      quorum: given({ attestations: quorum }),
      fixedPoint: given({ fractionBits: options.fractionBits, magnitudeBits: options.magnitudeBits }),
      windows: given({ updatesMs: updatesWindow, attestationsMs: attestationsWindow }),
    });
    const { job, receipt } = await proposeJob(gateway, member, composed);
    const needed = composed.terms.quorum.approvals;
    tell(
      options.json,
      { event: 'proposed', job, transaction: receipt.transaction, terms: composed.terms },
      `${job} is proposed; ${needed} of ${composed.terms.organisations.length} organisations must approve it`,
    );
  });
}

function vote(prefix: string, verdict: 'approve' | 'reject', options: MemberOptions): Promise<void> {
  return asMember(options, async ({ member, gateway }) => {
    const { job } = await findJob(gateway, prefix);
    const { transaction } = await voteJob(gateway, member, job, verdict);
    const told = { event: 'voted', job, organisation: member.organisation, verdict, transaction };
    tell(options.json, told, `${member.organisation} votes to ${verdict} ${job}`);
  });
}

function roundRow(round: RoundState): string[] {
  const { openedAt, finalisedAt, commitments, updates, model } = round;
  const seconds = finalisedAt === undefined ? '-' : ((finalisedAt - openedAt) / 1000).toFixed(2);
  const count =
    updates === undefined ? '-' : `${updates.count}${commitments === undefined ? '' : ` of ${commitments.count}`}`;
  return [String(round.round), round.phase, count, short(model?.digest), seconds, attestedBy(round)];
}

function show(prefix: string, options: MemberOptions): Promise<void> {
  return asMember(options, async ({ gateway }) => {
    const { job: id } = await findJob(gateway, prefix);
    const [{ job, model }, rounds] = await Promise.all([gateway.job(id), gateway.rounds(id)]);
    const { terms } = job;
    const votes = Object.entries(job.votes).map(([organisation, { verdict }]) => `${organisation} ${verdict}`);
    const facts = [
      ['job', job.job],
      ['name', terms.name],
      ['status', job.status],
      ['proposed by', job.proposedBy],
      ['votes', votes.join(', ') || '-'],
      ['rule', terms.rule.name],
      ['quorum', `${terms.quorum.attestations} of ${terms.organisations.length}`],
      ['rounds', `${model?.finalised ?? 0} of ${terms.rounds} finalised`],
      ['model', model?.model.digest ?? terms.base.digest],
    ];
    const lines = facts.map(([name = '', value = '']) => `${name.padEnd(12)} ${value}`).join('\n');
    const head = ['round', 'phase', 'updates', 'model', 'seconds', 'attested by'];
    tell(options.json, { job, model, rounds }, `${lines}\n\n${explained(table(head, rounds.map(roundRow)), rounds)}`);
  });
}

function list(options: MemberOptions & { readonly status?: JobStatus }): Promise<void> {
  return asMember(options, async ({ gateway }) => {
    const jobs = await gateway.jobs(options.status);
    tellAll(options.json, jobs, ['job', 'name', 'status', 'rounds', 'rule'], ({ job, terms, status }) => [
      job,
      terms.name,
      status,
      String(terms.rounds),
      terms.rule.name,
    ]);
  });
}
