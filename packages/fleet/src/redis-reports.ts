// Reports that processes renew and that die unless they do, in Redis: a string each, and a sorted set of their names.
import { storeReportLua } from './redis-keys.ts';
import type { RedisLink } from './redis-link.ts';

export interface RedisReports<Report> {
  put(name: string, report: Report): Promise<void>;
  remove(name: string): Promise<void>;
  /** All that are alive; what is no report is left out. */
  all(): Promise<readonly Report[]>;
  /** Names that were not removed, of reports that have not been renewed for up to ten lifetimes. */
  silent(): Promise<readonly string[]>;
}

export function redisReports<Report>(options: {
  readonly link: RedisLink;
  /** All in the hash slot of `names`. */
  readonly keyOf: (name: string) => string;
  /** Key of the sorted set. */
  readonly names: string;
  readonly ttlMs: number;
  readonly parse: (text: string) => Report | null;
}): RedisReports<Report> {
  const { link, keyOf, names, ttlMs, parse } = options;
  /** Null: it was not renewed. Names that have been silent for ten lifetimes go with the next report. */
  const textsByName = (): Promise<Map<string, string | null>> =>
    link.run(async (client) => {
      const found = await client.zrange(names, 0, '-1');
      if (found.length === 0) return new Map();
      const texts = await client.mget(found.map(keyOf));
      return new Map(texts.map((text, index) => [found[index]!, text]));
    });
  return {
    async put(name, report) {
      await link.run((client) =>
        client.eval(storeReportLua, 2, keyOf(name), names, name, JSON.stringify(report), ttlMs),
      );
    },
    async remove(name) {
      await link.run((client) => client.pipeline().del(keyOf(name)).zrem(names, name).exec());
    },
    async all() {
      return [...(await textsByName()).values()]
        .map((text) => (text === null ? null : parse(text)))
        .filter((report): report is Awaited<Report> => report !== null);
    },
    async silent() {
      return [...(await textsByName())].filter(([, text]) => text === null).map(([name]) => name);
    },
  };
}
