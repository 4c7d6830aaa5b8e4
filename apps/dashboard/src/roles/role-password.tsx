// The password that Weir has given a role, shown once with the strings that hold it.
import type { RolePasswordReply } from '@weir/api-contract';
import { passwordTexts } from '../connect/password-texts.ts';
import { time } from '../format.ts';
import { ShownOnce } from '../parts/shown-once.tsx';

/** `lead` says what has happened. */
export function RolePassword({
  made,
  lead,
  onClose,
}: {
  made: RolePasswordReply;
  lead: string;
  onClose: () => void;
}) {
  const { role } = made;
  const previousUntil = role.rotation?.previousUntil;
  return (
    <ShownOnce
      title={role.name}
      lead={lead}
      secret="password"
      {...(previousUntil == null
        ? {}
        : { note: `The password before opens too until ${time(previousUntil)}.` })}
      texts={passwordTexts(made)}
      onClose={onClose}
    />
  );
}
