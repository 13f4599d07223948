import type { Addresses } from '../names/links.ts';
import type { Section } from '../panels/layout.ts';
import { browserSection } from './home-browser.ts';
import { promisesSection } from './home-promises.ts';
import { servicesSection } from './home-services.ts';
import { visitorsSection } from './home-visitors.ts';
import { logsSection, tracesSection } from './traces-and-logs.ts';

/** The home dashboard from top to bottom: whether something is wrong, what visitors get, what each service does, and where it goes wrong. */
export const homeSections = (at: Addresses): Section[] => [
  promisesSection(at),
  visitorsSection(),
  browserSection(at),
  servicesSection(at),
  tracesSection(at),
  logsSection(at),
];
