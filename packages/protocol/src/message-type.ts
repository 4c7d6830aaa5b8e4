// The type byte of each message, for the client's and the server's direction: one letter may mean two messages.

/** Types of the messages a client sends. */
export const ClientMessage = {
  Query: 0x51,
  Parse: 0x50,
  Bind: 0x42,
  Describe: 0x44,
  Execute: 0x45,
  Close: 0x43,
  Flush: 0x48,
  Sync: 0x53,
  FunctionCall: 0x46,
  CopyData: 0x64,
  CopyDone: 0x63,
  CopyFail: 0x66,
  Terminate: 0x58,
  /** PasswordMessage, SASLInitialResponse, SASLResponse and GSSResponse share this letter. */
  Password: 0x70,
} as const;

/** Types of the messages a server sends. */
export const ServerMessage = {
  Authentication: 0x52,
  BackendKeyData: 0x4b,
  BindComplete: 0x32,
  CloseComplete: 0x33,
  CommandComplete: 0x43,
  CopyData: 0x64,
  CopyDone: 0x63,
  CopyInResponse: 0x47,
  CopyOutResponse: 0x48,
  CopyBothResponse: 0x57,
  DataRow: 0x44,
  EmptyQueryResponse: 0x49,
  ErrorResponse: 0x45,
  FunctionCallResponse: 0x56,
  NegotiateProtocolVersion: 0x76,
  NoData: 0x6e,
  NoticeResponse: 0x4e,
  NotificationResponse: 0x41,
  ParameterDescription: 0x74,
  ParameterStatus: 0x53,
  ParseComplete: 0x31,
  PortalSuspended: 0x73,
  ReadyForQuery: 0x5a,
  RowDescription: 0x54,
} as const;

/** The type byte of a client's message. */
export type ClientMessage = (typeof ClientMessage)[keyof typeof ClientMessage];
/** The type byte of a server's message. */
export type ServerMessage = (typeof ServerMessage)[keyof typeof ServerMessage];

const clientNames = namesByType(ClientMessage);
const serverNames = namesByType(ServerMessage);

/** The Postgres docs' name of a client's message, or null if no client message has this type. */
export function clientMessageName(type: number): string | null {
  return clientNames.get(type) ?? null;
}

/** The Postgres docs' name of a server's message, or null if no server message has this type. */
export function serverMessageName(type: number): string | null {
  return serverNames.get(type) ?? null;
}

function namesByType(types: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(types).map(([name, type]) => [type, name]));
}
