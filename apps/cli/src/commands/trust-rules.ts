// `weir trust-rules`: whose OIDC tokens are exchanged for credentials of a role, over the HTTP API.
import type { TrustRuleReply } from '@weir/api-contract';
import { allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import {
  CommandError,
  defineCommand,
  exitCodes,
  onlyWord,
  printJson,
  secondsOption,
  tableOf,
} from '../command.ts';

const anEndpoint = ['an endpoint by its id', 'weir endpoints list TENANT shows their ids'] as const;
const aRole = ['a role by its name', 'weir roles list ENDPOINT shows them'] as const;
const aRule = ['a trust rule by its id', 'weir trust-rules list ENDPOINT shows them'] as const;

export const trustRules = defineCommand({
  name: 'trust-rules',
  usage: 'trust-rules list ENDPOINT | create ENDPOINT ROLE | change ENDPOINT ID | delete ENDPOINT ID',
  summary: 'whose OIDC tokens are exchanged for credentials of a role',
  help: `
list ENDPOINT
create ENDPOINT ROLE --issuer URL --audience TEXT --subject PATTERN [--claim NAME=VALUE]… [--ttl-max SECONDS]
change ENDPOINT ID [--issuer URL] [--audience TEXT] [--subject PATTERN] [--claim NAME=VALUE]… [--no-claims] [--ttl-max SECONDS]
delete ENDPOINT ID     and revokes the credentials that were got by it
--description TEXT says what a rule is for. In a PATTERN a * alone between : or / stands for other characters.
weir credentials exchange uses a rule; docs/oidc.md has examples for Vercel and GitHub Actions.
${apiHelp}`,
  actions: ['list', 'create', 'change', 'delete'],
  options: {
    ...apiOptions,
    issuer: { type: 'string' },
    audience: { type: 'string' },
    subject: { type: 'string' },
    claim: { type: 'string', multiple: true },
    'no-claims': { type: 'boolean' },
    'ttl-max': { type: 'string' },
    description: { type: 'string' },
  },
  async run({ values, positionals }) {
    const [action, ...words] = positionals;
    if (action === undefined || !['list', 'create', 'change', 'delete'].includes(action)) {
      throw new CommandError(`"${action ?? ''}" is nothing that trust-rules does`, {
        exitCode: exitCodes.usage,
        hint: 'weir trust-rules --help',
      });
    }
    const api = chooseApi(values);
    const { json, issuer, audience, subject, description } = values;
    const [endpointId = onlyWord([], ...anEndpoint), ...rest] = words;
    const { tenantId } = await api.getEndpoint({ params: { endpointId } });
    const ttl = values['ttl-max'];
    const terms = {
      ...{ issuer, audience, subject, description },
      claims: values['no-claims'] ? {} : values.claim && claimsOf(values.claim),
      ttlSecondsMax: ttl === undefined ? undefined : secondsOption('ttl-max', ttl),
    };
    switch (action) {
      case 'list': {
        const all = await allPages((query) => api.listTrustRules({ params: { tenantId }, query }));
        const items = all.filter((rule) => rule.endpointId === endpointId);
        if (json) return printJson(items);
        const heads = ['RULE', 'ROLE', 'ISSUER', 'AUDIENCE', 'SUBJECT', 'CLAIMS', 'TTL'];
        return console.log(tableOf(heads, items.map(rowOf)));
      }
      case 'create': {
        const role = onlyWord(rest, ...aRole);
        const made = await api.createTrustRule({
          params: { tenantId },
          body: { ...terms, endpointId, role },
        });
        return json ? printJson(made) : console.log(`created ${made.id}`);
      }
      case 'change': {
        const params = { tenantId, trustRuleId: onlyWord(rest, ...aRule) };
        const changed = await api.changeTrustRule({ params, body: terms });
        return json ? printJson(changed) : console.log(`changed ${changed.id}`);
      }
      default: {
        const id = onlyWord(rest, ...aRule);
        await api.deleteTrustRule({ params: { tenantId, trustRuleId: id } });
        return json ? printJson({ deleted: id }) : console.log(`deleted ${id}`);
      }
    }
  },
});

function claimsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new CommandError(`--claim ${pair} is not NAME=VALUE`, { exitCode: exitCodes.usage });
    }),
  );
}

function rowOf({ id, role, issuer, audience, subject, claims, ttlSecondsMax }: TrustRuleReply): string[] {
  const shown = Object.entries(claims).map(([name, value]) => `${name}=${value}`);
  return [id, role, issuer, audience, subject, shown.join(' ') || '-', String(ttlSecondsMax)];
}
