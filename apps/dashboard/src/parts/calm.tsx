// What is shown where there is nothing to show: a title and what would fill the place.
import type { ReactNode } from 'react';

export function Calm({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="card empty">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}
