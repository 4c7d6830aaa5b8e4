// Which ports are free on this machine and, where the system lets us see it, who has one that is not.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { LocalServerError } from './errors.ts';

// Below the kernel's range for outgoing connections, so that a client socket does not take a port between test and use.
const lowest = 20_000;
const highest = 32_000;

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      // A machine without IPv6 has no ::1 to be taken.
      resolve(host === '::1' && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether `port` can be listened on now, on both loopback addresses. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'));
}

/** Whether this machine has ::1 to listen on. */
export function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
}

/**
 * A port that is free on both loopback addresses: `preferred` or one of the 99 above it, else (or without it) one at random.
 * Ports in `except` are passed over. Rejects with LocalServerError when nothing is free.
 */
export async function freePort(preferred?: number, except: ReadonlySet<number> = new Set()): Promise<number> {
  if (preferred !== undefined) {
    for (let port = preferred; port < preferred + 100 && port < 65_536; port++) {
      if (!except.has(port) && (await isPortFree(port))) return port;
    }
  }
  for (let round = 0; round < 200; round++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (!except.has(port) && (await isPortFree(port))) return port;
  }
  throw new LocalServerError('NO_FREE_PORT', `no free port was found between ${lowest} and ${highest}`);
}

/** Who listens on a port; what the system does not show us is null. */
export interface PortOwner {
  readonly pid: number | null;
  readonly name: string | null;
  readonly userId: number | null;
}

/** Who listens on `port` on any address, or null where nobody does or the system does not tell. */
export function portOwner(port: number): PortOwner | null {
  const sockets = listeningSockets(port);
  if (sockets.size === 0) return null;
  const [userId] = sockets.values();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const descriptor of readdirSync(`/proc/${entry}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlink(`/proc/${entry}/fd/${descriptor}`))?.[1];
        if (inode !== undefined && sockets.has(inode)) {
          const name = readFileSync(`/proc/${entry}/comm`, 'utf8').trim();
          return { pid: Number(entry), name, userId: sockets.get(inode) ?? null };
        }
      }
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return { pid: null, name: null, userId: userId ?? null };
}

/** Inode → user id of the sockets that listen on `port`; empty where there is no /proc. */
function listeningSockets(port: number): Map<string, number> {
  const found = new Map<string, number>();
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text: string;
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      continue;
    }
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      // State 0A is LISTEN.
      if (columns[3] === '0A' && columns[1]?.endsWith(`:${wanted}`))
        found.set(columns[9]!, Number(columns[7]));
    }
  }
  return found;
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
