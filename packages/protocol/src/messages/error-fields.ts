// ErrorResponse and NoticeResponse: the same fields under two type bytes.
import { BodyReader } from '../body-reader.ts';
import { FrameWriter } from '../frame-writer.ts';
import { ServerMessage } from '../message-type.ts';
import { ProtocolViolation } from '../protocol-violation.ts';

const letters = {
  severity: 'S',
  severityNonLocalized: 'V',
  code: 'C',
  message: 'M',
  detail: 'D',
  hint: 'H',
  position: 'P',
  internalPosition: 'p',
  internalQuery: 'q',
  where: 'W',
  schema: 's',
  table: 't',
  column: 'c',
  dataType: 'd',
  constraint: 'n',
  file: 'F',
  line: 'L',
  routine: 'R',
} as const;

type FieldName = keyof typeof letters;
type RequiredName = 'severity' | 'severityNonLocalized' | 'code' | 'message';

/** The fields of an error or a notice, by name; `position` and `line` are decimal texts as on the wire. */
export type ErrorFields = { readonly [Name in RequiredName]: string } & {
  readonly [Name in Exclude<FieldName, RequiredName>]?: string;
};

/** Fields to send; the severity that is never translated is the other one unless given. */
export type ErrorFieldsToSend = Omit<ErrorFields, 'severityNonLocalized'> &
  Partial<Pick<ErrorFields, 'severityNonLocalized'>>;

const fieldNames = Object.keys(letters) as FieldName[];
const nameByLetter = new Map<number, FieldName>(
  fieldNames.map((name) => [letters[name].charCodeAt(0), name]),
);

export function errorResponse(fields: ErrorFieldsToSend): Uint8Array {
  return encodeFields(ServerMessage.ErrorResponse, fields);
}

export function noticeResponse(fields: ErrorFieldsToSend): Uint8Array {
  return encodeFields(ServerMessage.NoticeResponse, fields);
}

/**
 * Fields of an ErrorResponse's or NoticeResponse's body. Unknown letters are left out, as the protocol asks;
 * required fields that are missing become empty texts. Throws ProtocolViolation.
 */
export function decodeErrorFields(body: Uint8Array): ErrorFields {
  const found: Partial<Record<FieldName, string>> = {};
  const reader = new BodyReader(body);
  for (;;) {
    const letter = reader.byte();
    if (letter === 0) break;
    const text = reader.cstring();
    const name = nameByLetter.get(letter);
    if (name !== undefined) found[name] = text;
  }
  if (reader.remaining !== 0) throw new ProtocolViolation('invalid message format');
  const { severity = '', severityNonLocalized = severity, code = '', message = '', ...others } = found;
  return { severity, severityNonLocalized, code, message, ...others };
}

function encodeFields(type: number, fields: ErrorFieldsToSend): Uint8Array {
  const writer = new FrameWriter(256).begin(type);
  for (const name of fieldNames) {
    const text = name === 'severityNonLocalized' ? (fields[name] ?? fields.severity) : fields[name];
    if (text !== undefined) writer.byte(letters[name].charCodeAt(0)).cstring(text);
  }
  return writer.byte(0).end().take();
}
