// What is shown once and never again: a key or a password that was made just now, with what it opens.
import { CodeBlock } from './code-block.tsx';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';

/** A text to copy. */
export interface ShownText {
  readonly name: string;
  readonly text: string;
  /** Finishes the announcement: "… copied". */
  readonly what: string;
  readonly testId: string;
  /** The one that most people want. */
  readonly prominent?: boolean;
}

interface ShownOnceProps {
  readonly title: string;
  readonly lead: string;
  /** `key`, `password` */
  readonly secret: string;
  /** Anything else to know about it. */
  readonly note?: string;
  readonly texts: readonly ShownText[];
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function ShownOnce({ title, lead, secret, note, texts, onClose }: ShownOnceProps) {
  return (
    <Dialog isKept title={title} lead={lead} onClose={onClose}>
      <div className="notice notice-warn" role="status">
        <Icon name="lock" />
        <div className="notice-words">
          <p className="advice">
            This {secret} is shown now and cannot be read again. Keep it somewhere safe.
          </p>
          {note !== undefined && <p>{note}</p>}
        </div>
      </div>
      {texts.map((one) => (
        <CodeBlock key={one.testId} {...one} wrapped />
      ))}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
