// What `@weir/net` offers: connections and how they come about.
export { AddressRanges, isAddressRange } from './address-ranges.ts';
export { sourceOf } from './address-source.ts';
export {
  type ClientTlsOptions,
  upgradeToClientTls,
} from './client-tls.ts';
export { type DialOptions, dial } from './dial.ts';
export {
  type DialHostOptions,
  dialHost,
  type EgressPolicy,
  type ResolveHost,
  resolveChecked,
} from './egress.ts';
export {
  ChannelClosedError,
  ChannelDeadlineError,
  ChannelLimitError,
  DialError,
  type DialReason,
  EgressError,
  ListenError,
  TlsError,
  type TlsReason,
  TransportError,
} from './errors.ts';
export { FrameChannel } from './frame-channel.ts';
export { readHello } from './hello-reader.ts';
export { isLoopback } from './ip-address.ts';
export { type Listener, type ListenOptions, listen } from './listener.ts';
export { type ListeningSocket, openListeningSocket } from './listening-socket.ts';
export { idleHandler, plainAddress } from './node-connection.ts';
export type { ReadMode } from './node-plain.ts';
export {
  type CertificateFiles,
  loadServerCertificates,
  type ServerCertificate,
  type ServerCertificates,
} from './server-certificates.ts';
export { type ServerTlsOptions, upgradeToServerTls } from './server-tls.ts';
export type { Connection, ConnectionHandler, TlsFacts } from './transport.ts';
export { chooseTransport, type TransportChoice, type TransportName } from './transport-choice.ts';
