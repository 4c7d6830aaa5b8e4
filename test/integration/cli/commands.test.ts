// The command line against a real control API and pooler: every command once as a person calls it, once as a program does.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPsql, startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import { startOidcIssuer } from '@weir/local-servers/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliIn } from './run-cli.ts';

const directory = temporaryDirectory('cli');
const bare = cliIn(directory.path);
let weir: Weir;
let cli: typeof bare;

beforeAll(async () => {
  weir = await startWeir();
  cli = cliIn(directory.path, { WEIR_API_URL: weir.apiUrl, WEIR_API_KEY: weir.apiKey });
});
afterAll(async () => {
  await weir?.close();
  directory.remove();
});

async function json<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await cli([...args, '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as T;
}

test('login tries the key, stores it for its owner alone, and other commands then need no more', async () => {
  const own = join(directory.path, 'login');
  const person = cliIn(own);
  const refused = await person(['login', '--api', weir.apiUrl], { input: 'weir_not_a_key\n' });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('No valid API key');
  expect(existsSync(join(own, 'login.json'))).toBe(false);

  const stored = await person(['login', '--api', weir.apiUrl], { input: `${weir.apiKey}\n` });
  expect(stored.code).toBe(0);
  expect(stored.stdout).not.toContain(weir.apiKey);
  expect(statSync(join(own, 'login.json')).mode & 0o777).toBe(0o600);
  expect((await person(['tenants', 'list'])).stdout).toContain(weir.tenant.id);

  // The stored key is sent to no other address.
  const elsewhere = await person(['tenants', 'list', '--api', 'http://127.0.0.1:9']);
  expect(elsewhere.code).toBe(3);
  expect(elsewhere.stderr).toContain('there is no key for http://127.0.0.1:9');

  expect((await person(['logout'])).code).toBe(0);
  expect((await person(['tenants', 'list'])).code).toBe(3);
});

test('a tenant is made, listed, renamed, suspended and deleted', async () => {
  const url = weir.postgres.url.replace(/\/postgres$/, '/app');
  const made = await json<{ tenant: { id: string }; endpoint: { id: string; settings: object } }>([
    ...['tenants', 'create', '--name', 'made by cli', '--url', url, '--ram-gb', '2'],
    ...['--tls-mode', 'disable', '--set', 'mode=session', '--set', 'poolSize=3'],
  ]);
  expect(made.endpoint.settings).toMatchObject({ mode: 'session', poolSize: 3 });
  const { id } = made.tenant;
  expect((await cli(['tenants', 'list'])).stdout).toMatch(new RegExp(`${id}\\s+active\\s+1\\s+made by cli`));
  expect(await json(['tenants', 'change', id, '--name', 'renamed'])).toMatchObject({ name: 'renamed' });
  expect(await json(['tenants', 'change', id, '--status', 'suspended'])).toMatchObject({
    status: 'suspended',
  });
  const shown = await cli(['tenants', 'get', id]);
  expect(shown.stdout).toContain('suspended  renamed');
  expect(shown.stdout).toContain(made.endpoint.id);
  expect(await json(['tenants', 'delete', id])).toEqual({ deleted: id });
  expect((await cli(['tenants', 'get', id])).code).toBe(4);
});

test('an endpoint is made, listed, changed live and deleted', async () => {
  const url = weir.postgres.url.replace(/\/postgres$/, '/app');
  const { endpoint } = await json<{ endpoint: { id: string } }>([
    ...['endpoints', 'create', weir.tenant.id, '--url', url, '--ram-gb', '2', '--tls-mode', 'disable'],
  ]);
  expect((await cli(['endpoints', 'list', weir.tenant.id])).stdout).toContain(endpoint.id);
  const reading = await json<{ endpoint: { id: string } }>([
    ...['endpoints', 'create', weir.tenant.id, '--url', url, '--ram-gb', '2', '--tls-mode', 'disable'],
    ...['--kind', 'read_only', '--region', 'default', '--cell', 'default'],
  ]);
  const only = (
    await cli(['endpoints', 'list', weir.tenant.id, '--kind', 'read_only', '--region', 'default'])
  ).stdout;
  expect([only.includes(reading.endpoint.id), only.includes(endpoint.id)]).toEqual([true, false]);
  const shown = (await cli(['endpoints', 'get', reading.endpoint.id])).stdout;
  expect(shown).toMatch(/ read_only [\s\S]*\nplace {5}region default, cell default\n/);
  expect((await cli(['endpoints', 'list', weir.tenant.id, '--cell', 'none'])).stdout).not.toContain('ep-');
  expect((await cli(['cs', reading.endpoint.id])).stdout).toMatch(/^a read-only endpoint: .*25006\npooled/);
  expect((await cli(['cs', reading.endpoint.id, '--format', 'env'])).stdout).toMatch(/^# A read-only /);
  await json(['endpoints', 'delete', reading.endpoint.id]);
  const changed = await json(['endpoints', 'change', endpoint.id, '--set', 'queryTimeoutMs=5000']);
  expect(changed).toMatchObject({ settings: { queryTimeoutMs: 5000 } });
  expect((await cli(['endpoints', 'get', endpoint.id])).stdout).toMatch(/queryTimeoutMs\s+5000/);
  expect((await json<{ name: string }[]>(['roles', 'list', endpoint.id])).map((role) => role.name)).toContain(
    weir.postgres.user,
  );
  const refused = await cli(['endpoints', 'change', endpoint.id, '--set', 'poolSize=0']);
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain('settings.poolSize');
  expect(await json(['endpoints', 'delete', endpoint.id])).toEqual({ deleted: endpoint.id });
});

test('a role is made, imported, rotated and forgotten, and its passwords are shown once', async () => {
  const { id } = weir.endpoint;
  const made = await cli(['roles', 'create', id, 'made_by_cli', '--member-of', 'pg_monitor']);
  expect(made.stdout).toMatch(/^password {2}[\w-]{32}$/m);
  const rotated = await json<{ password: string; role: { rotation: object } }>([
    ...['roles', 'rotate', id, 'made_by_cli', '--overlap', '60'],
  ]);
  expect(rotated.role.rotation).toMatchObject({ isFinished: true });
  const list = await cli(['roles', 'list', id]);
  expect(list.stdout).toMatch(/made_by_cli\s+a sealed password\s+the password before opens until 20/);
  expect(list.stdout).not.toContain(rotated.password);
  const file = join(directory.path, 'password');
  writeFileSync(file, `${rotated.password}\n`);
  const imported = await json(['roles', 'import', id, 'made_by_cli', '--password-file', file]);
  expect(imported).toMatchObject({ keeps: 'password' });
  expect(await json(['roles', 'delete', id, 'made_by_cli', '--drop'])).toEqual({ deleted: 'made_by_cli' });
  expect((await cli(['roles', 'rotate', id, 'made_by_cli'])).code).toBe(4);
  expect((await cli(['roles', 'rotate', id, 'app', '--overlap', 'soon'])).code).toBe(2);
});

test('a credential is made, listed and revoked, and its password is shown once', async () => {
  const { id } = weir.endpoint;
  const role = weir.postgres.user;
  const made = await json<{ user: string; password: string }>(['credentials', 'create', id, role]);
  const shown = await cli(['credentials', 'create', id, role, '--ttl', '60']);
  expect(shown.stdout).toMatch(/^user {6}cred_\w{20}\npassword {2}[\w-]{32}$/m);
  const list = await cli(['credentials', 'list', id]);
  expect(list.stdout).toContain(made.user);
  expect(list.stdout).not.toContain(made.password);
  expect(await json(['credentials', 'revoke', id, made.user])).toEqual({ revoked: made.user });
  expect((await cli(['credentials', 'revoke', id, made.user])).code).toBe(4);
  expect((await cli(['credentials', 'create', id, role, '--ttl', 'soon'])).code).toBe(2);
});

test('a trust rule is made, changed, listed and deleted, and a token is exchanged by it without a key', async () => {
  const { id } = weir.endpoint;
  const issuer = await startOidcIssuer();
  const terms = ['--issuer', issuer.url, '--audience', 'weir', '--subject', 'repo:acme/shop:environment:*'];
  const create = ['trust-rules', 'create', id, weir.postgres.user, ...terms];
  const rule = await json<{ id: string }>([...create, '--claim', 'environment=production']);
  const token = issuer.token({ sub: 'repo:acme/shop:environment:production', environment: 'production' });
  const keyless = cliIn(join(directory.path, 'keyless'), { WEIR_API_URL: weir.apiUrl });
  const exchange = ['credentials', 'exchange', rule.id, '--token-file'];
  const shown = await keyless([...exchange, '-'], { input: `${token}\n` });
  expect(shown.stdout).toMatch(/^user {6}cred_\w{20}\npassword {2}[\w-]{32}\npooled {4}postgresql:/);
  const changed = await json(['trust-rules', 'change', id, rule.id, '--claim', 'environment=preview']);
  expect(changed).toMatchObject({ claims: { environment: 'preview' }, generation: 2 });
  const file = join(directory.path, 'token');
  writeFileSync(file, token);
  const refused = await keyless([...exchange, file]);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('token.environment: is "production", which the rule does not trust');
  expect((await cli(['trust-rules', 'list', id])).stdout).toContain('environment=preview');
  expect((await keyless(['credentials', 'exchange', rule.id])).code).toBe(2);
  expect((await cli([...create, '--subject', 'repo:acme*'])).code).toBe(5);
  expect(await json(['trust-rules', 'delete', id, rule.id])).toEqual({ deleted: rule.id });
  expect((await keyless([...exchange, file])).code).toBe(4);
  await issuer.close();
});

test('cs prints the string of a side, and each snippet on it', async () => {
  const id = weir.endpoint.id;
  const host = (args: readonly string[]) =>
    cli(['cs', id, '--role', 'app', ...args]).then(({ stdout }) => new URL(stdout.trim()).hostname);
  expect(await host(['--pooled'])).toBe(weir.hosts.pooled);
  expect(await host(['--format', 'url', '--direct'])).toBe(weir.hosts.direct);
  expect(await host(['--direct', '--no-sni'])).toBe('localhost');
  const psql = await cli(['cs', id, '--role', 'app', '--format', 'psql', '--direct']);
  expect(psql.stdout).toMatch(new RegExp(`^psql 'postgresql://app@${weir.hosts.direct}:`));
  const env = await cli(['cs', id, '--format', 'vercel']);
  expect(env.stdout).toContain('DATABASE_URL_UNPOOLED=');
  expect((await cli(['cs', id, '--format', 'cobol'])).code).toBe(2);
});

const hasPsql = findPsql() !== null;
// The reason is in the title.
test.skipIf(!hasPsql)(
  `weir psql runs psql on the endpoint${hasPsql ? '' : ' (skipped: no psql)'}`,
  async () => {
    const run = await cli(['psql', weir.endpoint.id, '--role', 'app', '--', '-XAtc', 'select current_user'], {
      env: { PGPASSWORD: 'app-pw' },
    });
    expect(run.stderr).toBe('');
    expect(run).toMatchObject({ code: 0, stdout: 'app\n' });
    const wrong = await cli(['psql', weir.endpoint.id, '--role', 'app', '--', '-XAtc', 'select 1'], {
      env: { PGPASSWORD: 'wrong' },
    });
    expect(wrong.code).toBe(2);
  },
);

test('pins and top show what a client does', async () => {
  const client = await weir.client();
  await client.query('create temp table basket (id int)');
  await waitUntil(async () => (await json<{ pinned: number }>(['pins', weir.endpoint.id])).pinned === 1, {
    what: 'the pin is reported',
    timeoutMs: 30_000,
    intervalMs: 200,
  });
  const pins = await cli(['pins', weir.endpoint.id]);
  expect(pins.stdout).toMatch(/temp-object\s+\d+ s\s+\d+ s\s+app@app/);
  const once = await cli(['top', '--once']);
  expect(once.stdout).toMatch(new RegExp(`${weir.endpoint.id}\\s`));
  const looks = await cli(['top', weir.endpoint.id, '--once', '--json']);
  expect(JSON.parse(looks.stdout)).toMatchObject({
    endpointId: weir.endpoint.id,
    totals: { serversPinned: 1 },
  });
  await client.end();
});

test.each([
  { args: ['nothing'], code: 2, says: 'there is no command "nothing"' },
  { args: ['tenants', 'dance'], code: 2, says: 'there is no "tenants dance"' },
  { args: ['tenants', 'list', '--colour'], code: 2, says: "'--colour'" },
  { args: ['endpoints', 'get', 'ep-calm-river-a1b2c3'], code: 4, says: 'no such endpoint' },
  {
    args: ['tenants', 'list', '--api', 'http://127.0.0.1:10', '--api-key', 'k'],
    code: 6,
    says: 'ECONNREFUSED',
  },
  { args: ['cs', 'x', '--pooled', '--direct'], code: 2, says: 'exclude each other' },
])('weir $args fails with $code and says why, in words and in JSON', async ({ args, code, says }) => {
  const words = await cli(args);
  expect(words).toMatchObject({ code, stdout: '' });
  expect(words.stderr).toContain(says);
  const told = await cli([...args, '--json']);
  expect(told.code).toBe(code);
  expect(JSON.parse(told.stderr).error).toContain(says);
});

test('every command explains itself, and the documentation names them all', async () => {
  const { stdout } = await cli(['--help']);
  const names = [...stdout.matchAll(/^ {2}weir (\S+)/gm)].map((match) => match[1]!);
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  for (const name of names) {
    const help = await cli([name, '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain(`Usage: weir ${name}`);
    expect(page).toContain(`\`weir ${name}`);
  }
});

const bashWords = (line: string) =>
  `eval "$(cat)"; COMP_WORDS=(${line} ""); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _weir; echo "\${COMPREPLY[@]}"`;

test('bash completes commands, actions and options', async () => {
  const { stdout: script } = await cli(['completion', 'bash']);
  const complete = (line: string) =>
    execFileSync('bash', ['-c', bashWords(line)], { input: script, encoding: 'utf8' })
      .trim()
      .split(' ');
  expect(complete('weir')).toEqual(expect.arrayContaining(['tenants', 'cs', 'login']));
  expect(complete('weir tenants')).toEqual(expect.arrayContaining(['create', '--ram-gb', '--json']));
  for (const shell of ['zsh', 'fish']) {
    expect((await cli(['completion', shell])).stdout).toContain('tenants');
  }
});

test('the seal key is rotated, and no key that is needed is removed', async () => {
  const [old] = readFileSync(weir.sealKeyFile, 'utf8').split(':') as [string];
  expect((await cli(['seal-key', 'status'])).stdout).toMatch(
    new RegExp(`${old} +needed +seals \\d+ passwords .* new secrets are sealed with at control-api-`),
  );
  const early = await cli(['seal-key', 'remove', weir.sealKeyFile, old]);
  expect(early).toMatchObject({ code: 5, stderr: expect.stringContaining('is still needed: it seals') });
  const nowhere = await cli(['seal-key', 'use', weir.sealKeyFile, 'other']);
  expect(nowhere).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('not every process has the key'),
  });
  const rotated = await json<{ sealing: string }>(['seal-key', 'rotate', weir.sealKeyFile]);
  const status = await json<{ keys: { id: string; mayBeRemoved: boolean }[] }>(['seal-key', 'status']);
  expect(status.keys.map(({ id, mayBeRemoved }) => [id, mayBeRemoved])).toEqual([
    [rotated.sealing, false],
    [old, true],
  ]);
  expect((await cli(['seal-key', 'remove', weir.sealKeyFile, old])).stdout).toBe(`removed ${old}\n`);
  expect(statSync(weir.sealKeyFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(weir.sealKeyFile, 'utf8')).toMatch(new RegExp(`^${rotated.sealing}:[0-9a-f]{64}\n$`));
});
