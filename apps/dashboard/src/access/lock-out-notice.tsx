// The warning before a list of allowed addresses that locks somebody out, with whom, and the way to let them in.
import { counted } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import type { LockOut } from './lock-out.ts';

// The foot of the dialog has no room for more.
const shownMax = 5;

interface LockOutNoticeProps {
  readonly lockOut: LockOut;
  /** Adds an address to the list. */
  readonly onAdd: (address: string) => void;
}

/** Nothing where nobody is locked out. */
export function LockOutNotice({ lockOut, onAdd }: LockOutNoticeProps) {
  const { own, outside, clientsOutside, clientsKnown, clientsUnknown } = lockOut;
  if (own === null && clientsOutside === 0) return null;
  const isEverybody = clientsOutside === clientsKnown && clientsUnknown === 0;
  return (
    <div className="notice notice-warn">
      <Icon name="warn" />
      <div className="notice-words">
        <h2>
          {own === null ? 'This locks out clients that are connected' : 'This locks out your own address'}
        </h2>
        {own !== null && (
          <p>
            You reach this page from <code>{own}</code>, as the API sees it.
          </p>
        )}
        {clientsOutside > 0 && (
          <p>
            {isEverybody
              ? `${clientsKnown === 1 ? 'The one client' : `All ${counted(clientsKnown, 'client')}`} that ${clientsKnown === 1 ? 'is' : 'are'} connected`
              : `${counted(clientsOutside, 'client')} of ${counted(clientsKnown + clientsUnknown, 'client')} that are connected`}{' '}
            could not come back: {outside.slice(0, shownMax).map(shown).join(', ')}
            {outside.length > shownMax &&
              ` and ${counted(outside.length - shownMax, 'more address', 'more addresses')}`}
            .{clientsUnknown > 0 && ` Of ${counted(clientsUnknown, 'other')} the address is not known here.`}
          </p>
        )}
        {own !== null && (
          <button type="button" className="button button-small" onClick={() => onAdd(own)}>
            Add {own}
          </button>
        )}
      </div>
    </div>
  );
}

function shown({ address, count }: LockOut['outside'][number]): string {
  return count === 1 ? address : `${address} (${counted(count, 'client')})`;
}
