// The examples of docs/oidc.md, run as they stand: the module for Vercel's functions, and the step of a job of GitHub's.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory, type Weir } from '@weir/harness';
import { findProgram } from '@weir/local-servers';
import type { OidcIssuer } from '@weir/local-servers/testing';

const run = promisify(execFile);
const page = readFileSync(new URL('../../../docs/oidc.md', import.meta.url), 'utf8');
const block = (pattern: RegExp) => pattern.exec(page)![1]!;

/** Runs `program`, which imports `poolFor` of the page's module and has a token in TOKEN. Resolves with what it prints. */
export async function runWithPoolModule(
  weir: Weir,
  { rule, token, program }: { readonly rule: string; readonly token: string; readonly program: string },
): Promise<string> {
  const directory = temporaryDirectory('oidc-function');
  const file = (name: string, text: string) => {
    const path = join(directory.path, name);
    writeFileSync(path, text);
    return path;
  };
  const poolModule = block(/^```js\n(import pg[\s\S]+?)^```/m);
  // It lies in no package of its own.
  file('weir-pool.mjs', poolModule.replace("'pg'", JSON.stringify(import.meta.resolve('pg'))));
  const main = file('function.mjs', `import { poolFor } from './weir-pool.mjs';\n${program}`);
  const resolver = new URL('../../drivers/resolve-localhost.mjs', import.meta.url).href;
  const { stdout } = await run(process.execPath, ['--import', resolver, main], {
    env: {
      PATH: process.env.PATH,
      ...{ WEIR_API_URL: weir.apiUrl, WEIR_TRUST_RULE: rule, TOKEN: token },
      NODE_EXTRA_CA_CERTS: file('ca.pem', weir.caPem),
    },
  });
  directory.remove();
  return stdout;
}

/** What the job's step needs and is not here. */
export const missingForStep = ['bash', 'curl', 'jq'].filter((name) => findProgram([name]) === null);

/** Runs the page's step beside a runner that has tokens of `issuer`. Resolves with what it prints, and what later steps find. */
export async function runJobStep(
  weir: Weir,
  { rule, issuer }: { readonly rule: string; readonly issuer: OidcIssuer },
): Promise<{ readonly stdout: string; readonly environment: string }> {
  // As a runner serves its job: a token for the audience that is asked for, to whoever has the job's own secret.
  const runner = createServer((request, response) => {
    const aud = new URL(request.url!, 'http://runner').searchParams.get('audience');
    const isJob = request.headers.authorization === 'bearer of-the-job';
    response.writeHead(isJob ? 200 : 401).end(JSON.stringify({ value: issuer.token({ aud }) }));
  });
  await new Promise<void>((resolve) => runner.listen(0, '127.0.0.1', resolve));
  const { port } = runner.address() as AddressInfo;
  const directory = temporaryDirectory('oidc-job');
  const environmentFile = join(directory.path, 'environment');
  const step = block(/run: \|\n((?: {10}.*\n)+)/).replace(/^ {10}/gm, '');
  // As a runner starts it.
  const { stdout } = await run('bash', ['-e', '-o', 'pipefail', '-c', step], {
    env: {
      PATH: process.env.PATH,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/?api-version=2.0`,
      ...{ WEIR_API_URL: weir.apiUrl, WEIR_TRUST_RULE: rule, GITHUB_ENV: environmentFile },
    },
  });
  const environment = readFileSync(environmentFile, 'utf8');
  directory.remove();
  await new Promise((resolve) => runner.close(resolve));
  return { stdout, environment };
}
