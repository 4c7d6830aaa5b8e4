// What an address gets that names no page.
import { useTitle } from '../parts/use-title.ts';
import { hrefOf } from '../router.ts';

/** Says which address it was and leads back. */
export function UnknownPage({ path }: { path: string }) {
  useTitle('No such page');
  return (
    <div className="card empty">
      <h1>No such page</h1>
      <p>
        Nothing is at <code>{path}</code>.
      </p>
      <a className="button" href={hrefOf({ page: 'tenants' })}>
        To the tenants
      </a>
    </div>
  );
}
