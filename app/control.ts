/** Switches faults: lists or sets them at a service's internal address. */
export async function control(
  address: string,
  token: string,
  change?: { fault: string; on: boolean },
): Promise<Record<string, boolean>> {
  const response = await fetch(`${address}/control/faults${change ? `/${change.fault}` : ''}`, {
    method: change ? 'PUT' : 'GET',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(change && { body: JSON.stringify({ on: change.on }) }),
    signal: AbortSignal.timeout(5000),
  });
  const body = (await response.json()) as Record<string, boolean> & { reason?: string };
  if (!response.ok) throw new Error(`${address} answered ${response.status}: ${body.reason}`);
  return body;
}
