/** Logging in another browser, and logging out this one. */
import { useState } from 'react';

export function Access() {
  const [said, setSaid] = useState('');
  const makeLink = async () => {
    const response = await fetch('/api/login-links', { method: 'POST' });
    const body = (await response.json()) as { url?: string; error?: { message: string } };
    setSaid(body.url ?? body.error?.message ?? '');
  };
  const logOut = async () => {
    await fetch('/api/session', { method: 'DELETE' });
    location.reload();
  };
  const failed = () => setSaid('The live view does not answer: is it still running?');
  return (
    <section className="panel" aria-labelledby="access-title">
      <h2 id="access-title">Access</h2>
      <p className="links">
        <button type="button" onClick={() => makeLink().catch(failed)}>
          Log in another browser
        </button>
        <button type="button" onClick={() => logOut().catch(failed)}>
          Log out
        </button>
        <a href="/api/openapi.yml">API</a>
        <a href="/metrics">Own metrics</a>
      </p>
      <p role="status" className="hint breakable">
        {said && (said.startsWith('http') ? 'Open this once, there:' : '')} {said && <code>{said}</code>}
      </p>
    </section>
  );
}
