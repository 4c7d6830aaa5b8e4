// Who is signed in: the API key, kept for this tab only, and the API made with it.
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { Api } from './api/api.ts';

const storageName = 'weir.api-key';

/** What a page may ask of the session. */
export interface Session {
  readonly api: Api;
  readonly signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

/** The session of the page; only called below `SessionBoundary`. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('no session above this part of the page');
  return session;
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

  const session = useMemo<Session | null>(() => {
    if (key === null) return null;
    const forget = () => {
      sessionStorage.removeItem(storageName);
      setKey(null);
    };
    const onUnauthorized = () => {
      forget();
      setExpired(true);
    };
    return { api: new Api(key, onUnauthorized), signOut: forget };
  }, [key]);

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
