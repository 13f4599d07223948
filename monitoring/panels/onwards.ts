import {
  type Addresses,
  databaseDashboard,
  homeDashboard,
  hostDashboard,
  jaegerSearch,
  jaegerTrace,
  liveTrace,
  pipelineDashboard,
  serviceDashboard,
  sloDashboard,
  variable,
} from '../names/links.ts';
import type { DataLink } from './grafana.ts';

// Links in the corner of a panel. All lead to own dashboards, to Jaeger or to the live view: a Viewer may follow them, unlike those into Explore.

const inside = (title: string, url: string): DataLink => ({ title, url, targetBlank: false });
const outside = (title: string, url: string): DataLink => ({ title, url, targetBlank: true });

export const toShop = inside('Shop', homeDashboard());
export const toSlos = inside('SLOs', sloDashboard());
export const toDatabase = inside('Database', databaseDashboard());
export const toHost = inside('Host', hostDashboard());
export const toPipeline = inside('Pipeline', pipelineDashboard());
export const toService = (service: string) => inside(`Service ${service}`, serviceDashboard(service));
export const toTraces = (at: Addresses, service: string) => outside(`Traces of ${service} in Jaeger`, jaegerSearch(at, service));
/** What the live view holds of a service right now. */
export const toLive = (at: Addresses, service: string) =>
  outside(`${service} in the live view`, `${at.live}/traces?service=${service}`);
export const toLiveView = (at: Addresses) => outside('Live view', at.live);

export const toJaeger = (at: Addresses) => outside('This trace in Jaeger', jaegerTrace(at, variable('traceId')));
export const toLiveTrace = (at: Addresses) => outside('This trace in the live view', liveTrace(at, variable('traceId')));
