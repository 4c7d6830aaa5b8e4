// Everything that other packages may use of the local servers: real Postgres and Redis, development certificates, ports.
export { type DevCertificates, ensureDevCertificates } from './dev-certificates.ts';
export { LocalServerError, type LocalServerErrorCode } from './errors.ts';
export { findProgram } from './find-program.ts';
export {
  type PoolerRuntime,
  poolerRuntimeOf,
  type RuntimeCommand,
  runtimeCommand,
} from './pooler-runtime.ts';
export { freePort, hasIpv6Loopback, isPortFree, type PortOwner, portOwner } from './ports.ts';
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './postgres.ts';
export { findPostgresBinaries, type PostgresBinaries, type PostgresOrigin } from './postgres-binaries.ts';
export { endGuardedProcesses, guardProcess } from './process-guard.ts';
export { findOrStartRedis, findRedisProgram, type LocalRedis, type RedisOrigin } from './redis.ts';
export type { FetchedProgram } from './redis-fetch.ts';
export { ensureSealKeyFile } from './seal-key-file.ts';
export { type ServerExit, type ServerProcess, startServerProcess } from './server-process.ts';
