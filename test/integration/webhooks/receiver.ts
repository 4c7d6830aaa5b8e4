// A receiver of webhooks as somebody would run one: it checks signatures, and answers as the test wants.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly type: string; readonly targetId: string; readonly changes: unknown[] };
  /** The body as it came. */
  readonly text: string;
}

export interface Receiver {
  readonly url: string;
  /** In the order in which they came, each as often as it came. */
  readonly received: readonly Received[];
  /** What it answers from now on; null: nothing at all. */
  answer: { readonly status: number; readonly headers?: Record<string, string> } | null;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      const { headers } = request;
      received.push({ id: String(headers['webhook-id']), headers, body: JSON.parse(text), text });
      const { answer } = receiver;
      if (answer !== null) response.writeHead(answer.status, answer.headers).end('thank you');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?from=weir`,
    received,
    answer: { status: 204 },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

/** Whether whoever sent it knew the secret, maybe beside another one, as a receiver is told to find out in docs/webhooks.md. */
export function isSigned({ headers, text }: Received, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  const ageSeconds = Date.now() / 1000 - Number(headers['webhook-timestamp']);
  const signatures = String(headers['webhook-signature']).split(' ');
  return signatures.includes(`v1,${signature}`) && Math.abs(ageSeconds) < 300;
}
