/** A table as the watcher tells of it. */

export interface Finding {
  kind: 'dead-rows' | 'stale-statistics' | 'sequential-scans' | 'unused-index';
  sentence: string;
  /** The statement that would mend it; '' where none can be told. */
  mend: string;
  /** The statement whose plan showed it; '' for none. */
  queryId: string;
}

export interface Index {
  name: string;
  /** Since the server's statistics began. */
  scans: number;
  bytes: number;
  unique: boolean;
}

export interface Table {
  schema: string;
  name: string;
  bytes: number;
  liveRows: number;
  deadRows: number;
  modifiedRows: number;
  /** In the interval. */
  sequentialScans: number;
  sequentialRows: number;
  /** Null where it never was, as far as the server knows. */
  vacuumAgeSeconds: number | null;
  analyzeAgeSeconds: number | null;
  indexes: Index[];
  findings: Finding[];
}
