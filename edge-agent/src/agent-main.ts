// The edge agent's program: node agent-main.ts --config FILE

import { runAgentService } from './agent/run.ts';
import { runProgram } from './run-main.ts';

await runProgram(runAgentService);
