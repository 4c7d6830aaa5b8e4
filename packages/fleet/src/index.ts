// What the package lends: the contract, its two adapters, sealing, and the snapshot on disk.
export { BanCounts } from './ban-counts.ts';
export * from './contract.ts';
export { createMemoryFleet } from './memory-fleet.ts';
export { RecentMap } from './recent-map.ts';
export { parseRedisAddress, RedisAddressError, redisAddressFault } from './redis-address.ts';
export { connectRedis } from './redis-connect.ts';
export { createRedisFleet, type RedisFleetOptions } from './redis-fleet.ts';
export { declareFreshLeases } from './redis-leases.ts';
export { reportSealKeys } from './seal-key-report.ts';
export { type SealKeyChange, SealKeyRing, type SealKeySource } from './seal-key-ring.ts';
export { loadSealKeys, parseSealKeys, type SealKey, SealKeyError } from './seal-keys.ts';
export { SealError } from './sealing.ts';
export { EndpointSnapshot, type EndpointSnapshotOptions, withSnapshot } from './snapshot.ts';
export { type Bucket, type BucketRule, bucketOf, takeToken } from './token-bucket.ts';
export { UnreadableRecordError } from './unreadable-record.ts';
