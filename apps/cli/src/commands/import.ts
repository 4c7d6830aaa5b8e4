// `weir import`: a tenant made from the configuration of another pooler, pgbouncer.ini.
import { dirname, resolve } from 'node:path';
import type { Api } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson, readTextFile } from '../command.ts';
import { readIni, readUserList } from '../import/ini-file.ts';
import { type ImportPlan, type PlannedEndpoint, planImport } from '../import/plan.ts';
import { numberOption } from './upstream-options.ts';

export const importIni = defineCommand({
  name: 'import',
  usage:
    'import pgbouncer.ini --name NAME --ram-gb N [--user U] [--password-file FILE] [--ca FILE] [--apply]',
  summary: 'make a tenant from a pgbouncer.ini',
  help: `
Prints what it would make, and line by line what cannot be carried over; --apply makes it. Each server of [databases] becomes
an endpoint of one tenant; settings of databases and users become overrides.
--ram-gb N            memory of the servers' machines
--user, --password-file   role that Weir logs in as, where the file or its auth_file has none with a plain password
--ca FILE             PEM of the authority of the servers' certificates, instead of server_tls_ca_file
${apiHelp}`,
  options: {
    ...apiOptions,
    name: { type: 'string' },
    'ram-gb': { type: 'string' },
    user: { type: 'string' },
    'password-file': { type: 'string' },
    ca: { type: 'string' },
    apply: { type: 'boolean' },
  },
  async run({ values, positionals }) {
    const file = onlyWord(positionals, 'a pgbouncer.ini');
    const { name } = values;
    if (name === undefined || values['ram-gb'] === undefined) {
      throw new CommandError('--name and --ram-gb must be given', { exitCode: exitCodes.usage });
    }
    // Files that it names are looked for beside it.
    const beside = (other: string) => resolve(dirname(file), other);
    const ini = readIni(file, (path) => readTextFile(path === file ? path : beside(path)));
    const global = (key: string) =>
      ini.entries.findLast((entry) => entry.section === 'pgbouncer' && entry.key === key)?.value;
    const authFile = global('auth_file');
    const caFile = values.ca ?? (global('server_tls_ca_file') && beside(global('server_tls_ca_file')!));
    const plan = planImport(
      ini,
      authFile === undefined ? new Map() : readUserList(readTextFile(beside(authFile))),
      {
        computeRamGb: numberOption('ram-gb', values['ram-gb']),
        user: values.user,
        password: values['password-file'] && readTextFile(values['password-file']).trim(),
        caPem: caFile && readTextFile(caFile),
      },
    );
    if (!values.apply) {
      if (values.json)
        printJson({ name, ...plan, endpoints: plan.endpoints.map(withoutSecret), applied: false });
      else report(name, plan);
      return plan.missing.length > 0 ? exitCodes.failed : 0;
    }
    if (plan.missing.length > 0) {
      throw new CommandError(`this is missing: ${plan.missing.join('; ')}`, { exitCode: exitCodes.usage });
    }
    const made = await carryOut(chooseApi(values), name, plan.endpoints);
    if (values.json) {
      printJson({ name, ...made, notes: plan.notes, applied: true });
      return 0;
    }
    tellNotes(plan);
    console.log(`tenant    ${made.tenant}  ${name}`);
    for (const { endpoint, pooled, direct } of made.endpoints) {
      console.log(`endpoint  ${endpoint}\npooled    ${pooled}\ndirect    ${direct}`);
    }
    return 0;
  },
});

interface MadeEndpoint {
  readonly endpoint: string;
  readonly pooled: string;
  readonly direct: string;
}

/** Makes the tenant with its first endpoint, then the others. What was made before a failure stays, and is named. */
async function carryOut(api: Api, name: string, planned: readonly PlannedEndpoint[]) {
  const [first, ...others] = planned;
  const reply = await api.createTenant({ body: { name, ...first!.body } });
  const endpoints: MadeEndpoint[] = [madeOf(reply)];
  for (const { body } of others) {
    try {
      endpoints.push(madeOf(await api.createEndpoint({ params: { tenantId: reply.tenant.id }, body })));
    } catch (error) {
      const { message, hint, exitCode } = CommandError.of(error);
      const done = endpoints.map((one) => one.endpoint).join(', ');
      throw new CommandError(`${body.upstream.host}:${body.upstream.port}: ${message}`, {
        hint: `${hint ?? ''}\ntenant ${reply.tenant.id} was made with ${done}; weir endpoints create adds the rest, weir tenants delete takes it back`.trim(),
        exitCode,
        cause: error,
      });
    }
  }
  return { tenant: reply.tenant.id, endpoints };
}

function madeOf(reply: {
  endpoint: { id: string };
  connectionStrings: { pooled: string; direct: string };
}): MadeEndpoint {
  const { pooled, direct } = reply.connectionStrings;
  return { endpoint: reply.endpoint.id, pooled, direct };
}

function withoutSecret({ body, renamed }: PlannedEndpoint) {
  const { password, ...upstream } = body.upstream;
  return { ...body, upstream: { ...upstream, passwordKnown: password !== '' }, renamed };
}

function report(name: string, plan: ImportPlan): void {
  console.log(`tenant ${name}`);
  for (const { body, renamed } of plan.endpoints) {
    const { host, port, database, user, tlsMode } = body.upstream;
    console.log(`  endpoint for ${host}:${port}/${database} as ${user || '?'}, TLS ${tlsMode}`);
    const { overrides = [], ...settings } = body.settings ?? {};
    for (const [setting, value] of Object.entries(settings)) console.log(`    ${setting} = ${value}`);
    for (const one of overrides) {
      const whom = one.database === null ? `role ${one.role}` : `database ${one.database}`;
      console.log(`    for ${whom}: ${JSON.stringify(one.settings)}`);
    }
    for (const { alias, database: now } of renamed) {
      console.log(`    clients of "${alias}" connect to database "${now}" from now on`);
    }
  }
  tellNotes(plan);
  for (const what of plan.missing) console.log(`missing: ${what}`);
  console.log(plan.missing.length > 0 ? 'give what is missing' : 'nothing was made; --apply makes it');
}

function tellNotes(plan: ImportPlan): void {
  for (const { file, line, text } of plan.notes) console.log(`${file}:${line}: ${text}`);
}
