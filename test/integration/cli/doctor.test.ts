// The doctor on strings that are wrong in one way each, against a real pooler.
import { readFileSync } from 'node:fs';
import { startPostgres, startWeir, temporaryDirectory, type Weir } from '@weir/harness';
import { freePort } from '@weir/local-servers';
import { connectionString } from '@weir/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliIn } from './run-cli.ts';

interface Diagnosis {
  ok: boolean;
  connected: { role: string; database: string; tls: boolean } | null;
  findings: { severity: string; code: string; message: string; hint: string | null }[];
}

const directory = temporaryDirectory('doctor');
let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({ budget: 2, settings: { queryWaitTimeoutMs: 2_000 } });
});
afterAll(async () => {
  await weir?.close();
  directory.remove();
});

async function diagnose(text: string, words: readonly string[] = []): Promise<Diagnosis> {
  const cli = cliIn(directory.path, { WEIR_API_URL: weir.apiUrl, WEIR_API_KEY: weir.apiKey });
  const { code, stdout, stderr } = await cli(['doctor', text, '--json', ...words]);
  expect(stderr).toBe('');
  const diagnosis = JSON.parse(stdout) as Diagnosis;
  expect(code).toBe(diagnosis.ok ? 0 : 1);
  return diagnosis;
}

const errors = ({ findings }: Diagnosis) =>
  findings.filter((one) => one.severity === 'error').map((one) => one.code);
const codes = ({ findings }: Diagnosis) => findings.map((one) => one.code);

test('a good string is said to be good, and who it logs in', async () => {
  const found = await diagnose(weir.pooledUrl(), ['--for', 'application']);
  expect(found).toMatchObject({
    ok: true,
    findings: [],
    connected: { role: 'app', database: 'app', tls: true },
  });
});

test('the pooled string is warned of for migrations, and pgbouncer=true is said to be needless', async () => {
  const found = await diagnose(weir.pooledUrl({ params: { pgbouncer: 'true' } }), ['--for', 'migrations']);
  expect(found.ok).toBe(true);
  expect(codes(found)).toEqual(['wrong-side', 'parameter-needless']);
});

test('a host that only this machine may know by another route is tried there', async () => {
  const found = await diagnose(weir.pooledUrl({ by: 'host' }));
  expect(found.ok).toBe(true);
  expect(found.connected).toMatchObject({ role: 'app' });
});

test('a certificate that is not known here is a warning where clients may ignore it, else an error', async () => {
  const lax = await diagnose(weir.pooledUrl({ sslmode: 'require' }));
  expect(lax.ok).toBe(true);
  expect(codes(lax)).toEqual(['tls-unverified', 'tls-untrusted']);
  const strict = weir.pooledUrl({ sslmode: 'verify-full' }).replace(/&sslrootcert=[^&]*/, '');
  expect(errors(await diagnose(strict))).toEqual(['tls-untrusted']);
});

test('a wrong password, an unknown endpoint, no endpoint, a missing database and no TLS are told apart', async () => {
  const other = 'ep-calm-river-zzzzzz';
  const cases = [
    [weir.pooledUrl({ password: 'wrong' }), ['password-wrong']],
    [weir.pooledUrl().replaceAll(weir.endpoint.id, other), ['endpoint-unknown']],
    [weir.pooledUrl().replace(/&options=[^&]*/, ''), ['endpoint-missing', 'sni-missing']],
    [weir.pooledUrl({ database: 'nowhere' }), ['database-missing']],
    [weir.pooledUrl({ sslmode: 'disable' }), ['tls-off']],
  ] as const;
  for (const [text, expected] of cases) {
    expect(errors(await diagnose(text)), text).toEqual(expected);
  }
});

test('a host without DNS, a port without listener and a server without TLS are told apart', async () => {
  const parts = { role: 'app', password: 'app-pw', database: 'app', port: await freePort() };
  const options = `endpoint=${weir.endpoint.id}`;
  const nowhere = connectionString({ ...parts, host: `${weir.endpoint.id}.weir.invalid` });
  expect(errors(await diagnose(nowhere))).toEqual(['dns']);
  const silent = connectionString({ ...parts, host: '127.0.0.1', params: { options } });
  expect(errors(await diagnose(silent))).toEqual(['unreachable']);
  await using postgres = await startPostgres();
  const plain = connectionString({ ...parts, host: postgres.host, port: postgres.port, params: { options } });
  expect(errors(await diagnose(plain))).toEqual(['tls-refused']);
});

test('a full budget is named, and a suspended tenant is', async () => {
  // Budget − 1 direct connections are the most.
  const held = await weir.client({ direct: true });
  await held.query('select 1');
  const full = await diagnose(weir.directUrl());
  expect(errors(full)).toEqual(['over-budget']);
  expect(full.findings.find((one) => one.code === 'over-budget')?.hint).toBeTruthy();
  expect(errors(await diagnose(weir.directUrl(), ['--wait', '0.5']))).toEqual(['no-answer']);
  await held.end();

  await weir.controlApi.call('PATCH', `/v1/tenants/${weir.tenant.id}`, { status: 'suspended' });
  await expect
    .poll(async () => errors(await diagnose(weir.pooledUrl())), { timeout: 30_000 })
    .toEqual(['suspended']);
  await weir.controlApi.call('PATCH', `/v1/tenants/${weir.tenant.id}`, { status: 'active' });
});

test('offline nothing is connected to, and a text that is no string is explained', async () => {
  const found = await diagnose('postgresql://app:p@ss@host/db', ['--offline']);
  expect(errors(found)).toEqual(['unreadable']);
  expect(found.findings[0]?.hint).toContain('%40');
  expect((await diagnose(weir.pooledUrl(), ['--offline'])).connected).toBeNull();
});

test('the documentation has every code of a finding, and no other', async () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const table = read('docs/cli.md').split('## What the doctor finds')[1]!.split('\n## ')[0]!;
  const told = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap((row) => row[1]!.split(', '));
  const known = read('apps/cli/src/doctor/finding.ts').split('findingCodes = [')[1]!.split(']')[0]!;
  const codesOfCode = [...known.matchAll(/'([^']+)'/g)].map((match) => `\`${match[1]}\``);
  expect(told.sort()).toEqual(codesOfCode.sort());
});
