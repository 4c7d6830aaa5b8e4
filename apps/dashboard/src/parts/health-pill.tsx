// The health of an endpoint's database in one word, with the reason behind it.
import type { EndpointReply } from '@weir/api-contract';

const words = { healthy: 'Healthy', failing: 'Failing', unreachable: 'Unreachable' } as const;
const looks = { healthy: 'pill-good', failing: 'pill-warn', unreachable: 'pill-bad' } as const;

/** Nothing while it is not known. */
export function HealthPill({ health }: { health: EndpointReply['health'] }) {
  const { state, since, code } = health;
  if (state === 'unknown') return null;
  const title = since === null ? undefined : `since ${new Date(since).toLocaleString()}`;
  return (
    <span className={`pill ${looks[state]}`} title={title}>
      {code === null
        ? words[state]
        : `${words[state]}: ${code.replace(/^upstream-/, '').replaceAll('-', ' ')}`}
    </span>
  );
}
