// What a stack is to this gauge: a program that plays an application, and where it comes from.

/** How to start a stack's application. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The connection string as this stack wants it; as it is by default. Called before the program starts. */
  readonly urlOf?: (url: string) => string;
}

/** Why a stack is not measured on this machine. */
export interface Missing {
  readonly missing: string;
}

/** A client library or ORM with its defaults. */
export interface Stack {
  readonly name: string;
  /** Finds or fetches what it needs; `scratchDir` is the stack's own while it runs, `cacheDir` stays. */
  prepare(where: Where): Program | Missing;
}

export interface Where {
  /** Holds the applications. */
  readonly folder: string;
  readonly cacheDir: string;
  readonly scratchDir: string;
}

/** One stack's run, as the table shows it. */
export interface Measured {
  readonly stack: string;
  /** Names and versions, as the program told them. */
  readonly client: string;
  readonly postgres: string;
  /** Fewest client connections open at any time while it was measured. */
  readonly clients: number;
  /** Most server connections at any time, by the pooler's count or the server's, whichever is more. */
  readonly servers: number;
  readonly transactions: number;
  readonly seconds: number;
  /** For how long a client waited for a checkout, on average over the whole run. */
  readonly waitMs: number;
  readonly unpinnedShare: number;
  readonly pins: Readonly<Record<string, number>>;
  /** Of the client that did the least. */
  readonly roundsLeast: number;
  /** What the application met and what the pooler gave, by message. */
  readonly errors: Readonly<Record<string, number>>;
  /** Statements that asked for a server connection of their client's own. */
  readonly suspects: readonly string[];
}

/** The acceptance. It is measured, never loosened. */
export const acceptance = { unpinnedShare: 0.99, clientsPerServer: 50 } as const;

export function isAccepted(one: Measured): boolean {
  return (
    one.unpinnedShare >= acceptance.unpinnedShare &&
    one.clients / one.servers >= acceptance.clientsPerServer &&
    Object.keys(one.errors).length === 0
  );
}
