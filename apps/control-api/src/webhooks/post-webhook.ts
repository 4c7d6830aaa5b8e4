// One POST to a receiver that a tenant's people named: resolved and checked at each attempt, and only what was checked is dialled.
import http from 'node:http';
import https from 'node:https';
import { EgressError, type EgressPolicy, resolveChecked } from '@weir/net';

/** What came of it: the status of a reply, or a word for why there was none. */
export type PostOutcome =
  | { readonly status: number }
  | { readonly error: 'dns' | 'forbidden' | 'timeout' | 'refused' | 'tls' | 'unreachable' };

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly policy: EgressPolicy;
  /** For everything together. */
  readonly timeoutMs: number;
}

/** Never rejects. Redirects are not followed: where they lead nobody has checked, and their status says so. */
export async function postWebhook(post: Post): Promise<PostOutcome> {
  const url = new URL(post.url);
  const deadline = AbortSignal.timeout(post.timeoutMs);
  try {
    const addresses = await resolveChecked(url.hostname, portOf(url), post.policy);
    deadline.throwIfAborted();
    // One address only: a second attempt comes later anyway, and may find the others.
    return { status: await send(url, addresses[0]!, post, deadline) };
  } catch (error) {
    return { error: deadline.aborted ? 'timeout' : wordFor(error) };
  }
}

/** Rejects with EgressError where the policy lets nobody dial this URL. */
export async function checkReceiver(text: string, policy: EgressPolicy): Promise<void> {
  const url = new URL(text);
  await resolveChecked(url.hostname, portOf(url), policy);
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function send(url: URL, address: string, post: Post, signal: AbortSignal): Promise<number> {
  const { protocol, pathname, search, host, hostname } = url;
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? https : http).request(
      {
        method: 'POST',
        host: address,
        port: portOf(url),
        path: pathname + search,
        headers: { ...post.headers, host, 'content-length': Buffer.byteLength(post.body) },
        // A connection that was kept would lead to an address that was checked once, long ago.
        agent: false,
        signal,
        ...(protocol === 'https:' && { servername: name }),
      },
      (response) => {
        // What it answers is nobody's business here, and is not kept: it may be anything's that was reached by mistake.
        response.destroy();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('error', reject);
    request.end(post.body);
  });
}

function wordFor(error: unknown): Exclude<PostOutcome, { status: number }>['error'] {
  if (error instanceof EgressError) return error.reason === 'dns' ? 'dns' : 'forbidden';
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'EPROTO' || /CERT|SSL|TLS|SIGNATURE|SELF_SIGNED/.test(code)) return 'tls';
  return 'unreachable';
}
