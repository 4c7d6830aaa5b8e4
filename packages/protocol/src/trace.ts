// One readable line a message, for debugging; passwords and cancel keys are never part of it.
import { ClientMessage, clientMessageName, ServerMessage, serverMessageName } from './message-type.ts';
import { decodeErrorFields } from './messages/error-fields.ts';
import {
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeExecute,
  decodeParse,
} from './messages/extended-query.ts';
import { decodeParameterStatus, decodeReadyForQuery } from './messages/greeting.ts';
import { decodeCommandComplete, decodeNotification, decodeQuery } from './messages/query.ts';
import { decodeDataRow, decodeRowDescription } from './messages/rows.ts';
import { ProtocolViolation } from './protocol-violation.ts';

const textCharactersMax = 80;

/** `> Query "SELECT 1"` for a client's frame, `< ReadyForQuery I` for a server's. Never throws. */
export function traceFrame(sender: 'client' | 'server', type: number, body: Uint8Array): string {
  const name = sender === 'client' ? clientMessageName(type) : serverMessageName(type);
  const arrow = sender === 'client' ? '>' : '<';
  if (name === null)
    return `${arrow} unknown type 0x${type.toString(16).padStart(2, '0')} (${body.length} bytes)`;
  try {
    const facts = sender === 'client' ? clientFacts(type, body) : serverFacts(type, body);
    return facts === '' ? `${arrow} ${name}` : `${arrow} ${name} ${facts}`;
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    return `${arrow} ${name} malformed: ${error.message} (${body.length} bytes)`;
  }
}

function clientFacts(type: number, body: Uint8Array): string {
  switch (type) {
    case ClientMessage.Query:
      return quote(decodeQuery(body));
    case ClientMessage.Parse: {
      const { name, text } = decodeParse(body);
      return `${quote(name)} ${quote(text)}`;
    }
    case ClientMessage.Bind: {
      const { portal, statement } = decodeBind(body);
      return `${quote(portal)} to ${quote(statement)}`;
    }
    case ClientMessage.Describe: {
      const { kind, name } = decodeDescribe(body);
      return `${kind} ${quote(name)}`;
    }
    case ClientMessage.Close: {
      const { kind, name } = decodeClose(body);
      return `${kind} ${quote(name)}`;
    }
    case ClientMessage.Execute: {
      const { portal, rowsMax } = decodeExecute(body);
      return `${quote(portal)} rows ${rowsMax === 0 ? 'all' : rowsMax}`;
    }
    default:
      return sizeOf(body);
  }
}

function serverFacts(type: number, body: Uint8Array): string {
  switch (type) {
    case ServerMessage.ReadyForQuery:
      return decodeReadyForQuery(body);
    case ServerMessage.CommandComplete:
      return quote(decodeCommandComplete(body));
    case ServerMessage.ErrorResponse:
    case ServerMessage.NoticeResponse: {
      const { severity, code, message } = decodeErrorFields(body);
      return `${severity} ${code} ${quote(message)}`;
    }
    case ServerMessage.ParameterStatus: {
      const { name, value } = decodeParameterStatus(body);
      return `${name}=${quote(value)}`;
    }
    case ServerMessage.NotificationResponse: {
      const { processId, channel } = decodeNotification(body);
      return `${quote(channel)} from ${processId}`;
    }
    case ServerMessage.RowDescription:
      return decodeRowDescription(body)
        .map((column) => quote(column.name))
        .join(' ');
    case ServerMessage.DataRow:
      return `${decodeDataRow(body).length} values (${body.length} bytes)`;
    default:
      return sizeOf(body);
  }
}

function sizeOf(body: Uint8Array): string {
  return body.length === 0 ? '' : `(${body.length} bytes)`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > textCharactersMax ? `${text.slice(0, textCharactersMax)}…` : text);
}
