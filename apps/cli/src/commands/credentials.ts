// `weir credentials`: user names and passwords for a short time over the HTTP API.
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson, tableOf } from '../command.ts';

const anEndpoint = ['an endpoint by its id', 'weir endpoints list TENANT shows their ids'] as const;
const aRole = ['a role by its name', 'weir roles list ENDPOINT shows them'] as const;
const aCredential = ['a credential by its id', 'weir credentials list ENDPOINT shows them'] as const;

export const credentials = defineCommand({
  name: 'credentials',
  usage: 'credentials create ENDPOINT ROLE | list ENDPOINT | revoke ENDPOINT ID',
  summary: 'user names and passwords that log in as a role for a short time',
  help: `
create ENDPOINT ROLE [--ttl SECONDS]   shown once; logins are taken for 900 s
list ENDPOINT                          those that have not expired
revoke ENDPOINT ID
A session that has begun goes on when its credential has expired or is revoked.
${apiHelp}`,
  actions: ['create', 'list', 'revoke'],
  options: { ...apiOptions, ttl: { type: 'string' } },
  async run({ values, positionals }) {
    const [action, ...words] = positionals;
    const api = chooseApi(values);
    const { json } = values;
    if (action === undefined || !['create', 'list', 'revoke'].includes(action)) {
      throw new CommandError(
        action === undefined ? 'say what to do' : `there is no "credentials ${action}"`,
        { exitCode: exitCodes.usage, hint: 'create, list or revoke' },
      );
    }
    const [endpointId = onlyWord([], ...anEndpoint), ...rest] = words;
    const { tenantId } = await api.endpoint(endpointId);
    if (action === 'list') {
      const items = await api.credentials(tenantId, endpointId);
      if (json) return printJson(items);
      const rows = items.map(({ id, role, expiresAt }) => [id, role, expiresAt]);
      return console.log(tableOf(['CREDENTIAL', 'ROLE', 'EXPIRES'], rows));
    }
    if (action === 'revoke') {
      const id = onlyWord(rest, ...aCredential);
      await api.revokeCredential(tenantId, id);
      return json ? printJson({ revoked: id }) : console.log(`revoked ${id}`);
    }
    const role = onlyWord(rest, ...aRole);
    const ttl = values.ttl === undefined ? {} : { ttlSeconds: secondsOf(values.ttl) };
    const made = await api.createCredential(tenantId, { endpointId: endpointId as never, role, ...ttl });
    if (json) return printJson(made);
    const { pooled, direct } = made.connectionStrings;
    console.log(
      `user      ${made.user}\npassword  ${made.password}\npooled    ${pooled}\ndirect    ${direct}`,
    );
    console.log(`until     ${made.credential.expiresAt}; the password is not shown again`);
  },
});

function secondsOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CommandError(`--ttl ${text} is not a number of seconds`, { exitCode: exitCodes.usage });
}
