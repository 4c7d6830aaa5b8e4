// The way back from a page to the one above it.
import { hrefOf, type KnownRoute } from '../router.ts';
import { Icon } from './icon.tsx';

/** `title`: what the page above is called. */
export function Crumb({ to, title }: { to: KnownRoute; title: string }) {
  return (
    <a className="crumb" href={hrefOf(to)}>
      <Icon name="back" />
      {title}
    </a>
  );
}
