// DNS records as a file: in the format of zones, to be included in one, or in that of /etc/hosts.
import { open, rename } from 'node:fs/promises';
import { type DnsProvider, DnsProviderError, type DnsRecord, ttlSeconds } from './dns-provider.ts';

export type RecordFormat = 'zone' | 'hosts';

/** However many they are, the file is written once. */
const endpointsMax = 10_000;

/** Written as a whole and put in its place at once, so that whoever reads it never sees half of it. */
export function fileProvider(path: string, format: RecordFormat): DnsProvider {
  return {
    place: `${format}:${path}`,
    keepsWhole: true,
    endpointsMax,
    async publish(_changes, all) {
      const lines = (await all()).map(format === 'zone' ? zoneLine : hostsLine).sort();
      const comment = format === 'zone' ? ';' : '#';
      const text = [`${comment} Written by Weir; what is changed here is lost.`, ...lines, ''].join('\n');
      const next = `${path}.next`;
      try {
        const file = await open(next, 'w', 0o644);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(next, path);
      } catch (error) {
        throw new DnsProviderError(`${path} cannot be written: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
  };
}

function zoneLine({ name, type, value }: DnsRecord): string {
  return `${name}. ${ttlSeconds} IN ${type} ${value}${type === 'CNAME' ? '.' : ''}`;
}

function hostsLine({ name, value }: DnsRecord): string {
  return `${value} ${name}`;
}
