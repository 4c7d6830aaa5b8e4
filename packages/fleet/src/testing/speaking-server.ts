// A server that speaks as much of Redis's protocol as a client needs to hear, and what a test wants it to say.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What is answered to a command, word by word, as bytes of the protocol; null: nothing, or by the test itself, later. */
export type Answer = (words: readonly string[], socket: Socket) => string | null;

const usualAnswers: Readonly<Record<string, string>> = {
  INFO: '$17\r\nredis_version:7.0\r\n',
  PING: '+PONG\r\n',
};

export function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

export class SpeakingServer {
  readonly sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.#server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('data', (data) => {
        for (const command of data
          .toString()
          .split(/^\*\d+\r\n/m)
          .slice(1)) {
          const words = [...command.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(([, word]) => word!);
          const said = answer(words, socket);
          if (said !== null) socket.write(said);
        }
      });
    });
  }

  /** Commands that `answer` leaves undefined get the usual answer. */
  static async listen(
    answer: (...given: Parameters<Answer>) => string | null | undefined = () => undefined,
  ): Promise<SpeakingServer> {
    const server = new SpeakingServer((words, socket) => {
      const said = answer(words, socket);
      return said === undefined ? (usualAnswers[words[0]!.toUpperCase()] ?? '+OK\r\n') : said;
    });
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }
}
