import { ABSENCE_ALERTS } from './alerts/absence.ts';
import { DATABASE_ALERTS } from './alerts/database.ts';
import { PIPELINE_ALERTS } from './alerts/pipeline.ts';
import { SATURATION_ALERTS } from './alerts/saturation.ts';
import { SERVICE_ALERTS } from './alerts/services.ts';
import { UNUSUAL_ALERTS } from './alerts/unusual.ts';
import type { Alert } from './rules/alert.ts';
import { SLOS } from './slos.ts';

/**
 * Every alert but those on the promises, which slos.ts names. To add one: a row in the file of its kind, with the scenarios that prove it, and its
 * runbook docs/runbooks/<name>.md; then `npm run generate`.
 */
export const ALERT_GROUPS = {
  services: SERVICE_ALERTS,
  unusual: UNUSUAL_ALERTS,
  saturation: SATURATION_ALERTS,
  absence: ABSENCE_ALERTS,
  pipeline: PIPELINE_ALERTS,
  database: DATABASE_ALERTS,
} as const satisfies Record<string, Record<string, Alert>>;

/** All of them by name. */
export const ALERTS = {
  ...SERVICE_ALERTS,
  ...UNUSUAL_ALERTS,
  ...SATURATION_ALERTS,
  ...ABSENCE_ALERTS,
  ...PIPELINE_ALERTS,
  ...DATABASE_ALERTS,
} as const satisfies Record<string, Alert>;

export type AlertName = keyof typeof ALERTS | (typeof SLOS)[keyof typeof SLOS]['alert'];

/** The names of all, in the order of the tables. */
export const ALERT_NAMES: readonly AlertName[] = [
  ...Object.values(SLOS).map(({ alert }) => alert),
  ...(Object.keys(ALERTS) as (keyof typeof ALERTS)[]),
];
