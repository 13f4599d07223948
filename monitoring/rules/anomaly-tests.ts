import type { TestFile } from './tests.ts';
export const anomalyTestFiles = (): [string, TestFile][] => [];
