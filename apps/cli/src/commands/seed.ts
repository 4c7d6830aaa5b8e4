// `weir seed`: fills a demo database and makes the demo tenant on a Weir that runs elsewhere, as docker-compose.yml does.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { endpointStrings } from '@weir/tenancy';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand } from '../command.ts';
import { demoDatabase, demoRole, fillDemoDatabase } from '../demo/demo-database.ts';
import { ensureDemoTenant } from '../demo/demo-tenant.ts';
import { upstreamOf } from './upstream-options.ts';

export const seed = defineCommand({
  name: 'seed',
  usage: 'seed --database-url URL [--password P] [--tls-mode M] [--ca FILE]',
  summary: 'fill a demo database and make the demo tenant for it',
  help: `
--database-url   (WEIR_DEMO_DATABASE_URL) superuser's URL of the Postgres that the demo tenant gets
--password       (WEIR_DEMO_PASSWORD) of the role ${demoRole}; a random one by default
--tls-mode, --ca how Weir speaks TLS to that Postgres; disable by default
--wait SECONDS   how long the API may take to come up; 60 by default
${apiHelp}`,
  options: {
    ...apiOptions,
    'database-url': { type: 'string' },
    password: { type: 'string' },
    'tls-mode': { type: 'string' },
    ca: { type: 'string' },
    wait: { type: 'string' },
  },
  async run({ values }) {
    const databaseUrl = values['database-url'] ?? process.env.WEIR_DEMO_DATABASE_URL;
    if (databaseUrl === undefined) throw new CommandError('--database-url must be given', { exitCode: 2 });
    const deadline = Date.now() + Number(values.wait ?? 60) * 1000;
    const password = values.password ?? process.env.WEIR_DEMO_PASSWORD ?? randomBytes(12).toString('hex');
    await patiently(deadline, () => fillDemoDatabase(databaseUrl, password));
    const keyFile = values['key-file'] ?? process.env.WEIR_API_KEY_FILE;
    const api = await patiently(deadline, async () => {
      // control-api writes its first key to a file when it first starts.
      if (keyFile !== undefined && !existsSync(keyFile)) throw new CommandError(`there is no ${keyFile} yet`);
      const client = chooseApi(values);
      await client.getMe({});
      return client;
    });
    const { host, port = 5432 } = upstreamOf(databaseUrl);
    const endpoint = await ensureDemoTenant(
      api,
      {
        host,
        port,
        password,
        passwordIsNew: true,
        tlsMode: (values['tls-mode'] ?? 'disable') as 'disable',
        caPem: values.ca === undefined ? null : readFileSync(values.ca, 'utf8'),
      },
      null,
    );
    const { service } = await api.getMe({});
    const strings = endpointStrings({
      endpointId: endpoint.id,
      domain: service.domain,
      port: service.publicPort,
      role: demoRole,
      password,
      database: demoDatabase,
    });
    console.log(
      values.json
        ? JSON.stringify({ endpoint: endpoint.id, ...strings })
        : Object.entries(strings)
            .map(([name, text]) => `${name.padEnd(12)} ${text}`)
            .join('\n'),
    );
  },
});

async function patiently<T>(deadline: number, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}
