// The state of a tenant or an endpoint in one word.

/** `suspended`: clients are refused. */
export function StatusPill({ status }: { status: 'active' | 'suspended' }) {
  return status === 'active' ? (
    <span className="pill pill-good">Active</span>
  ) : (
    <span className="pill pill-warn">Suspended</span>
  );
}
