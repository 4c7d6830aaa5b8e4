// The budget beside a form that it is worked out from.
import type { Sizing } from '@weir/tenancy';
import { BudgetSum } from './budget-sum.tsx';

interface BudgetCardProps {
  /** Null: it cannot be worked out yet. */
  readonly sizing: Sizing | null;
  readonly missing: string;
  readonly note: string;
}

export function BudgetCard({ sizing, missing, note }: BudgetCardProps) {
  return (
    <aside className="card sum" aria-label="Budget">
      <div className="card-head">
        <h2>Budget</h2>
      </div>
      <div className="card-body">
        {sizing === null ? <p className="fine">{missing}</p> : <BudgetSum sizing={sizing} />}
        <p className="fine">{note}</p>
      </div>
    </aside>
  );
}
