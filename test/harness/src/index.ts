// What integration tests start from: real Postgres, Redis, control-api and pooler processes, each gone when its test is.
export { type Backend, backend } from './backend.ts';
export { type ControlApi, type ControlApiOptions, startControlApi } from './control-api.ts';
export {
  type Fetched,
  fetchPackages,
  fetchPythonPackages,
  prisma7Packages,
  prismaMigratePackages,
  sqlAlchemyPackages,
  testCacheDirectory,
} from './fetched-packages.ts';
export { type Pooler, type PoolerOptions, startPooler, testCertificates } from './pooler.ts';
export { hasSystemPostgres, type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export { findPsql, type PsqlResult, runPsql } from './psql.ts';
export { type Redis, startRedis } from './redis.ts';
export { residentBytes } from './resident-bytes.ts';
export { temporaryDirectory } from './temporary-directory.ts';
export { type WaitOptions, waitUntil } from './wait-until.ts';
export { startWeir, type UrlOptions, type Weir, type WeirOptions } from './weir.ts';
export type { WeirProcess } from './weir-process.ts';
export { startWorker, type WorkerOptions } from './worker.ts';
