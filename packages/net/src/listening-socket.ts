// A listening socket that accepts nobody here: it is bound, and handed down to the processes that listen on it.
import { lookup } from 'node:dns/promises';
import * as net from 'node:net';
import { ListenError } from './errors.ts';
import { systemError } from './native-loop.ts';

/** A bound socket. It lives as long as this process or another one holds it. */
export interface ListeningSocket {
  readonly host: string;
  readonly port: number;
  /** To be handed down to a child process; `listen` takes it there as `inherited`. */
  readonly fd: number;
  close(): void;
}

/** What Node's own cluster shares sockets by; there is no public way to bind without accepting. */
interface ServerHandle {
  readonly fd: number;
  getsockname(out: { address?: string; port?: number }): number;
  close(): void;
}

type CreateServerHandle = (
  address: string,
  port: number,
  addressType: 4 | 6,
  fd?: number,
  flags?: number,
) => ServerHandle | number;

const ipv6Only = 1;

/** Binds `host`:`port`, 0 being any free port. Nobody can connect before a process listens. Rejects with ListenError. */
export async function openListeningSocket(options: {
  readonly host: string;
  readonly port: number;
}): Promise<ListeningSocket> {
  const { port } = options;
  const create = (net as unknown as { _createServerHandle?: CreateServerHandle })._createServerHandle;
  if (create === undefined || 'Bun' in globalThis) {
    throw new ListenError(options.host, port, new Error('this runtime cannot share listening sockets'));
  }
  let address: string;
  try {
    ({ address } = await lookup(options.host));
  } catch (thrown) {
    throw new ListenError(options.host, port, thrown as Error);
  }
  const handle = net.isIPv6(address)
    ? create(address, port, 6, undefined, ipv6Only)
    : create(address, port, 4);
  if (typeof handle === 'number') throw new ListenError(options.host, port, systemError(handle, 'bind'));
  const bound: { address?: string; port?: number } = {};
  const status = handle.getsockname(bound);
  if (status !== 0 || handle.fd < 0) {
    handle.close();
    throw new ListenError(options.host, port, systemError(status, 'bind'));
  }
  return {
    host: bound.address!,
    port: bound.port!,
    fd: handle.fd,
    close: () => handle.close(),
  };
}
