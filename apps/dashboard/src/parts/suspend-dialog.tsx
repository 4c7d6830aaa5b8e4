// The question before clients are refused for a while, or let in again.
import type { EndpointReply } from '@weir/api-contract';
import type { ReactNode } from 'react';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Status = EndpointReply['status'];

interface SuspendDialogProps {
  /** What people call it. */
  readonly name: string;
  /** As it is now. */
  readonly isSuspended: boolean;
  /** What is asked for before a suspension besides. */
  readonly children?: ReactNode;
  /** Stays open if it rejects; closed by whoever drew it otherwise. */
  readonly change: (status: Status) => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before either. */
export function SuspendDialog({ name, isSuspended, children, change, onClose }: SuspendDialogProps) {
  if (isSuspended) {
    return (
      <ConfirmDialog
        title={`Resume ${name}?`}
        confirm="Resume"
        act={() => change('active')}
        onClose={onClose}
      >
        <p className="purpose">Its clients can connect again within a second.</p>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      title={`Suspend ${name}?`}
      confirm="Suspend"
      danger
      act={() => change('suspended')}
      onClose={onClose}
    >
      <p className="purpose">
        New clients are refused (57P03), idle ones are disconnected, and the others after their transaction.
        Nothing is lost: it can be resumed at any time.
      </p>
      {children}
    </ConfirmDialog>
  );
}
