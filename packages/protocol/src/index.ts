// The Postgres wire protocol v3 in both directions: bytes in, values out. No sockets, no clock.
export { BodyReader } from './body-reader.ts';
export {
  copyOf,
  decodeUtf8,
  encodeUtf8,
  equalBytes,
  joinBytes,
  noBytes,
  readInt32,
  writeInt32,
} from './bytes.ts';
export { type Frame, FrameReader } from './frame-reader.ts';
export { FrameScanner } from './frame-scanner.ts';
export { FrameWriter } from './frame-writer.ts';
export { ClientMessage, clientMessageName, ServerMessage, serverMessageName } from './message-type.ts';
export * from './messages/authentication.ts';
export * from './messages/copy.ts';
export * from './messages/error-fields.ts';
export * from './messages/extended-query.ts';
export * from './messages/greeting.ts';
export * from './messages/password.ts';
export * from './messages/query.ts';
export * from './messages/rows.ts';
export { ProtocolViolation } from './protocol-violation.ts';
export {
  type ProxySource,
  parseProxyHeader,
  proxyHeaderFirstByte,
  proxyHeaderRest,
  proxyHeaderStartBytes,
} from './proxy-header.ts';
export { SqlState } from './sqlstate.ts';
export {
  cancelSecretBytesMax,
  encodeCancelRequest,
  encodeGssEncRequest,
  encodeSslRequest,
  encodeStartupMessage,
  newestProtocolMinor,
  parseStartupPacket,
  type StartupMessage,
  type StartupPacket,
  startupPacketBytesMax,
} from './startup.ts';
export { traceFrame } from './trace.ts';
