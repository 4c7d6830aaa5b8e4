// Who is signed in: the API key, kept for this tab only, what the key may do, and the API called with it.
import type { ApiClient, MeReply, Scope } from '@weir/api-contract';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { apiWith } from './api/client.ts';

const storageName = 'weir.api-key';

/** What a page may ask of the session. */
export interface Session {
  readonly api: ApiClient;
  readonly key: string;
  /** Whose key it is; null until the API has said so. */
  readonly me: MeReply | null;
  /** Asks anew whose key it is, as when its organisation has another name. */
  readonly reloadMe: () => void;
  readonly signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

/** The session of the page; only called below `SessionBoundary`. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('no session above this part of the page');
  return session;
}

/** Whether the key has a scope; not until that is known, so that nothing is offered and then taken away. */
export function useMay(scope: Scope): boolean {
  const { me } = useSession();
  return me?.apiKey.scopes.includes(scope) ?? false;
}

interface BoundaryProps {
  /** Drawn while nobody is signed in; `expired` when the API no longer took a key that it had taken before. */
  readonly signIn: (props: { expired: boolean; onSignedIn: (key: string) => void }) => ReactNode;
  readonly children: ReactNode;
}

/** Shows its children to who is signed in, and the sign-in page to everyone else. */
export function SessionBoundary({ signIn, children }: BoundaryProps) {
  const [key, setKey] = useState(() => sessionStorage.getItem(storageName));
  const [expired, setExpired] = useState(false);
  const [me, setMe] = useState<MeReply | null>(null);

  const access = useMemo(() => {
    if (key === null) return null;
    const signOut = () => {
      sessionStorage.removeItem(storageName);
      setKey(null);
    };
    const onUnauthorized = () => {
      signOut();
      setExpired(true);
    };
    return { api: apiWith(key, onUnauthorized), key, signOut };
  }, [key]);

  const reloadMe = useCallback(() => {
    // What fails here fails for the page as well, which says so.
    access?.api.getMe({}).then(setMe, () => {});
  }, [access]);
  useEffect(() => {
    setMe(null);
    reloadMe();
  }, [reloadMe]);

  const session = useMemo(
    () => (access === null ? null : { ...access, me, reloadMe }),
    [access, me, reloadMe],
  );
  if (session === null) {
    const onSignedIn = (accepted: string) => {
      sessionStorage.setItem(storageName, accepted);
      setExpired(false);
      setKey(accepted);
    };
    return signIn({ expired, onSignedIn });
  }
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}
