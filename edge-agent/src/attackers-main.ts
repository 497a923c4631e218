// The program of a rehearsal's attackers: node attackers-main.ts --config FILE

import { runAttackersService } from './attackers/run.ts';
import { runProgram } from './run-main.ts';

await runProgram(runAttackersService);
