// The roles of an endpoint that can be lent: those whose password Weir keeps.
import type { RoleReply } from '@weir/api-contract';
import { useCallback } from 'react';
import { type Load, useLoad } from '../api/use-load.ts';
import { useSession } from '../session.tsx';

export interface Lenders {
  readonly load: Load<unknown>;
  readonly roles: readonly RoleReply[];
  /** The one to begin with: Weir's own role may do the most, and is lent only to who asks for it. */
  readonly first: string | undefined;
}

export function useLenders(endpointId: string): Lenders {
  const { api } = useSession();
  const load = useLoad(
    useCallback(() => api.listRoles({ params: { endpointId }, query: { limit: 200 } }), [api, endpointId]),
  );
  const roles = load.state === 'ready' ? load.value.items.filter(({ keeps }) => keeps === 'password') : [];
  const first = (roles.find(({ isServiceRole }) => !isServiceRole) ?? roles[0])?.name;
  return { load, roles, first };
}
