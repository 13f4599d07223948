import type { Page } from 'playwright-core';

/** Has the page say on its console, as an error, what its content security policy refused. */
export function reportViolations(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      console.error(`violates ${effectiveDirective}: ${blockedURI}`);
    });
  });
}
