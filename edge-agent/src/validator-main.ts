// The validator's program: node validator-main.ts --config FILE

import { runProgram } from './run-main.ts';
import { runValidatorService } from './validator/run.ts';

await runProgram(runValidatorService);
