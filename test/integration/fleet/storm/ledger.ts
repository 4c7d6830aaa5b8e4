// What the clients of one process were answered, and whether they may be answered so in a storm.
import type { ClientsReport, Incident } from './messages.ts';

/** An error as a client got it: with an SQLSTATE, or with what the socket said. */
export interface ClientError {
  readonly code?: string;
  readonly message: string;
}

/**
 * SQLSTATEs that a client may be told in a storm, and why. Everything else is an answer that Weir must not give, whatever
 * happens around it: 28P01 above all, and 28000 other than for passwords that cannot be asked for now.
 */
export const allowedStates: Readonly<Record<string, string>> = {
  '53300': 'nothing came free within the wait, or nobody could agree on the budget while Redis was away',
  '57P01':
    'its process drains, and nothing of this message was sent; or, in the words of the database, the connection of a process that was taken for lost was ended, and rolled back',
  '08007': 'its process waited for its statement until the end of its drain; the statement may have run',
  '57P03': 'its process is new and cannot look the endpoint up, as Redis is away',
  '08006': 'the connection to the database was lost or could not be made; a statement may have run',
  '57014': 'a statement took longer than queryTimeoutMs, or a login longer than its limit',
};

/** Whether nothing of the message that was answered so can have reached a database: it must not be found there. */
export function saysNotSent({ code, message }: ClientError): boolean {
  return (code === '57P01' && /pooler is restarting/.test(message)) || code === '53300' || code === '57P03';
}

/** The connection ended without a word: its process was killed, or its node is not there. */
export function isBroken({ code, message }: ClientError): boolean {
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    /Connection terminated|disconnected before secure TLS|socket hang up/.test(message)
  );
}

const listedMax = 40;

/** The sum of all clients of a process. */
export class Ledger {
  served = 0;
  logins = 0;
  servedAgainMs = 0;
  /** After the storm, from when on no error is allowed; null: not yet. */
  calmAtMs: number | null = null;
  readonly acknowledged = new Set<number>();
  readonly notSent = new Set<number>();
  private readonly errors = new Map<string, number>();
  private readonly wrong: string[] = [];
  private readonly forbidden: string[] = [];
  private readonly late: Incident[] = [];
  private readonly broken: Incident[] = [];

  tookTooLong(incident: Incident): void {
    if (this.late.length < 10_000) this.late.push(incident);
  }

  isWrong(what: string): void {
    if (this.wrong.length < listedMax) this.wrong.push(what);
  }

  failed(error: ClientError, incident: Incident): void {
    const { code } = error;
    const text = `${code ?? ''} ${error.message}`.replaceAll(/ep-[a-z0-9-]+|t_\d+|tenant "[^"]*"/g, '…');
    this.errors.set(text, (this.errors.get(text) ?? 0) + 1);
    if (isBroken(error)) this.broken.push({ ...incident, what: `${incident.what}: ${text}` });
    else if (!isAllowed(error) && this.forbidden.length < listedMax)
      this.forbidden.push(`${JSON.stringify(incident)}: ${text}`);
  }

  report(unserved: readonly string[]): ClientsReport {
    const { served, logins, servedAgainMs, wrong, forbidden, late, broken } = this;
    return {
      kind: 'report',
      ...{ served, logins, servedAgainMs, wrong, forbidden, late, broken, unserved },
      acknowledged: [...this.acknowledged],
      notSent: [...this.notSent],
      errors: Object.fromEntries(this.errors),
    };
  }
}

function isAllowed({ code, message }: ClientError): boolean {
  if (code === 'ECONNREFUSED') return true;
  // An error in answer to SSLRequest (a login that was frozen until its limit, a drain), the text of which node-postgres does not read.
  if (message === 'There was an error establishing an SSL connection') return true;
  // While the database cannot be reached, passwords cannot be asked for.
  if (code === '28000') return /^passwords could not be read/.test(message);
  return code !== undefined && code in allowedStates;
}
