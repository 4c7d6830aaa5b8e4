// When API keys were used last: noted in memory, written every few seconds, so that no request waits for it.
import { type ApiKeyRecord, type Catalog, noteKeyUse, plainCatalogError } from '@weir/catalog';
import type { Logger } from '@weir/telemetry';

const writeEveryMs = 5_000;
// A key in constant use is written once a minute.
const exactToMs = 60_000;

export interface KeyUse {
  note(key: Pick<ApiKeyRecord, 'id' | 'lastUsedAt'>): void;
  /** Writes what was noted. */
  close(): Promise<void>;
}

export function startKeyUse({ catalog, log }: { readonly catalog: Catalog; readonly log: Logger }): KeyUse {
  let noted = new Map<string, Date>();
  const write = async () => {
    const usedAt = noted;
    if (usedAt.size === 0) return;
    noted = new Map();
    // Nothing is lost that matters: the next use is noted again.
    await noteKeyUse(catalog, usedAt).catch((error) =>
      log.warn({ err: plainCatalogError(error) }, 'when API keys were used cannot be written'),
    );
  };
  const timer = setInterval(write, writeEveryMs);
  timer.unref();
  return {
    note({ id, lastUsedAt }) {
      const now = Date.now();
      if (lastUsedAt === null || now - lastUsedAt.getTime() > exactToMs) noted.set(id, new Date(now));
    },
    async close() {
      clearInterval(timer);
      await write();
    },
  };
}
