// `weir psql`: runs psql on an endpoint.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from '@weir/local-servers';
import { readConnectionString } from '@weir/tenancy';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes } from '../command.ts';
import { roleAndDatabase, sideOf, sideOptions } from './cs.ts';

export const psql = defineCommand({
  name: 'psql',
  usage: 'psql ENDPOINT [--pooled | --direct] [--role R] [--database D] [-- ARGUMENTS]',
  summary: 'psql on an endpoint, the pooled side unless told',
  help: `
What stands behind -- goes to psql, for instance -- -c 'select 1'. psql asks for the password, or takes it from PGPASSWORD
or ~/.pgpass. Names under localhost are taken for this machine. The exit code is psql's own.
${apiHelp}`,
  options: { ...apiOptions, ...sideOptions },
  async run({ values, positionals }) {
    const [endpoint, ...args] = positionals;
    if (endpoint === undefined) throw new CommandError('name one endpoint', { exitCode: exitCodes.usage });
    const side = sideOf(values) ?? 'pooled';
    const program = findProgram(['psql']);
    if (program === null) {
      throw new CommandError('psql is not on PATH', { hint: 'Debian: apt-get install postgresql-client' });
    }
    const strings = await chooseApi(values).getConnectionStrings({
      params: { endpointId: endpoint },
      query: roleAndDatabase(values),
    });
    const url = values['no-sni'] ? strings[`${side}NoSni`] : strings[side];
    const isLocal = /(?:^|\.)localhost$/i.test(readConnectionString(url)?.host ?? '');
    const child = spawn(program, [url, ...args], {
      stdio: 'inherit',
      env: { ...(isLocal && { PGHOSTADDR: '127.0.0.1' }), ...process.env },
    });
    // Ctrl-C is psql's: it cancels a query, and this process waits on.
    const leaveToPsql = () => {};
    process.on('SIGINT', leaveToPsql);
    const [code] = (await once(child, 'exit')) as [number | null];
    process.off('SIGINT', leaveToPsql);
    return code ?? exitCodes.failed;
  },
});
