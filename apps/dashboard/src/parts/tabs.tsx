// A row of tabs after the ARIA pattern: arrow keys move and choose, one tab stop for the row.
import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react';

/** One tab; `hint` is a second, quieter line. */
export interface Tab<Id extends string> {
  readonly id: Id;
  readonly title: string;
  readonly hint?: string;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Id>[];
  readonly chosen: Id;
  readonly onChoose: (id: Id) => void;
  /** `choices`: two large ones side by side; `chips`: many small ones that wrap. */
  readonly look: 'choices' | 'chips';
  /** The panel of the chosen tab. */
  readonly children: ReactNode;
}

/** The row and, under it, the panel of the chosen tab. */
export function Tabs<Id extends string>({ label, tabs, chosen, onChoose, look, children }: TabsProps<Id>) {
  const base = useId();
  const row = useRef<HTMLDivElement>(null);

  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const last = tabs.length - 1;
    const to = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    const tab = to === undefined ? undefined : tabs[to];
    if (tab === undefined || to === undefined) return;
    event.preventDefault();
    onChoose(tab.id);
    row.current?.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
  };

  return (
    <>
      <div ref={row} className={`tabs tabs-${look}`} role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            className="tab"
            id={`${base}-${tab.id}`}
            aria-selected={tab.id === chosen}
            aria-controls={`${base}-panel`}
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => onChoose(tab.id)}
          >
            <span className="tab-title">{tab.title}</span>
            {tab.hint !== undefined && <span className="tab-hint">{tab.hint}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${chosen}`} className="tab-panel">
        {children}
      </div>
    </>
  );
}
