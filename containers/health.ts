// What a container's health check asks: `gateway CONFIG`, whether it says that it is ready; `member CONFIG`, whether any gateway
// that the agent or validator would use is, without which it cannot work. Ends with 1 and the reason where not.
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

const TIMEOUT_MS = 5000;

interface Config {
  readonly listen: { readonly port: number };
  readonly peer: { readonly tlsRoot: string };
  readonly gateways: readonly { readonly url: string; readonly tlsRoot: string }[];
}

async function requireReady(url: string, rootFile: string): Promise<void> {
  const ca = await readFile(rootFile);
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${url}/readyz`, { ca, timeout: TIMEOUT_MS, agent: false }, ({ statusCode = 0 }) => {
      if (statusCode === 200) resolve();
      else reject(new Error(`${url}/readyz answers ${statusCode}`));
      sent.destroy();
    });
    sent.once('timeout', () => sent.destroy(new Error(`${url} did not answer in time`)));
    sent.once('error', reject);
    sent.end();
  });
}

const [kind, file = ''] = process.argv.slice(2);
try {
  const config = JSON.parse(await readFile(file, 'utf8')) as Config;
  if (kind === 'gateway') {
    await requireReady(`https://localhost:${config.listen.port}`, config.peer.tlsRoot);
  } else {
    await Promise.any(config.gateways.map(({ url, tlsRoot }) => requireReady(url, tlsRoot)));
  }
} catch (error) {
  const reasons: unknown[] = error instanceof AggregateError ? error.errors : [error];
  console.error(reasons.map(String).join('; '));
  process.exitCode = 1;
}
