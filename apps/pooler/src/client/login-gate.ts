// What a login passes before any work is done for it: the rate of its endpoint, then a turn of this process.
import { type Bucket, bucketOf, RecentMap, takeToken } from '@weir/fleet';
import type { ConnectRate } from './connect-rate.ts';
import type { LoginTurns } from './login-turns.ts';
import type { SourceBans } from './source-bans.ts';

export interface LoginGateOptions {
  readonly rate: ConnectRate;
  readonly turns: LoginTurns;
  readonly bans: SourceBans;
  readonly now: () => number;
}

const endpointsMax = 10_000;
/** Handshakes of an endpoint that end in a refusal: enough to tell people why, too few to be felt. */
const tellRule = { perSecond: 20, burst: 20 };

export class LoginGate {
  readonly #options: LoginGateOptions;
  readonly #told = new RecentMap<string, Bucket>(endpointsMax);

  constructor(options: LoginGateOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it is the login's turn; null: it is at once. Rejects with PoolerError CONNECT_RATE. Only what a TLS
   * handshake is ahead of waits for a turn: the rest of a login takes less time than handing out turns would.
   */
  pass(endpointId: string, address: string, ahead: 'handshake' | 'login'): Promise<void> | null {
    const { rate, turns, bans } = this.#options;
    const wait = rate.enter(endpointId, bans.has(endpointId, address));
    if (ahead === 'login') return wait;
    if (wait === null) return turns.begin(endpointId);
    return wait.then(() => turns.begin(endpointId) ?? undefined);
  }

  /** Whether one that was refused before its TLS handshake gets one, to be told why. */
  mayTell(endpointId: string): boolean {
    const now = this.#options.now();
    return takeToken(bucketOf(this.#told, endpointId, tellRule, now), tellRule, now, 0) !== null;
  }
}
