// The package's surface: what one SQL text may do to session state.
export {
  loadSqlParser,
  normalizedText,
  parsedTextBytesMax,
  type SessionEffects,
  sessionEffects,
  shownState,
  sqlParserFailed,
  type Unreplayable,
} from './session-effects.ts';
export { parsedBits, Suspicion, suspicionOf, WordScan } from './word-scan.ts';
