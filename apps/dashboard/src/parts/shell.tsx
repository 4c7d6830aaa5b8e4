// What is around every page of who is signed in: the bar, the way past it, and the focus on a new page's heading.
import { type ReactNode, useEffect, useRef } from 'react';
import { hrefOf, type KnownRoute, type Route } from '../router.ts';
import { useSession } from '../session.tsx';
import { Icon } from './icon.tsx';
import { Mark } from './mark.tsx';

const links: readonly {
  readonly title: string;
  readonly to: KnownRoute;
  readonly pages: readonly Route['page'][];
}[] = [
  {
    title: 'Tenants',
    to: { page: 'tenants' },
    pages: ['tenants', 'tenant', 'create-tenant', 'create-endpoint', 'trust-rules'],
  },
  { title: 'Usage', to: { page: 'usage' }, pages: ['usage'] },
  { title: 'Audit log', to: { page: 'audit', tenantId: null }, pages: ['audit'] },
  { title: 'API keys', to: { page: 'api-keys' }, pages: ['api-keys'] },
  { title: 'Webhooks', to: { page: 'webhooks' }, pages: ['webhooks', 'webhook'] },
  { title: 'Sizing', to: { page: 'sizing' }, pages: ['sizing'] },
];

/** Draws the bar and, in the page's column, its children. */
export function Shell({ route, children }: { route: Route; children: ReactNode }) {
  const { me, signOut } = useSession();
  const main = useRef<HTMLElement>(null);
  const address = route.page === 'unknown' ? route.page : hrefOf(route);
  const shownBefore = useRef(address);

  // A screen reader is told of a new page by its heading; the first page is announced by the browser.
  useEffect(() => {
    if (shownBefore.current === address) return;
    shownBefore.current = address;
    window.scrollTo(0, 0);
    main.current?.focus();
  }, [address]);

  return (
    <>
      {/* A button and no link, since what stands behind # in an address is the route. */}
      <button type="button" className="skip-link" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header className="bar">
        <div className="bar-inner">
          <a className="brand" href={hrefOf({ page: 'tenants' })} aria-label="Weir, to the list of tenants">
            <Mark />
            <span>Weir</span>
          </a>
          <nav aria-label="Main">
            {links.map(({ title, to, pages }) => (
              <a key={title} href={hrefOf(to)} aria-current={pages.includes(route.page) ? 'page' : undefined}>
                {title}
              </a>
            ))}
          </nav>
          <div className="bar-end">
            {me !== null && (
              <a
                className="bar-who"
                title={`API key ${me.apiKey.name}`}
                href={hrefOf({ page: 'organisations' })}
                aria-current={route.page === 'organisations' ? 'page' : undefined}
              >
                {me.organisation.name}
              </a>
            )}
            <button type="button" className="button button-small button-quiet" onClick={signOut}>
              <Icon name="out" />
              Sign out
            </button>
          </div>
        </div>
      </header>
      <main ref={main} id="main" className="page" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
