// The password that Weir has given a role, shown once with the strings that hold it.
import type { RolePasswordReply } from '@weir/api-contract';
import { time } from '../format.ts';
import { ShownOnce } from '../parts/shown-once.tsx';

/** `lead` says what has happened. */
export function RolePassword({
  made: { role, password, connectionStrings },
  lead,
  onClose,
}: {
  made: RolePasswordReply;
  lead: string;
  onClose: () => void;
}) {
  const previousUntil = role.rotation?.previousUntil;
  return (
    <ShownOnce
      title={role.name}
      lead={lead}
      secret="password"
      {...(previousUntil == null
        ? {}
        : { note: `The password before opens too until ${time(previousUntil)}.` })}
      texts={[
        { name: 'Password', text: password, what: 'password', testId: 'role-password' },
        {
          name: 'Pooled connection string',
          text: connectionStrings.pooled,
          what: 'pooled connection string',
          testId: 'pooled-string',
        },
        {
          name: 'Direct connection string',
          text: connectionStrings.direct,
          what: 'direct connection string',
          testId: 'direct-string',
        },
      ]}
      onClose={onClose}
    />
  );
}
