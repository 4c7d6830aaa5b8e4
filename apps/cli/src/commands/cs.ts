// `weir cs`: the connection strings of an endpoint, and the snippets made from them.
import type { ConnectionStringsQuery } from '@weir/api-contract';
import { type SnippetId, snippetIds, snippets } from '@weir/tenancy';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson } from '../command.ts';

export const sideOptions = {
  pooled: { type: 'boolean' },
  direct: { type: 'boolean' },
  'no-sni': { type: 'boolean' },
  role: { type: 'string' },
  database: { type: 'string' },
} as const;

export interface SideChoice {
  readonly pooled?: boolean | undefined;
  readonly direct?: boolean | undefined;
  readonly 'no-sni'?: boolean | undefined;
  readonly role?: string | undefined;
  readonly database?: string | undefined;
}

export const cs = defineCommand({
  name: 'cs',
  usage: 'cs ENDPOINT [--pooled | --direct] [--no-sni] [--role R] [--database D] [--format F]',
  summary: 'the connection strings of an endpoint, or a snippet for a client',
  help: `
--pooled or --direct prints that one string alone, for use in scripts. --no-sni prints the form that finds its endpoint by
options= instead of by host name, for where *.localhost does not resolve. Passwords are never shown again after creation.
--format F prints what to paste, on the pooled side unless --direct is given; "url" is the string alone. F is one of
url, ${snippetIds.join(', ')}.
${apiHelp}`,
  options: { ...apiOptions, ...sideOptions, format: { type: 'string' } },
  async run({ values, positionals }) {
    const endpoint = onlyWord(positionals, 'one endpoint');
    const side = sideOf(values);
    const { format } = values;
    if (format !== undefined && format !== 'url' && !snippetIds.includes(format as SnippetId)) {
      throw new CommandError(`there is no format "${format}"`, {
        exitCode: exitCodes.usage,
        hint: `one of url, ${snippetIds.join(', ')}`,
      });
    }
    const reply = await chooseApi(values).getConnectionStrings({
      params: { endpointId: endpoint },
      query: roleAndDatabase(values),
    });
    const pooled = values['no-sni'] ? reply.pooledNoSni : reply.pooled;
    const direct = values['no-sni'] ? reply.directNoSni : reply.direct;
    const chosen = side === 'direct' ? direct : pooled;
    if (format !== undefined && format !== 'url') {
      const made = snippets({ pooled, direct, side: side ?? 'pooled', kind: reply.kind }).find(
        (one) => one.id === format,
      )!;
      return values.json ? printJson(made) : void process.stdout.write(made.text);
    }
    if (values.json) return printJson(format === 'url' ? { url: chosen } : reply);
    if (format === 'url' || side !== null) return console.log(chosen);
    if (reply.kind === 'read_only') console.log('a read-only endpoint: what writes fails with 25006');
    console.log(`pooled  ${pooled}\ndirect  ${direct}`);
  },
});

/** Which side the options name, or null. Throws CommandError for both. */
export function sideOf(values: SideChoice): 'pooled' | 'direct' | null {
  if (values.pooled && values.direct) {
    throw new CommandError('--pooled and --direct exclude each other', { exitCode: exitCodes.usage });
  }
  if (values.direct) return 'direct';
  return values.pooled ? 'pooled' : null;
}

/** The query of `getConnectionStrings` for the options. */
export function roleAndDatabase(values: SideChoice): ConnectionStringsQuery {
  return {
    ...(values.role !== undefined && { role: values.role }),
    ...(values.database !== undefined && { database: values.database }),
  };
}
