// One HTTP request to a URL that a tenant's people named: resolved and checked each time, and only what was checked is dialled.
import http from 'node:http';
import https from 'node:https';
import { EgressError, type EgressPolicy, isLoopback, resolveChecked } from '@weir/net';

/** Why there was no reply. `too-large`: there was more of it than was asked for. */
export type RequestFailure =
  | 'dns'
  | 'forbidden'
  | 'timeout'
  | 'refused'
  | 'tls'
  | 'unreachable'
  | 'too-large';

export interface Reach {
  readonly policy: EgressPolicy;
  /** Where `http://` is taken: what comes from elsewhere without TLS may be anybody's. */
  readonly plainTo: 'anywhere' | 'loopback';
}

export interface CheckedRequest extends Reach {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For everything together. */
  readonly timeoutMs: number;
  /** Of the reply's body; null: it is not read, since it is nobody's business here and may be anything's that was reached by mistake. */
  readonly replyBytesMax: number | null;
}

export type RequestOutcome =
  | { readonly status: number; readonly body: string }
  | { readonly error: RequestFailure };

/** Never rejects. Redirects are not followed: where they lead nobody has checked, and their status says so. */
export async function sendChecked(request: CheckedRequest): Promise<RequestOutcome> {
  const url = new URL(request.url);
  const deadline = AbortSignal.timeout(request.timeoutMs);
  try {
    const addresses = await addressesFor(url, request);
    deadline.throwIfAborted();
    // One address only: a second attempt comes later anyway, and may find the others.
    return await send(url, addresses[0]!, request, deadline);
  } catch (error) {
    return { error: deadline.aborted ? 'timeout' : wordFor(error) };
  }
}

/** The addresses that may be dialled for a URL. Rejects with EgressError if there are none. */
export async function addressesFor(url: URL, { policy, plainTo }: Reach): Promise<readonly string[]> {
  const addresses = await resolveChecked(url.hostname, portOf(url), policy);
  if (url.protocol === 'https:' || plainTo === 'anywhere') return addresses;
  const local = addresses.filter(isLoopback);
  if (local.length > 0) return local;
  throw new EgressError(url.hostname, 'forbidden', 'http:// is not taken from here');
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function send(
  url: URL,
  address: string,
  { method, headers, body, replyBytesMax }: CheckedRequest,
  signal: AbortSignal,
): Promise<RequestOutcome> {
  const { protocol, pathname, search, host, hostname } = url;
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? https : http).request(
      {
        method,
        host: address,
        port: portOf(url),
        path: pathname + search,
        headers: {
          ...headers,
          host,
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        },
        // A connection that was kept would lead to an address that was checked once, long ago.
        agent: false,
        signal,
        ...(protocol === 'https:' && { servername: name }),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        if (replyBytesMax === null) {
          response.destroy();
          return resolve({ status, body: '' });
        }
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          parts.push(part);
          if (bytes <= replyBytesMax) return;
          response.destroy();
          resolve({ error: 'too-large' });
        });
        response.on('end', () => resolve({ status, body: Buffer.concat(parts).toString() }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function wordFor(error: unknown): RequestFailure {
  if (error instanceof EgressError) return error.reason === 'dns' ? 'dns' : 'forbidden';
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'EPROTO' || /CERT|SSL|TLS|SIGNATURE|SELF_SIGNED/.test(code)) return 'tls';
  return 'unreachable';
}
