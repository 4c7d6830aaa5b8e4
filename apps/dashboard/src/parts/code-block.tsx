// A text to copy: its name, the button, and the text exactly as the button copies it.
import { CopyButton } from './copy-button.tsx';

interface CodeBlockProps {
  readonly name: string;
  readonly text: string;
  /** Finishes the announcement: "… copied". */
  readonly what: string;
  readonly prominent?: boolean;
  /** Long single lines wrap instead of scrolling. */
  readonly wrapped?: boolean;
  readonly testId?: string;
}

/** Scrolls sideways by keyboard as well, being focusable. */
export function CodeBlock({ name, text, what, prominent = false, wrapped = false, testId }: CodeBlockProps) {
  return (
    <div className={wrapped ? 'code code-wrapped' : 'code'}>
      <div className="code-head">
        <span className="code-name">{name}</span>
        {/* A new text is a new button: "Copied" was said of the old one. */}
        <CopyButton key={text} text={text} what={what} prominent={prominent} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre tabIndex={0} data-testid={testId}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
