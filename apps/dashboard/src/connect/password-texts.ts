// A new password with the strings that hold it, as texts to be shown once.
import type { ConnectionStringsReply } from '@weir/api-contract';
import type { ShownText } from '../parts/shown-once.tsx';

interface WithPassword {
  readonly password: string;
  readonly connectionStrings: ConnectionStringsReply;
}

export function passwordTexts({ password, connectionStrings }: WithPassword): readonly ShownText[] {
  return [
    { name: 'Password', text: password, what: 'password', testId: 'password', prominent: true },
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
  ];
}
