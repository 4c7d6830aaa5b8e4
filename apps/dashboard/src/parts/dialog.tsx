// A modal dialog on the browser's own <dialog>: it keeps the focus inside, closes on Escape and gives the focus back.
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { Icon } from './icon.tsx';

interface DialogProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly small?: boolean;
  /** A click beside it closes nothing, since what it shows is not shown again. */
  readonly isKept?: boolean;
  /** What stays in sight below what scrolls: the sum of it and the buttons. */
  readonly foot?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Open for as long as it is drawn. */
export function Dialog(props: DialogProps) {
  const { title, lead, small = false, isKept = false, foot, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  // Before the element is taken from the page: only a dialog that is still on it can give the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard's way out is Escape, which <dialog> has by itself.
    <dialog
      ref={dialog}
      className={small ? 'dialog dialog-small' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        // The backdrop belongs to the dialog element itself, everything else to its children.
        if (event.target === dialog.current && !isKept) onClose();
      }}
    >
      <div className="dialog-head">
        <div>
          <h2 id={titleId}>{title}</h2>
          {lead !== undefined && <p>{lead}</p>}
        </div>
        <button type="button" className="dialog-close" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="dialog-body">{children}</div>
      {foot !== undefined && <div className="dialog-foot">{foot}</div>}
    </dialog>
  );
}
