// Which addresses clients of an endpoint may come from, and the way to change that.
import type { EndpointReply } from '@weir/api-contract';
import { useState } from 'react';
import { useMay } from '../session.tsx';
import { AddressesDialog } from './addresses-dialog.tsx';

interface AllowedAddressesProps {
  readonly endpoint: EndpointReply;
  readonly onChanged: (endpoint: EndpointReply) => void;
}

/** A card with the ranges, or with what there being none means. */
export function AllowedAddresses({ endpoint, onChanged }: AllowedAddressesProps) {
  const mayWrite = useMay('write');
  const [isOpen, setOpen] = useState(false);
  const { allowedAddresses } = endpoint.settings;
  return (
    <section className="card" aria-label="Allowed addresses">
      <div className="card-head">
        <h3>Allowed addresses</h3>
        {mayWrite && (
          <button
            type="button"
            className="button button-small"
            aria-label="Edit allowed addresses"
            onClick={() => setOpen(true)}
          >
            Edit
          </button>
        )}
      </div>
      <div className="card-body quiet">
        {allowedAddresses === null ? (
          <p>Clients may come from everywhere.</p>
        ) : (
          <ul className="chips mono" aria-label="Ranges">
            {allowedAddresses.map((range) => (
              <li key={range}>{range}</li>
            ))}
          </ul>
        )}
      </div>
      {isOpen && (
        <AddressesDialog
          endpoint={endpoint}
          onClose={() => setOpen(false)}
          onChanged={(changed) => {
            setOpen(false);
            onChanged(changed);
          }}
        />
      )}
    </section>
  );
}
