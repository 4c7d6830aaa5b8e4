// `weir usage`: what endpoints used, by hour, day or month.
import type { UsageQuery } from '@weir/api-contract';
import { allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, printJson, tableOf } from '../command.ts';

const periods = ['hour', 'day', 'month'] as const;

export const usage = defineCommand({
  name: 'usage',
  usage: 'usage [--by hour|day|month] [--since TIME] [--until TIME] [--tenant ID] [--endpoint ID]',
  summary: 'what endpoints used: clients, server connections, transactions, bytes, waiting',
  help: `
--by PERIOD     hour, day (the default) or month; all begin in UTC
--since TIME    as 2026-01-31 or 2026-01-31T12:00Z; by default a day before --until
--until TIME    by default now
${apiHelp}`,
  options: {
    ...apiOptions,
    by: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
    tenant: { type: 'string' },
    endpoint: { type: 'string' },
  },
  async run({ values }) {
    const by = periods.find((period) => period === (values.by ?? 'day'));
    if (by === undefined) {
      throw new CommandError(`--by ${values.by} is no period`, {
        exitCode: exitCodes.usage,
        hint: `give one of ${periods.join(', ')}`,
      });
    }
    const query: UsageQuery = {
      by,
      since: timeOption('since', values.since),
      until: timeOption('until', values.until),
      tenantId: values.tenant,
      endpointId: values.endpoint,
    };
    const api = chooseApi(values);
    const items = await allPages((page) => api.listUsage({ query: { ...query, ...page } }));
    if (values.json) return printJson({ items });
    if (items.length === 0) return console.log('nothing was used in that time');
    const rows = items.map((item) => [
      item.from.slice(0, by === 'hour' ? 16 : by === 'day' ? 10 : 7).replace('T', ' '),
      item.endpointId,
      String(item.clientsPeak),
      item.clientsMean.toFixed(1),
      item.serverConnectionSeconds.toFixed(0),
      String(item.transactions),
      String(item.queries),
      sizeOf(item.bytesReceived),
      sizeOf(item.bytesSent),
      item.waitSeconds.toFixed(1),
    ]);
    console.log(
      tableOf(
        ['FROM', 'ENDPOINT', 'PEAK', 'MEAN', 'SERVER S', 'TRANSACTIONS', 'QUERIES', 'IN', 'OUT', 'WAITED S'],
        rows,
      ),
    );
  },
});

function timeOption(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) {
    throw new CommandError(`--${name} ${value} is no time`, {
      exitCode: exitCodes.usage,
      hint: 'give a date (2026-01-31) or a time (2026-01-31T12:00Z)',
    });
  }
  return time.toISOString();
}

function sizeOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
