import type { ReactNode } from 'react';
import { ScrollRegion } from './scroll-region.tsx';

/** A table that scrolls by itself where it is too wide; `columns` are titles, with `n` for those of numbers, which stand to the right. */
export function DataTable(props: { label: string; columns: Readonly<Record<string, '' | 'n'>>; children: ReactNode }) {
  return (
    <ScrollRegion label={props.label}>
      <table className="data">
        <thead>
          <tr>
            {Object.entries(props.columns).map(([title, kind]) => (
              <th key={title} scope="col" className={kind}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        {props.children}
      </table>
    </ScrollRegion>
  );
}
