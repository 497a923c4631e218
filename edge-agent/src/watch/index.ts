// What agent and validator share: enrolment of their own certificate, and watching jobs.

export { enrolSelf } from './enrol-self.ts';
export { silentLog, type Log } from './log.ts';
export { watchClock } from './watch-clock.ts';
export { watchJobs, type JobSight, type WatchOptions } from './watch-jobs.ts';
