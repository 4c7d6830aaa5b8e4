// What clients want to be connected to and how, out of their startup packets; the same packet is read once.
//
// The clients of an application all send the same bytes, and to read them takes longer than the rest of a login but for
// its hashes. All that is remembered follows from the packet, the name in SNI and the listener alone.
import { RecentMap } from '@weir/fleet';
import { parseStartupPacket, type StartupMessage, type StartupPacket } from '@weir/protocol';
import { type ResolvedEndpoint, resolveEndpoint } from './resolve-endpoint.ts';
import { type StartupParameters, splitStartupParameters } from './startup-parameters.ts';

// Packets come from strangers: how many are remembered, and how long they may be, is bounded. Usual ones have 60 to 200 bytes.
const packetsMax = 1024;
const packetBytesMax = 512;
const wishesMax = 1024;

type Parameters = StartupMessage['parameters'];

/** Where a client wants to go, and with which settings. */
export class ClientWish {
  readonly endpoint: ResolvedEndpoint;
  readonly #parameters: Parameters;
  #startup: StartupParameters | null = null;

  constructor(endpoint: ResolvedEndpoint, parameters: Parameters) {
    this.endpoint = endpoint;
    this.#parameters = parameters;
  }

  /** Its settings if it logs in as `role`. Throws as splitStartupParameters does. */
  startupAs(role: string): StartupParameters {
    const { role: named, options } = this.endpoint;
    const parameters = this.#parameters;
    if (role !== named) return splitStartupParameters({ parameters, options, role });
    this.#startup ??= splitStartupParameters({ parameters, options, role });
    return this.#startup;
  }
}

const packets = new RecentMap<string, StartupMessage>(packetsMax);
let wishes = new WeakMap<Parameters, Map<string, ClientWish>>();
let wishCount = 0;

/** As parseStartupPacket; of a packet that was read before the very message that it was. */
export function readStartup(bytes: Uint8Array): StartupPacket {
  if (bytes.length > packetBytesMax) return parseStartupPacket(bytes);
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const known = packets.get(key);
  if (known !== undefined) return known;
  const packet = parseStartupPacket(bytes);
  if (packet.kind === 'startup') packets.set(key, packet);
  return packet;
}

/** What is wished by who sent these parameters, and asked for `servername`. Throws PoolerError as resolveEndpoint does. */
export function wishOf(
  parameters: Parameters,
  claim: {
    readonly servername: string | null;
    readonly domains: readonly string[];
    readonly pooledOnly: boolean;
  },
): ClientWish {
  const key = `${claim.pooledOnly ? 'pooled ' : ''}${claim.servername ?? ''}`;
  const known = wishes.get(parameters)?.get(key);
  if (known !== undefined) return known;
  const endpoint = resolveEndpoint({
    ...claim,
    options: parameters.get('options'),
    user: parameters.get('user'),
  });
  const wish = new ClientWish(endpoint, parameters);
  // By the names that strangers ask for, too.
  if (wishCount++ >= wishesMax) {
    wishes = new WeakMap();
    wishCount = 1;
  }
  const ofMessage = wishes.get(parameters) ?? new Map<string, ClientWish>();
  wishes.set(parameters, ofMessage.set(key, wish));
  return wish;
}
