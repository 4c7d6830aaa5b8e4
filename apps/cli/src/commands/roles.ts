// `weir roles`: the roles of an endpoint and their passwords over the HTTP API.
import type { RolePasswordReply, RoleReply } from '@weir/api-contract';
import { allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
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

export const roles = defineCommand({
  name: 'roles',
  usage:
    'roles list ENDPOINT | create ENDPOINT ROLE | import ENDPOINT ROLE | rotate ENDPOINT ROLE | end-overlap ENDPOINT ROLE | delete ENDPOINT ROLE',
  summary: 'the roles of an endpoint that the catalog knows, and their passwords',
  help: `
list ENDPOINT
create ENDPOINT ROLE [--member-of ROLE]…      in the database, with a password that is shown once
import ENDPOINT ROLE [--password-file FILE]   one that the database has; without password only its verifier is kept
rotate ENDPOINT ROLE [--overlap SECONDS]      a new password, shown once; the one before opens for 3600 s more
end-overlap ENDPOINT ROLE                     the password before the last rotation opens nothing any more
delete ENDPOINT ROLE [--drop]                 forgets it; with --drop the database does, too
Other roles can log in too where the auth query finds them.
${apiHelp}`,
  actions: ['list', 'create', 'import', 'rotate', 'end-overlap', 'delete'],
  options: {
    ...apiOptions,
    'member-of': { type: 'string', multiple: true },
    'password-file': { type: 'string' },
    overlap: { type: 'string' },
    drop: { type: 'boolean' },
  },
  async run({ values, positionals }) {
    const [action, ...words] = positionals;
    const api = chooseApi(values);
    const { json } = values;
    const showPassword = (reply: RolePasswordReply) => (json ? printJson(reply) : console.log(shown(reply)));
    switch (action) {
      case 'list': {
        const params = { endpointId: onlyWord(words, ...anEndpoint) };
        const items = await allPages((query) => api.listRoles({ params, query }));
        return json
          ? printJson(items)
          : console.log(tableOf(['ROLE', 'KEEPS', 'ROTATION'], items.map(rowOf)));
      }
      case 'create': {
        const { endpointId, roleName: name } = endpointAndRole(words);
        const body = { name, memberOf: values['member-of'] ?? [] };
        return showPassword(await api.createRole({ params: { endpointId }, body }));
      }
      case 'import': {
        const { endpointId, roleName: name } = endpointAndRole(words);
        const file = values['password-file'];
        const password = file === undefined ? undefined : readTextFile(file).replace(/\r?\n$/, '');
        const role = await api.importRole({ params: { endpointId }, body: { name, password } });
        return json ? printJson(role) : console.log(`imported ${role.name}, keeps its ${role.keeps}`);
      }
      case 'rotate': {
        const params = endpointAndRole(words);
        const { overlap } = values;
        const body = overlap === undefined ? {} : { overlapSeconds: secondsOption('overlap', overlap) };
        return showPassword(await api.rotateRole({ params, body }));
      }
      case 'end-overlap': {
        const role = await api.endOverlap({ params: endpointAndRole(words) });
        return json ? printJson(role) : console.log(`only the newest password of ${role.name} opens`);
      }
      case 'delete': {
        const params = endpointAndRole(words);
        await api.deleteRole({ params, query: { drop: String(values.drop === true) } });
        const name = params.roleName;
        return json ? printJson({ deleted: name }) : console.log(`deleted ${name}`);
      }
      default:
        throw new CommandError(action === undefined ? 'say what to do' : `there is no "roles ${action}"`, {
          exitCode: exitCodes.usage,
          hint: 'list, create, import, rotate, end-overlap or delete',
        });
    }
  },
});

function endpointAndRole([endpoint, ...rest]: readonly string[]): { endpointId: string; roleName: string } {
  const endpointId = onlyWord(endpoint === undefined ? [] : [endpoint], ...anEndpoint);
  return { endpointId, roleName: onlyWord(rest, ...aRole) };
}

function rowOf({ name, isServiceRole, keeps, rotation }: RoleReply): string[] {
  const what = keeps === 'password' ? 'a sealed password' : "the server's own verifier";
  return [isServiceRole ? `${name} (Weir's own)` : name, what, rotation === null ? '' : overlapOf(rotation)];
}

function overlapOf({ isFinished, previousUntil }: NonNullable<RoleReply['rotation']>): string {
  return isFinished ? `the password before opens until ${previousUntil}` : 'not finished: rotate again';
}

function shown({ role, password, connectionStrings: { pooled, direct } }: RolePasswordReply): string {
  return [
    `role      ${role.name}`,
    `password  ${password}`,
    `pooled    ${pooled}`,
    `direct    ${direct}`,
    ...(role.rotation === null ? [] : [overlapOf(role.rotation)]),
    'The password is not shown again.',
  ].join('\n');
}
