import type { RuleTest } from './tests.ts';
export const sloTests = (): RuleTest[] => [];
