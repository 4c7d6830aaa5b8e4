// Which connections to a port belong to some processes, as Linux shows it under /proc.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The local ports of the connections that the processes have to `remotePort`. Those that have ended have none. */
export function localPortsOf(pids: readonly number[], remotePort: number): Set<number> {
  const inodes = new Set(pids.flatMap(socketsOf));
  const remote = `:${remotePort.toString(16).toUpperCase().padStart(4, '0')}`;
  const ports = new Set<number>();
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    if (!line.includes(remote)) continue;
    // sl, local_address, rem_address, st, queues, tr, retrnsmt, uid, timeout, inode
    const [, local, peer, , , , , , , inode] = line.trim().split(/\s+/);
    if (peer?.endsWith(remote) && inodes.has(inode!)) ports.add(Number.parseInt(local!.split(':')[1]!, 16));
  }
  return ports;
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return (unlessGone(() => readdirSync(folder)) ?? []).flatMap((fd) => {
    const socket = /^socket:\[(\d+)\]$/.exec(unlessGone(() => readlinkSync(`${folder}/${fd}`)) ?? '');
    return socket === null ? [] : [socket[1]!];
  });
}

/** Null: the process, or its descriptor, has gone meanwhile. */
function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
