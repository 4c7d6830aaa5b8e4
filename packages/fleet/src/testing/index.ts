// What tests of other packages need of this one: the suites of its contract, and the script to be compared with the rule.
export * from '../leases-lua.ts';
export { readLeaseAnswer } from '../redis-leases.ts';
export * from './contract-suite.ts';
export * from './fixed-seal-keys.ts';
export * from './lease-suite.ts';
