// The sizing calculator: from the memory of a machine to its connections, with the formula and the usual sizes.
import { computeSizing, connectionsByRam, gibibyte } from '@weir/tenancy';
import { useState } from 'react';
import { count } from '../format.ts';
import { BudgetCard } from '../parts/budget-card.tsx';
import { useTitle } from '../parts/use-title.ts';
import { SizingFields } from '../sizing/sizing-fields.tsx';
import { readSizing, sizingFormOf } from '../sizing/sizing-form.ts';

const usualGb = [0.5, 1, 2, 4, 8, 12, 16, 32, 64];
const start = computeSizing({ ramBytes: 4 * gibibyte, maxConnections: null, reservedConnections: null });

export function SizingPage() {
  const [form, setForm] = useState(() => sizingFormOf(start));
  const reading = readSizing(form);
  const { sizing } = reading;
  useTitle('Sizing');
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <h1>Sizing</h1>
          <p>How many server connections a machine can bear, and why.</p>
        </div>
      </div>
      <div className="create">
        <div className="create-form">
          <div className="card">
            <div className="card-head">
              <h2>Machine</h2>
            </div>
            <div className="card-body sizing-form">
              <SizingFields
                form={form}
                reading={reading}
                withServer
                onChange={(field, text) => setForm((before) => ({ ...before, [field]: text }))}
              />
            </div>
          </div>
          <div className="card">
            <div className="card-head">
              <h2>Usual sizes</h2>
              <p>with the numbers above</p>
            </div>
            <SizeTable reading={reading} />
          </div>
        </div>
        <BudgetCard
          sizing={sizing}
          missing="Once the numbers on the left are right, the budget is worked out here."
          note="One server connection takes memory for its process and its caches. With the divisor of managed Postgres services 1 GiB pays for 112."
        />
      </div>
    </>
  );
}

function SizeTable({ reading: { sizing } }: { reading: ReturnType<typeof readSizing> }) {
  const { divisorBytes, cap, reserve, maxConnections, reservedConnections } = sizing ?? start;
  return (
    <table className="table sizes">
      <caption className="visually-hidden">Connections and budget of usual machines</caption>
      <thead>
        <tr>
          <th scope="col">Memory</th>
          <th scope="col" className="number">
            Connections
          </th>
          <th scope="col" className="number">
            Budget
          </th>
        </tr>
      </thead>
      <tbody>
        {usualGb.map((gb) => {
          const ramBytes = gb * gibibyte;
          const of = { ramBytes, divisorBytes, cap, reserve, maxConnections, reservedConnections };
          return (
            <tr key={gb}>
              <th scope="row" className="numbers">
                {gb < 1 ? `${gb * 1024} MiB` : `${gb} GiB`}
              </th>
              <td className="number numbers soft">{count(connectionsByRam(ramBytes, divisorBytes, cap))}</td>
              <td className="number numbers">{count(computeSizing(of).budget)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
