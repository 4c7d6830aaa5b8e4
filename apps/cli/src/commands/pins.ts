// `weir pins`: which server connections of an endpoint stay with one client, why, and since when.
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { defineCommand, onlyWord, printJson, tableOf } from '../command.ts';

export const pins = defineCommand({
  name: 'pins',
  usage: 'pins ENDPOINT',
  summary: 'server connections that stay with one client, and why',
  help: `
docs/session-state.md says what pins, and what to do instead.
${apiHelp}`,
  options: apiOptions,
  async run({ values, positionals }) {
    const params = { endpointId: onlyWord(positionals, 'one endpoint') };
    const reply = await chooseApi(values).getPins({ params });
    if (values.json) return printJson(reply);
    console.log(
      `${reply.pinned} pinned now${reply.leftOut > 0 ? `, of which ${reply.leftOut} are not listed` : ''}`,
    );
    const now = Date.parse(reply.at);
    const rows = reply.pins.map((pin) => [
      pin.reason,
      seconds(now - Date.parse(pin.since)),
      pin.idleMs === null ? 'busy' : seconds(pin.idleMs),
      `${pin.role}@${pin.database}`,
      pin.applicationName ?? '',
      (pin.statement ?? '').replaceAll(/\s+/g, ' ').slice(0, 80),
    ]);
    if (rows.length > 0) {
      console.log(tableOf(['REASON', 'FOR', 'SILENT', 'CLIENT', 'APPLICATION', 'STATEMENT'], rows));
    }
    const totals = Object.entries(reply.totals).map(([reason, count]) => `${reason} ${count}`);
    if (totals.length > 0) console.log(`since the start: ${totals.join(', ')}`);
  },
});

function seconds(milliseconds: number): string {
  return `${Math.max(0, Math.round(milliseconds / 1000))} s`;
}
