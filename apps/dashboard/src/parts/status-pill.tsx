// The state of a tenant or an endpoint in one word.

const words = { active: 'Active', suspended: 'Suspended', deleted: 'Deleted' } as const;

/** `suspended` and `deleted`: clients are refused. */
export function StatusPill({ status }: { status: keyof typeof words }) {
  return <span className={status === 'active' ? 'pill pill-good' : 'pill pill-warn'}>{words[status]}</span>;
}
