// `weir cs`: the connection strings of an endpoint.
import { apiPaths, type ConnectionStringsReply } from '@weir/api-contract';
import { apiFrom, apiHelp, apiOptions } from '../api-client.ts';
import { type Command, CommandError, parseOptions } from '../command.ts';

export const cs: Command = {
  name: 'cs',
  usage: 'cs ENDPOINT [--pooled | --direct] [--no-sni] [--role R] [--database D]',
  summary: 'the connection strings of an endpoint',
  help: `
--pooled or --direct prints that one string alone, for use in scripts. --no-sni prints the form that finds its endpoint by
options= instead of by host name, for where *.localhost does not resolve. Passwords are never shown again after creation.
${apiHelp}`,
  async run(args) {
    const { values, positionals } = parseOptions(args, {
      ...apiOptions,
      pooled: { type: 'boolean' },
      direct: { type: 'boolean' },
      'no-sni': { type: 'boolean' },
      role: { type: 'string' },
      database: { type: 'string' },
    });
    const [endpoint, ...more] = positionals;
    if (endpoint === undefined || more.length > 0)
      throw new CommandError('name one endpoint', { exitCode: 2 });
    if (values.pooled && values.direct) {
      throw new CommandError('--pooled and --direct exclude each other', { exitCode: 2 });
    }
    const path = apiPaths.connectionStrings(endpoint, {
      ...(values.role !== undefined && { role: values.role }),
      ...(values.database !== undefined && { database: values.database }),
    });
    const reply = await apiFrom(values).call<ConnectionStringsReply>('GET', path);
    const pooled = values['no-sni'] ? reply.pooledNoSni : reply.pooled;
    const direct = values['no-sni'] ? reply.directNoSni : reply.direct;
    if (values.json) console.log(JSON.stringify(reply, null, 2));
    else if (values.pooled) console.log(pooled);
    else if (values.direct) console.log(direct);
    else console.log(`pooled  ${pooled}\ndirect  ${direct}`);
  },
};
