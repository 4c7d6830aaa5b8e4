// The question before an endpoint is deleted, and the deletion.
import type { EndpointReply } from '@weir/api-contract';
import { ConfirmByName } from '../parts/confirm-by-name.tsx';
import { useSession } from '../session.tsx';

interface DeleteEndpointProps {
  readonly endpoint: EndpointReply;
  readonly onDeleted: () => void;
  readonly onClose: () => void;
}

/** Asks for the endpoint's id, since its clients lose their connections for good. */
export function DeleteEndpoint({ endpoint, onDeleted, onClose }: DeleteEndpointProps) {
  const { api } = useSession();
  const remove = async () => {
    await api.deleteEndpoint({ params: { endpointId: endpoint.id } });
    onDeleted();
  };
  return (
    <ConfirmByName what="endpoint" name={endpoint.id} remove={remove} onClose={onClose}>
      <p className="purpose">
        Its hosts stop answering: new clients are refused, idle ones are disconnected, and the others after
        their transaction. Its roles, credentials and trust rules are forgotten with their secrets. This
        cannot be undone; to keep it, suspend it instead. The Postgres behind it is left as it is.
      </p>
    </ConfirmByName>
  );
}
