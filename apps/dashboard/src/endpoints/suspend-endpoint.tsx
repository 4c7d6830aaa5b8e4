// Suspending an endpoint, while the others of its tenant go on, and bringing it back.
import type { EndpointReply } from '@weir/api-contract';
import { SuspendDialog } from '../parts/suspend-dialog.tsx';
import { useSession } from '../session.tsx';

interface SuspendEndpointProps {
  readonly endpoint: EndpointReply;
  readonly onChanged: (endpoint: EndpointReply) => void;
  readonly onClose: () => void;
}

/** Asks before either. */
export function SuspendEndpoint({ endpoint, onChanged, onClose }: SuspendEndpointProps) {
  const { api } = useSession();
  const { id, status, generation } = endpoint;
  return (
    <SuspendDialog
      name={id}
      isSuspended={status === 'suspended'}
      change={async (status) =>
        onChanged(
          await api.changeEndpoint({
            params: { endpointId: id },
            body: { status },
            ifGeneration: generation,
          }),
        )
      }
      onClose={onClose}
    />
  );
}
