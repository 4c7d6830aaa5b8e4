// Whether an API key still opens anything.
import type { ApiKeyReply } from '@weir/api-contract';

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyStateOf({ revokedAt, expiresAt }: ApiKeyReply, nowMs: number): KeyState {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? 'expired' : 'active';
}
