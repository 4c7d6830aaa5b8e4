// The listener for those who watch a process: /healthz, /readyz and /metrics. No login, so never on a public address.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a probe finds. `detail` is shown as JSON to whoever asks, so it holds no secrets. */
export interface Probe {
  readonly ok: boolean;
  readonly detail: unknown;
}

export interface AdminOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The descriptor of a bound socket to listen on instead. */
  readonly inherited?: number;
  /** Is the process alive; false asks for a restart. */
  health(): Probe | Promise<Probe>;
  /** Should new clients be sent here; false is no fault, as while draining. */
  ready(): Probe | Promise<Probe>;
  /** Prometheus's text format. */
  metrics(): Promise<string>;
  /** Told when one of the functions above failed; the asker gets a bare 500. */
  readonly onError?: (error: Error) => void;
}

export interface AdminListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The admin address cannot be listened on; the text names it and the reason. */
export class AdminListenError extends Error {
  override name = 'AdminListenError';
}

const connectionsMax = 64;
const requestTimeoutMs = 5_000;
const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Rejects with AdminListenError. */
export async function serveAdmin(options: AdminOptions): Promise<AdminListener> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (request, response) => {
      answer(options, request, response).catch((error: Error) => {
        options.onError?.(error);
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
        response.end('internal error\n');
      });
    },
  );
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const address = `${options.host}:${options.port}`;
      reject(
        new AdminListenError(`cannot listen on ${address} for probes and metrics (${cause.code})`, { cause }),
      );
    });
    if (options.inherited === undefined) server.listen(options.port, options.host, resolve);
    else server.listen({ fd: options.inherited }, resolve);
  });
  return {
    host: options.host,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: AdminOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      return sendProbe(response, await options.health());
    case '/readyz':
      return sendProbe(response, await options.ready());
    case '/metrics': {
      const text = await options.metrics();
      response.writeHead(200, { 'content-type': metricsContentType }).end(text);
      return;
    }
    default:
      response.writeHead(404, { 'content-type': 'text/plain' }).end('try /healthz, /readyz or /metrics\n');
  }
}

function sendProbe(response: ServerResponse, probe: Probe): void {
  response.writeHead(probe.ok ? 200 : 503, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  });
  response.end(`${JSON.stringify({ ok: probe.ok, detail: probe.detail })}\n`);
}
