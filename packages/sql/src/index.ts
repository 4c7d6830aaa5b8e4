// The package's surface: what one SQL text may do to session state.
export { isTransactionSet } from './transaction-set.ts';
export { Suspicion, suspicionOf, WordScan } from './word-scan.ts';
