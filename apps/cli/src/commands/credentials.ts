// `weir credentials`: user names and passwords for a short time over the HTTP API.
import { text } from 'node:stream/consumers';
import type { CreateCredentialReply } from '@weir/api-contract';
import { allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi, chooseOpenApi } from '../api/choose-api.ts';
import {
  CommandError,
  defineCommand,
  exitCodes,
  onlyWord,
  printJson,
  readTextFile,
  secondsOption,
  tableOf,
} from '../command.ts';

const anEndpoint = ['an endpoint by its id', 'weir endpoints list TENANT shows their ids'] as const;
const aRole = ['a role by its name', 'weir roles list ENDPOINT shows them'] as const;
const aCredential = ['a credential by its id', 'weir credentials list ENDPOINT shows them'] as const;
const aTrustRule = ['a trust rule by its id', 'weir trust-rules list ENDPOINT shows them'] as const;
const actions = ['create', 'list', 'revoke', 'exchange'];

export const credentials = defineCommand({
  name: 'credentials',
  usage:
    'credentials create ENDPOINT ROLE | list ENDPOINT | revoke ENDPOINT ID | exchange RULE --token-file FILE',
  summary: 'user names and passwords that log in as a role for a short time',
  help: `
create ENDPOINT ROLE [--ttl SECONDS]   shown once; logins are taken for 900 s
list ENDPOINT                          those that have not expired
revoke ENDPOINT ID
exchange RULE --token-file FILE [--ttl SECONDS]   an OIDC token for one, by a trust rule; needs no key; - reads standard input
A session that has begun goes on when its credential has expired or is revoked.
${apiHelp}`,
  actions,
  options: { ...apiOptions, ttl: { type: 'string' }, 'token-file': { type: 'string' } },
  async run({ values, positionals }) {
    const [action, ...words] = positionals;
    const { json } = values;
    if (action === undefined || !actions.includes(action)) {
      throw new CommandError(
        action === undefined ? 'say what to do' : `there is no "credentials ${action}"`,
        { exitCode: exitCodes.usage, hint: 'create, list, revoke or exchange' },
      );
    }
    const ttl = values.ttl === undefined ? {} : { ttlSeconds: secondsOption('ttl', values.ttl) };
    const show = (made: CreateCredentialReply) => (json ? printJson(made) : console.log(shown(made)));
    if (action === 'exchange') {
      const trustRuleId = onlyWord(words, ...aTrustRule);
      const token = await tokenIn(values['token-file']);
      const body = { trustRuleId, token, ...ttl };
      return show(await chooseOpenApi(values).exchangeToken({ body }));
    }
    const api = chooseApi(values);
    const [endpointId = onlyWord([], ...anEndpoint), ...rest] = words;
    const { tenantId } = await api.getEndpoint({ params: { endpointId } });
    if (action === 'list') {
      const items = await allPages((query) =>
        api.listCredentials({ params: { tenantId }, query: { ...query, endpointId } }),
      );
      if (json) return printJson(items);
      const rows = items.map(({ id, role, expiresAt }) => [id, role, expiresAt]);
      return console.log(tableOf(['CREDENTIAL', 'ROLE', 'EXPIRES'], rows));
    }
    if (action === 'revoke') {
      const id = onlyWord(rest, ...aCredential);
      await api.revokeCredential({ params: { tenantId, credentialId: id } });
      return json ? printJson({ revoked: id }) : console.log(`revoked ${id}`);
    }
    const role = onlyWord(rest, ...aRole);
    const body = { endpointId, role, ...ttl };
    return show(await api.createCredential({ params: { tenantId }, body }));
  },
});

function shown({ user, password, credential, connectionStrings }: CreateCredentialReply): string {
  return [
    `user      ${user}`,
    `password  ${password}`,
    `pooled    ${connectionStrings.pooled}`,
    `direct    ${connectionStrings.direct}`,
    `until     ${credential.expiresAt}; the password is not shown again`,
  ].join('\n');
}

async function tokenIn(file: string | undefined): Promise<string> {
  if (file === undefined) {
    throw new CommandError('name the file that holds the token', {
      exitCode: exitCodes.usage,
      hint: '--token-file FILE, or - for standard input',
    });
  }
  return (file === '-' ? await text(process.stdin) : readTextFile(file)).trim();
}
