// A model of one Postgres session: what it answers to each message, with its statements, transaction and skipping.
import {
  bindComplete,
  ClientMessage,
  closeComplete,
  commandComplete,
  dataRow,
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeParse,
  decodeUtf8,
  encodeUtf8,
  errorResponse,
  FrameReader,
  noData,
  parameterStatus,
  parseComplete,
  readyForQuery,
} from '@weir/protocol';
import type { ListeningSession, Notifications } from './notifications.ts';

let sessionsMade = 0;

const transactionAborted = 'current transaction is aborted, commands ignored until end of transaction block';

/** What sessions of one database share, and how to have `takeNotified` called when it may be. */
interface Shared {
  readonly notifications: Notifications;
  whenIdle(): void;
}

/**
 * Commands are few: `begin`, `commit`, `rollback`, `fail …`, `copy …`, `set a.v = …`, `reset a.v`, `show a.v`,
 * `deallocate …`, `listen …`, `unlisten …`, `notify …, '…'`, `echo …`. `echo` answers a row
 * with its text, so that every reply carries the client and number it belongs to.
 */
export class ModelServer implements ListeningSession {
  readonly processId = ++sessionsMade;
  private readonly reader = new FrameReader(1 << 20);
  private readonly statements = new Map<string, string>();
  private bound: string | null = null;
  private status: 'I' | 'T' | 'E' = 'I';
  private skipping = false;
  private copying: 'no' | 'simple' | 'extended' = 'no';
  private copiedBytes = 0;
  /** Channels it listens to; what a transaction under way changes of them counts from its commit. */
  channels = new Set<string>();
  private readonly uncommitted: (() => void)[] = [];
  private notes: { channel: string; payload: string }[] = [];
  private unsent: { readonly channel: string; readonly frame: Uint8Array }[] = [];
  private midBatch = false;
  private readonly shared: Shared | null;
  private out: Uint8Array[] = [];
  /** The client has said Terminate. */
  ended = false;
  applicationAtStart = '';
  /** Session settings, those of a transaction under way included. */
  settings = new Map<string, string>();
  /** Those from before the transaction under way, if it has changed any. */
  private settingsBefore: Map<string, string> | null = null;

  /** The unnamed statement is a COPY. */
  get unnamedCopies(): boolean {
    return this.statements.get('')?.startsWith('copy') ?? false;
  }

  constructor(shared: Shared | null = null) {
    this.shared = shared;
    shared?.notifications.join(this);
  }

  // What has been committed is looked at later, by what the session listens to then, as in Postgres.
  notified(channel: string, frame: Uint8Array, own: boolean): void {
    this.unsent.push({ channel, frame });
    // Its own are sent before it says that it is ready; others' whenever it is.
    if (!own) this.shared!.whenIdle();
  }

  /** What may be sent now of what was notified. */
  takeNotified(): Uint8Array[] {
    if (this.status !== 'I' || this.midBatch || this.copying !== 'no') return [];
    const heard = this.unsent.filter(({ channel }) => this.channels.has(channel));
    this.unsent = [];
    return heard.map(({ frame }) => frame);
  }

  /** Feeds bytes of the client's; returns what the server answers. */
  feed(bytes: Uint8Array): Uint8Array[] {
    this.reader.push(bytes);
    this.out = [];
    for (;;) {
      const frame = this.reader.next();
      if (frame === null || this.ended) return this.out;
      this.message(frame.type, frame.body);
    }
  }

  private message(type: number, body: Uint8Array): void {
    if (type === ClientMessage.Terminate) {
      this.ended = true;
      return;
    }
    if (this.copying !== 'no') return this.copyMessage(type, body);
    if (this.skipping && type !== ClientMessage.Sync) return;
    this.midBatch = type !== ClientMessage.Query && type !== ClientMessage.Sync;
    switch (type) {
      case ClientMessage.Query: {
        this.statements.delete('');
        this.simple(decodeUtf8(body.subarray(0, body.length - 1)));
        return;
      }
      case ClientMessage.Parse: {
        const { name, text: query } = decodeParse(body);
        if (name === '') this.statements.delete('');
        if (this.aborted(query)) return this.fail('25P02', transactionAborted);
        if (query.startsWith('unparsable')) return this.fail('42601', 'syntax error');
        if (name !== '' && this.statements.has(name)) {
          return this.fail('42P05', `prepared statement "${name}" already exists`);
        }
        this.statements.set(name, query);
        this.out.push(parseComplete());
        return;
      }
      case ClientMessage.Bind: {
        const { statement } = decodeBind(body);
        const query = this.statements.get(statement);
        if (query === undefined) return this.missing(statement);
        if (this.aborted(query)) return this.fail('25P02', transactionAborted);
        this.bound = query;
        this.out.push(bindComplete());
        return;
      }
      case ClientMessage.Describe: {
        const { kind, name } = decodeDescribe(body);
        const query = kind === 'S' ? this.statements.get(name) : '';
        if (query === undefined) return this.missing(name);
        // As Postgres does for statements that return rows.
        if (query !== '' && this.aborted(query)) return this.fail('25P02', transactionAborted);
        this.out.push(noData());
        return;
      }
      case ClientMessage.Close: {
        const { kind, name } = decodeClose(body);
        if (kind === 'S') this.statements.delete(name);
        this.out.push(closeComplete());
        return;
      }
      case ClientMessage.Execute:
        if (this.bound === null) return this.fail('34000', 'portal "" does not exist');
        this.execute(this.bound, 'extended');
        return;
      case ClientMessage.Sync:
        this.skipping = false;
        this.ready();
        return;
      default:
        return;
    }
  }

  private copyMessage(type: number, body: Uint8Array): void {
    const extended = this.copying === 'extended';
    switch (type) {
      case ClientMessage.CopyData:
        this.copiedBytes += body.length;
        return;
      case ClientMessage.CopyDone:
        this.copying = 'no';
        this.out.push(commandComplete(`COPY ${this.copiedBytes}`));
        if (!extended) this.ready();
        return;
      case ClientMessage.CopyFail:
        this.copying = 'no';
        this.fail('57014', 'COPY from stdin failed', !extended);
        if (!extended) this.ready();
        return;
      default:
        // Sync and Flush are ignored while data is expected.
        return;
    }
  }

  private simple(text: string): void {
    if (this.aborted(text)) this.fail('25P02', transactionAborted, true, 'exec_simple_query');
    else this.execute(text, 'simple');
    if (this.copying === 'no') this.ready();
  }

  private execute(text: string, how: 'simple' | 'extended'): void {
    if (this.aborted(text)) return this.fail('25P02', transactionAborted, how === 'simple');
    const [word, ...rest] = text.split(' ');
    switch (word) {
      case 'begin':
        this.status = 'T';
        return this.done('BEGIN');
      case 'commit': {
        const failed = this.status === 'E';
        this.endWork(failed);
        return this.done(failed ? 'ROLLBACK' : 'COMMIT');
      }
      case 'ROLLBACK':
      case 'rollback':
        this.endWork(true);
        return this.done('ROLLBACK');
      case 'fail':
        return this.fail('22012', `division by zero in ${rest.join(' ')}`, how === 'simple');
      case 'copy':
        this.copying = how;
        this.copiedBytes = 0;
        this.out.push(new Uint8Array([0x47, 0, 0, 0, 7, 0, 0, 0]));
        return;
      case 'set':
        // SET LOCAL ends with its transaction; here it is nothing but its tag.
        if (rest[0] !== 'local') this.change(rest[0]!, rest[2]!.replaceAll("'", ''));
        return this.done('SET');
      case 'reset':
        this.change(rest[0]!, '');
        return this.done('RESET');
      case 'show':
      case 'SHOW':
        this.out.push(dataRow([encodeUtf8(this.settings.get(rest[0]!.replaceAll('"', '')) ?? '')]));
        return this.done('SHOW');
      case 'listen':
        this.uncommitted.push(() => this.channels.add(rest[0]!));
        return this.done('LISTEN');
      case 'unlisten':
        this.uncommitted.push(() => this.unlisten(rest[0]!));
        return this.done('UNLISTEN');
      case 'notify': {
        const [channel, payload] = rest.map((part) => part.replaceAll(/[',]/g, ''));
        this.uncommitted.push(() => this.notes.push({ channel: channel!, payload: payload! }));
        return this.done('NOTIFY');
      }
      case 'RESET':
      case 'SET':
      case 'LISTEN':
      case 'UNLISTEN':
        return this.listenFor(text);
      case 'BEGIN':
        return this.tellAll(text);
      case 'deallocate':
      case 'DEALLOCATE':
        if (!this.statements.delete(rest[0]!)) {
          return this.fail('26000', `prepared statement "${rest[0]}" does not exist`, how === 'simple');
        }
        return this.done('DEALLOCATE');
      case 'SELECT':
        this.replayed(text);
        this.out.push(dataRow([encodeUtf8('x')]));
        return this.done('SELECT 1');
      default:
        this.out.push(dataRow([encodeUtf8(text)]));
        return this.done('SELECT 1');
    }
  }

  /** Weir's own set_config calls; a reported setting is reported as the server does. */
  private replayed(text: string): void {
    for (const match of text.matchAll(/set_config\('([\w.]+)', (NULL|'([^']*)'), false\)/g)) {
      const value = match[2] === 'NULL' ? '' : match[3]!;
      if (this.settings.get(match[1]!) === value) continue;
      this.settings.set(match[1]!, value);
      if (match[1] === 'application_name') this.out.push(parameterStatus(match[1], value));
    }
  }

  private unlisten(channel: string): void {
    if (channel === '*') this.channels.clear();
    else this.channels.delete(channel);
  }

  /** Commands of Weir's own to one that listens, or listened. */
  private listenFor(text: string): void {
    for (const command of text.split(';')) {
      const [word, name, payload] = command.replaceAll(/["',]/g, '').split(' ');
      if (word === 'LISTEN') this.uncommitted.push(() => this.channels.add(name!));
      if (word === 'UNLISTEN') this.uncommitted.push(() => this.unlisten(name!));
      if (word === 'NOTIFY')
        this.uncommitted.push(() => this.notes.push({ channel: name!, payload: payload! }));
    }
    this.done('LISTEN');
  }

  /** Weir's own question for all that the session holds. */
  private tellAll(text: string): void {
    if (text.includes('pg_backend_pid()::pg_catalog.text')) {
      for (const row of [String(this.processId), ...this.channels]) this.out.push(dataRow([encodeUtf8(row)]));
      return this.done('COMMIT');
    }
    const rows = [...text.matchAll(/current_setting\('([\w.]+)', true\)/g)].map(
      ([, name]) => `s${name}=${this.settings.get(name!) ?? ''}`,
    );
    const application = this.settings.get('application_name') ?? '';
    if (application !== this.applicationAtStart) rows.push(`sapplication_name=${application}`);
    for (const [name, query] of this.statements) {
      if (name !== '' && !name.startsWith('__weir_')) rows.push(`n${JSON.stringify([name, query, '{}'])}`);
    }
    for (const channel of this.channels) rows.push(`l${channel}`);
    for (const row of rows) this.out.push(dataRow([encodeUtf8(row)]));
    this.done('COMMIT');
  }

  private change(name: string, value: string): void {
    this.settingsBefore ??= new Map(this.settings);
    this.settings.set(name, value);
  }

  private endWork(undo: boolean): void {
    if (undo && this.settingsBefore !== null) this.settings = this.settingsBefore;
    this.settingsBefore = null;
    if (undo) this.uncommitted.length = 0;
    this.commit();
    this.status = 'I';
  }

  private commit(): void {
    for (const act of this.uncommitted.splice(0)) act();
    // Who listens to nothing does not read; what was not read by then is of no interest any more.
    if (this.channels.size === 0) this.unsent = [];
    const { notes } = this;
    this.notes = [];
    this.shared?.notifications.commit(this, notes);
  }

  private aborted(text: string): boolean {
    return this.status === 'E' && !/^(?:rollback|commit)/i.test(text);
  }

  private missing(name: string): void {
    const what = name === '' ? 'unnamed prepared statement' : `prepared statement "${name}"`;
    this.fail('26000', `${what} does not exist`);
  }

  private done(tag: string): void {
    this.out.push(commandComplete(tag));
  }

  private fail(code: string, message: string, simple = false, routine?: string): void {
    if (this.status === 'T') this.status = 'E';
    else if (this.status === 'I') this.endWork(true);
    if (!simple) this.skipping = true;
    this.out.push(
      errorResponse({ severity: 'ERROR', code, message, ...(routine !== undefined && { routine }) }),
    );
  }

  private ready(): void {
    if (this.status === 'I') {
      this.bound = null;
      this.settingsBefore = null;
      this.commit();
      this.out.push(...this.takeNotified());
    }
    this.out.push(readyForQuery(this.status));
  }
}
