// Postgres in a container, where an engine answers; what it gives is the same as the local launcher's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDevCertificates } from '@weir/local-servers';
import { fromContainer } from './backend.ts';
import type { BarePostgres, PostgresOptions } from './postgres.ts';
import { runDirectory } from './temporary-directory.ts';

const image = 'postgres:18-alpine';

/** Starts a server in a container, or gives null where that does not work. */
export async function startPostgresContainer(
  options: PostgresOptions & {
    readonly settings: Readonly<Record<string, string | number | boolean>>;
    readonly password: string;
  },
): Promise<BarePostgres | null> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const auth = options.auth ?? 'scram-sha-256';
  const certificates = options.tls
    ? await ensureDevCertificates({
        dir: join(runDirectory(), 'postgres-certificates'),
        domain: 'upstream.localhost',
      })
    : null;
  const settings: Record<string, string | number | boolean> = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    ...options.settings,
    ...(certificates !== null && {
      ssl: 'on',
      ssl_cert_file: '/weir/server.crt',
      ssl_key_file: '/weir/server.key',
    }),
  };
  const command = [
    'postgres',
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  let definition = new GenericContainer(image)
    .withEnvironment({
      POSTGRES_PASSWORD: options.password,
      POSTGRES_HOST_AUTH_METHOD: auth,
      POSTGRES_INITDB_ARGS: `--auth-host=${auth} --no-sync --locale=C -E UTF8`,
    })
    .withExposedPorts(5432)
    // Said once while the image sets the database up, and once for good.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2));
  if (certificates === null) {
    definition = definition.withCommand(command);
  } else {
    // The server wants its key to belong to it, so the files change hands before the image's own start.
    definition = definition
      .withCopyContentToContainer([
        { content: readFileSync(certificates.certFile, 'utf8'), target: '/weir/server.crt' },
        { content: readFileSync(certificates.keyFile, 'utf8'), target: '/weir/server.key', mode: 0o600 },
      ])
      .withEntrypoint(['sh', '-c', 'chown postgres /weir/server.key && exec docker-entrypoint.sh "$@"', 'sh'])
      .withCommand(command);
  }
  const container = await fromContainer(
    'Postgres',
    () => definition.start(),
    (late) => void late.stop(),
  );
  if (container === null) return null;
  let log = '';
  (await container.logs()).on('data', (chunk) => {
    log = (log + chunk).slice(-262_144);
  });
  const version =
    (await container.exec(['postgres', '--version'])).output.match(/(\d+(\.\d+)*)/)?.[1] ?? '18';
  const host = container.getHost();
  const port = container.getMappedPort(5432);
  return {
    url: `postgresql://postgres:${options.password}@${host}:${port}/postgres`,
    host,
    port,
    user: 'postgres',
    password: options.password,
    caFile: certificates?.caFile ?? null,
    version,
    origin: 'container',
    log: () => log,
    stop: () => Promise.reject(new Error('stop needs a local Postgres: run with TEST_BACKEND=local')),
    start: () => Promise.resolve(),
    close: async () => {
      await container.stop({ timeout: 1_000 });
    },
  };
}
