// What `weir up` prints when all is up: lines that work as they stand when pasted into a shell.
import { join, relative } from 'node:path';
import { connectionString, endpointOptionString, hostOf } from '@weir/tenancy';
import { demoDatabase, demoRole } from '../demo/demo-database.ts';
import { projectDirectory } from '../project.ts';
import { type LocalWeir, localDomain } from './local-weir.ts';

/** The strings of the demo tenant, in the forms that need no name resolution and those that do. */
export interface DemoStrings {
  readonly pooled: string;
  readonly direct: string;
  readonly pooledNoSni: string;
  readonly directNoSni: string;
}

/** All strings verify the server's certificate against the development authority. */
export function demoStrings(weir: LocalWeir): DemoStrings {
  const parts = {
    role: demoRole,
    password: weir.demoPassword,
    port: weir.ports.pooler,
    database: demoDatabase,
    params: { sslmode: 'verify-full', sslrootcert: weir.certificates.caFile },
  };
  const endpointId = weir.endpoint.id;
  const byHost = (pooled: boolean) =>
    readable(connectionString({ ...parts, host: hostOf(endpointId, pooled, localDomain) }));
  const byOption = (pooled: boolean) => readable(endpointOptionString({ ...parts, endpointId, pooled }));
  return {
    pooled: byHost(true),
    direct: byHost(false),
    pooledNoSni: byOption(true),
    directNoSni: byOption(false),
  };
}

/** The lines for a terminal. */
export function summary(weir: LocalWeir, seconds: string): string {
  const strings = demoStrings(weir);
  const pg = `./${relative(projectDirectory, join(projectDirectory, 'apps/cli/node_modules/pg'))}`;
  const oneLiner = [
    `const pg = require('${pg}')`,
    'const c = new pg.Client(process.env.DATABASE_URL)',
    "c.connect().then(() => c.query('SELECT * FROM products')).then((r) => console.table(r.rows)).finally(() => c.end())",
  ].join('; ');
  return `
Weir is ready (${seconds} s). Demo tenant: database ${demoDatabase}, role ${demoRole}, endpoint ${weir.endpoint.id}

Pooled, for applications:
  PGHOSTADDR=127.0.0.1 psql "${strings.pooled}"
Direct, for migrations:
  PGHOSTADDR=127.0.0.1 psql "${strings.direct}"

The same without SNI or name resolution, for any driver:
  export DATABASE_URL='${strings.pooledNoSni}'
  export DIRECT_URL='${strings.directNoSni}'
With node-postgres, from ${projectDirectory}:
  DATABASE_URL='${strings.pooledNoSni}' node -e "${oneLiner}"

API:
  curl -sH 'Authorization: Bearer ${weir.apiKey}' ${weir.apiUrl}/v1/tenants
Dashboard:
  ${weir.hasDashboard ? `${weir.apiUrl}/ (sign in with the key above)` : 'not built'}
Health and metrics of the pooler:
  curl http://127.0.0.1:${weir.ports.admin}/metrics
Stop:
  Ctrl-C, or: kill ${process.pid}`;
}

// A slash needs no escape in a query, and a path with them unescaped can be read and completed.
function readable(url: string): string {
  return url.replaceAll('%2F', '/');
}
