// A simulated client: sends random work, and knows byte for byte what a server of its own would have answered.
import {
  bind,
  close,
  copyData,
  copyDone,
  copyFail,
  decodeNotification,
  decodeParameterStatus,
  describe,
  equalBytes,
  execute,
  FrameReader,
  flush,
  joinBytes,
  parse,
  query,
  ServerMessage,
  serverMessageName,
  sync,
  terminate,
  traceFrame,
} from '@weir/protocol';
import { ModelListener, restMs } from './model-listener.ts';
import { ModelServer } from './model-server.ts';
import type { Notifications } from './notifications.ts';
import type { Clock, Random } from './random.ts';
import type { Wire } from './wire.ts';

export interface ModelClientOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Batches to send, each ending with a ReadyForQuery. */
  readonly batches: number;
  /** Chance of going without a word after a batch. */
  readonly loss: number;
  /** Chance that a batch is about channels, beside those that are anyway. */
  readonly talk: number;
  /** What is notified in its database. */
  readonly notifications: Notifications;
  /** Called once when it has everything it is owed, or has gone. */
  done(how: 'finished' | 'lost'): void;
}

/** Sends, compares, and says when it is done. */
export class ModelClient {
  readonly options: ModelClientOptions;
  state: 'running' | 'finished' | 'lost' | 'refused' = 'running';
  private readonly direct = new ModelServer();
  private readonly expected: Uint8Array[] = [];
  private readonly reader = new FrameReader(1 << 20);
  private wire: Wire | null = null;
  private sent = 0;
  private number = 0;
  private readyOwed = 0;
  private inTransaction = false;
  private readonly names: string[] = [];
  private readonly listener: ModelListener;
  private told = '';

  constructor(options: ModelClientOptions) {
    this.options = options;
    this.listener = new ModelListener(options.name, options.notifications);
  }

  connected(wire: Wire): void {
    this.wire = wire;
    this.later();
  }

  refused(): void {
    this.state = 'refused';
  }

  get hasListened(): boolean {
    return this.listener.hasListened;
  }

  private later(): void {
    const { clock, random } = this.options;
    clock.after(random.next() * 30, () => this.next());
  }

  private next(): void {
    if (this.state !== 'running') return;
    const { random, batches, loss } = this.options;
    if (this.sent >= batches && !this.inTransaction) return this.finish();
    if (random.chance(loss)) {
      this.state = 'lost';
      this.options.done('lost');
      return;
    }
    this.send(this.batch());
    // Pipelining: the next batch need not wait for this one's end.
    if (random.chance(0.2)) this.later();
  }

  private finish(): void {
    if (this.readyOwed > 0) return;
    const { clock } = this.options;
    if (this.direct.channels.size === 0) return this.leave();
    clock.after(restMs, () => {
      if (this.state !== 'running') return;
      if (this.listener.isBeingTold(clock.nowMs)) return this.finish();
      this.listener.check(clock.nowMs);
      this.leave();
    });
  }

  private leave(): void {
    this.state = 'finished';
    if (this.expected.length > 0)
      throw new Error(`${this.options.name}: ${this.expected.length} replies are missing`);
    this.wire!.send(terminate());
    this.options.done('finished');
  }

  private send(messages: Uint8Array[]): void {
    this.sent++;
    for (const message of messages) {
      for (const reply of this.direct.feed(message)) {
        this.expected.push(reply);
        if (reply[0] === ServerMessage.ReadyForQuery) this.readyOwed++;
      }
    }
    this.listener.sent(this.direct.channels);
    if (this.options.random.chance(0.5)) this.wire!.send(joinBytes(messages));
    else for (const message of messages) this.wire!.send(message);
  }

  private text(word = 'echo'): string {
    return `${word} ${this.options.name} ${++this.number}`;
  }

  private batch(): Uint8Array[] {
    const { random } = this.options;
    if (this.inTransaction && random.chance(0.4)) {
      this.inTransaction = false;
      return this.run(random.pick(['commit', 'rollback']));
    }
    if (!this.inTransaction && random.chance(0.2)) {
      this.inTransaction = true;
      return this.run('begin');
    }
    if (this.direct.channels.size > 0 && random.chance(0.3)) return this.run(`unlisten ${this.channel('*')}`);
    if (random.chance(this.options.talk)) return this.run(random.chance(0.3) ? this.listen() : this.notify());
    const kind = random.next();
    if (kind < 0.3) return this.run(this.text());
    if (kind < 0.36) return this.run(this.text('fail'));
    if (kind < 0.42) return this.copy();
    if (kind < 0.52) return this.run(this.setting());
    if (kind < 0.66) return this.pipeline();
    return this.named();
  }

  /** One text, simply or by an unnamed statement, which may be bound in a later batch. */
  private run(text: string): Uint8Array[] {
    const { random } = this.options;
    if (random.chance(0.5)) return [query(text)];
    const messages = [parse('', text, [])];
    if (random.chance(0.2)) messages.push(sync());
    messages.push(bind('', ''), describe('P', ''), execute('', 0), sync());
    return messages;
  }

  private setting(): string {
    const { random } = this.options;
    if (random.chance(0.1)) return this.listen();
    if (random.chance(0.2)) return this.notify();
    return random.pick([
      `set a.v = '${this.options.name}-${++this.number}'`,
      `set a.w = '${++this.number}'`,
      'set local a.v = 1',
      'reset a.v',
      'show a.v',
      'show a.w',
    ]);
  }

  private channel(...others: string[]): string {
    return this.options.random.pick(['news', 'sport', ...others]);
  }

  private listen(): string {
    return `listen ${this.channel()}`;
  }

  private notify(): string {
    return `notify ${this.channel()}, ''`;
  }

  private pipeline(): Uint8Array[] {
    const { random } = this.options;
    const messages: Uint8Array[] = [];
    const count = random.int(1, 5);
    for (let i = 0; i < count; i++) {
      const word = random.chance(0.1) ? random.pick(['fail', 'unparsable']) : 'echo';
      const text = random.chance(0.2) ? this.setting() : this.text(word);
      messages.push(parse('', text, []), bind('', ''), execute('', 0));
      if (random.chance(0.2)) messages.push(flush());
      if (random.chance(0.2)) messages.push(query(this.text()));
      if (random.chance(0.3)) messages.push(sync());
    }
    messages.push(sync());
    return messages;
  }

  /** Named statements: made, used in this batch or later ones, made twice, missing, closed. */
  private named(): Uint8Array[] {
    const { random } = this.options;
    const messages: Uint8Array[] = [];
    const count = random.int(1, 4);
    for (let i = 0; i < count; i++) {
      const choice = random.next();
      if (this.names.length === 0 || choice < 0.25) {
        const name =
          random.chance(0.1) && this.names.length > 0 ? random.pick(this.names) : `s${this.number}`;
        // Texts are shared among clients, so that one server's statement serves many.
        const texts = ['echo a', 'echo b', 'echo c', 'unparsable'];
        // A name that is taken, with a text that a failed transaction would let pass: SPEC.md, what is not as directly.
        if (!this.names.includes(name)) texts.push('rollback');
        messages.push(parse(name, random.pick(texts), []));
        this.names.push(name);
      }
      const name = random.chance(0.05) ? 'missing' : random.pick(this.names);
      if (choice > 0.9) {
        messages.push(close('S', name));
        continue;
      }
      if (choice > 0.85) {
        // As drivers do for what they prepared by protocol.
        const text = `deallocate ${name}`;
        if (random.chance(0.3)) messages.push(query(text));
        else messages.push(parse('', text, []), bind('', ''), execute('', 0));
        continue;
      }
      if (choice > 0.6) messages.push(describe('S', name));
      messages.push(bind('', name), execute('', 0));
      if (random.chance(0.1)) messages.push(flush());
      // Not a COPY by accident: nobody would send its data.
      if (random.chance(0.1) && !this.direct.unnamedCopies) messages.push(bind('', ''), execute('', 0));
    }
    messages.push(sync());
    return messages;
  }

  private copy(): Uint8Array[] {
    const { random } = this.options;
    const extended = random.chance(0.5);
    const messages = extended ? [parse('', 'copy t', []), bind('', ''), execute('', 0)] : [query('copy t')];
    if (extended && random.chance(0.5)) messages.push(sync());
    const rows = random.int(0, 3);
    for (let i = 0; i < rows; i++) messages.push(copyData(new Uint8Array(random.int(0, 40_000))));
    messages.push(random.chance(0.8) ? copyDone() : copyFail('no'));
    if (extended) messages.push(sync());
    return messages;
  }

  /** Bytes from the pooler: each frame must be the next that a server of its own would have sent. */
  received(bytes: Uint8Array): void {
    if (this.state === 'lost') return;
    this.reader.push(bytes);
    for (let frame = this.reader.next(); frame !== null; frame = this.reader.next()) {
      const { type, body } = frame;
      if (type === ServerMessage.NoticeResponse) continue;
      if (type === ServerMessage.ParameterStatus) {
        this.told = decodeParameterStatus(body).value;
        continue;
      }
      if (type === ServerMessage.NotificationResponse) {
        const { channel, payload } = decodeNotification(body);
        this.listener.heard(channel, payload, this.options.clock.nowMs);
        continue;
      }
      const expected = this.expected.shift();
      const same = expected !== undefined && expected[0] === type && equalBytes(expected.subarray(5), body);
      if (!same) {
        const wanted =
          expected === undefined ? 'nothing' : traceFrame('server', expected[0]!, expected.subarray(5));
        throw new Error(
          `${this.options.name}: got ${serverMessageName(type)} ${traceFrame('server', type, body)}, a server of its own would send ${wanted}`,
        );
      }
      if (this.told !== this.options.name)
        throw new Error(`${this.options.name} is told that it is ${this.told}`);
      if (type === ServerMessage.ReadyForQuery && --this.readyOwed === 0) {
        if (!this.inTransaction) this.listener.answered(this.direct.channels);
        this.later();
      }
    }
  }
}
