// Running one of Fabric's programs to its end.
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { MusterError } from '@muster/protocol';

export interface ToolRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly seconds?: number;
}

/**
 * @returns what it wrote to stdout
 * @throws MusterError ERR_TOOL_FAILED with the end of what it wrote, when it fails or takes longer than `seconds`
 */
export function runTool(
  tool: string,
  args: readonly string[],
  { env, cwd, seconds = 60 }: ToolRun = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      tool,
      args,
      { env: { ...process.env, ...env }, cwd, timeout: seconds * 1000, maxBuffer: 32 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        const reason = error.killed === true ? `was ended after ${seconds} s` : `exited with ${String(error.code)}`;
        const output = `${stdout}${stderr}`.trim().slice(-2000);
        const name = [basename(tool), ...args.filter((arg) => /^[a-z]+$/.test(arg)).slice(0, 4)].join(' ');
        reject(new MusterError('ERR_TOOL_FAILED', { tool: name, reason, output }, { cause: error }));
      },
    );
  });
}
