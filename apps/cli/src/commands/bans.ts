// `weir bans`: which sources may not log in to an endpoint since too many of their logins failed, and letting them in.
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { defineCommand, onlyWord, printJson, tableOf } from '../command.ts';

export const bans = defineCommand({
  name: 'bans',
  usage: 'bans ENDPOINT [--clear | --clear-source SOURCE]',
  summary: 'sources that may not log in, since too many of their logins failed',
  help: `
--clear                 ends all bans of the endpoint
--clear-source SOURCE   ends one, named as it is listed
${apiHelp}`,
  options: { ...apiOptions, clear: { type: 'boolean' }, 'clear-source': { type: 'string' } },
  async run({ values, positionals }) {
    const params = { endpointId: onlyWord(positionals, 'one endpoint') };
    const api = chooseApi(values);
    const source = values['clear-source'] ?? null;
    if (values.clear === true || source !== null) {
      const reply = await api.clearBans({ params, body: { source } });
      return values.json ? printJson(reply) : console.log(`${reply.cleared} cleared`);
    }
    const reply = await api.getBans({ params });
    if (values.json) return printJson(reply);
    if (reply.bans.length === 0) return console.log('nobody is banned');
    console.log(
      tableOf(
        ['SOURCE', 'UNTIL', 'REASON'],
        reply.bans.map((ban) => [ban.source, ban.until, ban.reason]),
      ),
    );
  },
});
