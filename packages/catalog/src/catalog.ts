// Opens the catalog: migrations, connections, its one meta row. What is done with tables is in the files named for them.
import { randomBytes } from 'node:crypto';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { settledEpoch } from './epoch.ts';
import { applyMigrations } from './migrate.ts';
import { surviveBrokenConnections } from './pool-errors.ts';
import * as schema from './schema.ts';
import { type CatalogSealKeys, createSealer, type Sealer } from './sealer.ts';

export type CatalogDatabase = NodePgDatabase<typeof schema>;
/** A transaction, or the database itself where one statement is enough. */
export type CatalogTransaction = Parameters<Parameters<CatalogDatabase['transaction']>[0]>[0];

interface AuthorFacts {
  readonly organisationId: string;
  readonly requestId: string;
  /** Where the request came from. */
  readonly address: string;
}

/** Who calls with an API key. */
export interface KeyAuthor extends AuthorFacts {
  readonly apiKeyId: string;
  readonly trustRuleId?: never;
}

/** Who calls with a token that a rule trusts. */
export interface TokenAuthor extends AuthorFacts {
  readonly apiKeyId?: never;
  readonly trustRuleId: string;
}

/** Who makes a change, for which organisation, and in which request. */
export type Author = KeyAuthor | TokenAuthor;

/** Weir itself, which changes what it sees of a database, for the organisation that the database is of. */
export interface SystemAuthor {
  readonly organisationId: string;
  readonly apiKeyId?: never;
  readonly trustRuleId?: never;
  readonly requestId?: never;
  readonly address?: never;
}

/** A change under way: one transaction, and by whom. The functions that write take it as their first argument. */
export interface Change {
  readonly tx: CatalogTransaction;
  readonly sealer: Sealer;
  readonly author: Author;
}

/** An open catalog. The functions that read take it as their first argument. */
export interface Catalog {
  readonly db: CatalogDatabase;
  readonly sealer: Sealer;
  /** Runs `write` in one transaction; when it is committed, whoever waits for changes is woken. */
  change<T>(author: Author, write: (change: Change) => Promise<T>): Promise<T>;
  /** Says that something was committed by which others are to be woken, where no author changed it. */
  changed(): void;
  /** Called after each committed change of this process. Returns the unsubscribe. */
  onChange(listener: () => void): () => void;
  /** Resolves if the database answers within 2 s. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface CatalogOptions {
  readonly url: string;
  readonly sealKeys: CatalogSealKeys;
  readonly connectionsMax?: number;
  /** Told when an idle connection breaks; the next query opens another one. */
  readonly onConnectionError?: (error: Error) => void;
  /** Where the migrations are, if not beside the program. */
  readonly migrationsFolder?: string;
}

/** Migrates, connects and settles the epoch. Rejects with the server's error, or CatalogSealError. */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const sealer = createSealer(options.sealKeys);
  await applyMigrations(options.url, options.migrationsFolder);
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'weir-control-api',
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: 10_000,
    // Requests come in bursts; a login for each first one would be felt.
    idleTimeoutMillis: 60_000,
    // No statement here is meant to run longer; a stuck one must not keep its locks.
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 30_000,
  });
  surviveBrokenConnections(pool, options.onConnectionError);
  const db = drizzle(pool, { schema });
  const listeners = new Set<() => void>();
  const catalog: Catalog = {
    db,
    sealer,
    async change(author, write) {
      const result = await db.transaction((tx) => write({ tx, sealer, author }));
      catalog.changed();
      return result;
    },
    changed() {
      for (const listener of listeners) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async ping() {
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('the catalog does not answer within 2 s')), 2_000);
      });
      await Promise.race([pool.query('select 1'), tooLate]).finally(() => clearTimeout(timer));
    },
    close: () => pool.end(),
  };
  try {
    await ensureMeta(catalog);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return catalog;
}

/** Where the secret of the catalog's one row is sealed to. */
export const mockSecretPlace = ['catalog_meta', 'mock_secret'] as const;

async function ensureMeta(catalog: Catalog): Promise<void> {
  const secret = randomBytes(32).toString('base64');
  await catalog.db
    .insert(schema.catalogMeta)
    .values({
      // Seconds since 1970, so that a catalog made anew beside old shared state has the higher epoch.
      epoch: Math.floor(Date.now() / 1000),
      mockSecretSealed: catalog.sealer.seal(secret, mockSecretPlace),
    })
    .onConflictDoNothing();
  await settledEpoch(catalog);
}
