// What an API key may be allowed to do; every operation names those it needs.
import { z } from 'zod';

/** None of them includes another. */
export const scopes = ['read', 'write', 'secrets', 'admin'] as const;

export type Scope = (typeof scopes)[number];

export const scopeSchema = z
  .enum(scopes)
  .describe(
    'read: see tenants and endpoints; write: change them; secrets: replies may hold passwords and keys; ' +
      'admin: the organisation, its keys and its audit log. None includes another',
  );
