// postgres.js as the tests of this folder use it: one connection that found its endpoint by SNI.
import type { Weir } from '@weir/harness';
import postgres from 'postgres';

export function postgresJs(weir: Weir, host: string, options?: Parameters<typeof postgres>[1]): postgres.Sql {
  return postgres({
    host: '127.0.0.1',
    port: weir.pooler.port,
    user: 'app',
    password: 'app-pw',
    database: weir.database,
    ssl: { ca: weir.caPem, servername: host },
    max: 1,
    ...options,
  });
}
