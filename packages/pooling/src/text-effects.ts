// What the text of one statement may do to its session, as the pooling core uses it. Cheap for the texts that do nothing.
import { decodeUtf8 } from '@weir/protocol';
import {
  normalizedText,
  parsedBits,
  parsedTextBytesMax,
  type SessionEffects,
  Suspicion,
  sessionEffects,
  suspicionOf,
} from '@weir/sql';
import type { PinReason } from './close-reason.ts';
import { pinReasonOf } from './pin.ts';
import type { StateTracking } from './pool.ts';
import type { ValueSet } from './value-set.ts';

/** Effects of a text that is not above suspicion. */
export interface TextEffects {
  /** State that no other server connection can be given. */
  readonly pin: PinReason | null;
  /** What the parser found; null: it was not asked, or did not understand. Then command tags have the last word. */
  readonly session: SessionEffects | null;
  /** It may leave the session a value of a sequence, for currval or lastval to ask for. */
  readonly sequences: boolean;
  /** It calls nextval or setval, so that currval is likely to be asked, perhaps by the default of a column. */
  readonly sequenceCall: boolean;
  /** What the words alone make suspicious, for where the parser reads a text otherwise than the server. */
  readonly byWords: PinReason | null;
  /** Where it pins: the text without its constants. */
  readonly statement: string | null;
  /** What it left in the session is to be asked of the server, all of it. */
  readonly probe: boolean;
}

const sequencesOnly = (sequenceCall: boolean): TextEffects => ({
  pin: null,
  session: null,
  sequences: true,
  sequenceCall,
  byWords: null,
  statement: null,
  probe: false,
});
const usesSequences = sequencesOnly(false);
const callsSequences = sequencesOnly(true);

/** The effects of the SQL in `bytes[from..to)` (without its NUL), or null: nothing in it hints at session state. */
export function textEffects(
  bytes: Uint8Array,
  from: number,
  to: number,
  tracking: StateTracking,
): TextEffects | null {
  if (tracking === 'off') return null;
  const suspicion = suspicionOf(bytes, from, to);
  const strict = tracking === 'strict';
  if (suspicion === 0 && !strict) return null;
  const sequenceCall = (suspicion & Suspicion.SequenceCall) !== 0;
  if ((suspicion & parsedBits) === 0 && !strict) return sequenceCall ? callsSequences : usesSequences;
  const text = to - from > parsedTextBytesMax ? null : decodeUtf8(bytes.subarray(from, to));
  const session = text === null ? null : sessionEffects(text);
  const sequences = (suspicion & Suspicion.SequenceUse) !== 0;
  const byWords = pinReasonOf(suspicion & ~tagged);
  let pin: PinReason | null = session === null ? byWords : session.unreplayable;
  // What is too long to be parsed, a large INSERT most often, is asked about afterwards.
  const unknown = text !== null && (session === null || session.unknownCode);
  if (strict && unknown && (pin === null || pin === 'sequence-state')) pin = 'unknown-code';
  const probe = strict && (session === null || session.touchesData);
  const statement = pin === null || session === null ? null : normalizedText(text!);
  if (suspicion === 0 && pin === null && !probe) return null;
  return { pin, session, sequences, sequenceCall, byWords, statement, probe };
}

// What Postgres itself tells by the command tag once it has happened.
const tagged = Suspicion.Setting | Suspicion.Listen | Suspicion.OwnStatement | Suspicion.Load;

// Encodings in which a byte of a character may be a backslash or a quote.
const unsafeEncodings = new Set(['SJIS', 'SHIFT_JIS_2004', 'BIG5', 'GBK', 'GB18030', 'UHC', 'JOHAB']);

/** False where the server, as it says it is set, may read a text otherwise than the parser does. */
export function readsAsParsed(parameters: ValueSet): boolean {
  return (
    parameters.values.get('standard_conforming_strings') !== 'off' &&
    !unsafeEncodings.has(parameters.values.get('client_encoding') ?? '')
  );
}
