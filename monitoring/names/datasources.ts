/** Grafana's data sources by the uids that grafana-datasources.yml gives them. Dashboards must name real uids: a provisioned one has no inputs. */
export const DATASOURCES = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
  jaeger: { type: 'jaeger', uid: 'jaeger' },
  alertmanager: { type: 'alertmanager', uid: 'alertmanager' },
} as const;

export type DataSource = (typeof DATASOURCES)[keyof typeof DATASOURCES];

/** Dashboards' uids: part of every link, so they never change. */
export const DASHBOARD_UIDS = {
  home: 'shop',
  service: 'service',
  slos: 'slos',
  database: 'database',
  host: 'host',
  pipeline: 'pipeline',
  trace: 'trace',
} as const;
