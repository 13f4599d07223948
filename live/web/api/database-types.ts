/** Answers of `/api/database`: what the server's room database says, with the interval that it is of. */
import type { Interval } from '../../server/database/database.ts';
import type { Session, Stretches } from '../../server/database/sessions.ts';
import type { StatementPage } from '../../server/database/statement.ts';
import type { StatementList as Listed } from '../../server/database/statements.ts';

export type { Callers } from '../../server/database/callers.ts';
export type { Blocking, Waiting } from '../../server/database/locks.ts';
export type { Plan } from '../../server/database/plans.ts';
export type { Session as DatabaseSession } from '../../server/database/sessions.ts';
export type { Statement } from '../../server/database/statements.ts';
export type { Table } from '../../server/database/table.ts';

export type StatementList = Interval & Listed & { next: string | null };
export type StatementDetails = Interval & StatementPage;
export type SessionHistory = Interval & Stretches & { sessions: Session[] };
