import type { Addresses } from '../names/links.ts';
import { browserSection } from './home-browser.ts';
import { healthSection } from './home-health.ts';
import { databaseSection, runtimeSection } from './home-internals.ts';
import { servicesSection } from './home-services.ts';
import { logsSection, tracesSection } from './home-traces.ts';
import { visitorsSection } from './home-visitors.ts';
import type { Section } from './layout.ts';

/** The home dashboard from top to bottom: what visitors get, what each service does, where it goes wrong, and whether the telemetry can be trusted. */
export const homeSections = (at: Addresses): Section[] => [
  visitorsSection(),
  browserSection(),
  servicesSection(at),
  tracesSection(at),
  logsSection(),
  databaseSection(),
  runtimeSection(),
  healthSection(),
];
