import 'reflect-metadata';
import { randomUUID, webcrypto } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

export type Chown = (path: string, uid: number, gid: number) => Promise<void>;

/** Who gets a certificate: its user, and the names under which it is called; one without names is a client only. */
const HOLDERS: Readonly<Record<string, Holder>> = {
  app: { uid: 1000, names: ['storefront', 'orders', 'inventory', 'payments'] },
  database: { uid: 1003, names: [] },
  collector: { uid: 10001, names: ['collector', 'localhost'] }, // workers, too
  jaeger: { uid: 10001, names: ['jaeger', 'localhost'] },
  live: { uid: 1002, names: ['live', 'localhost'] },
  prometheus: { uid: 65534, names: ['prometheus', 'alertmanager', 'localhost'] }, // both run as this user
  grafana: { uid: 472, names: [] },
  prober: { uid: 10001, names: ['prober'] },
  verify: { uid: 1001, names: [] },
  pages: { uid: 1005, names: [] },
  kafka: { uid: 1004, names: ['kafka', 'localhost'] }, // of docker-compose.kafka.yml
};

interface Holder {
  uid: number;
  names: readonly string[];
}

const DAY_MS = 86_400_000;
/** Days for which a certificate is valid, and from how many left on it is made anew. */
export const VALID_DAYS = 30;
const RENEW_DAYS = 10;
const CA_DAYS = 3650;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

interface Authority {
  certificate: X509Certificate;
  key: webcrypto.CryptoKey;
}

/**
 * Makes under `directory` an authority of our own, whose key only root can read, and for each holder a directory that only it can enter: ca.crt, tls.crt,
 * tls.key. A certificate that has more than ten days left, the right names and this authority stays; with a new authority all are new.
 * @returns whose were made anew
 */
export async function makeCertificates(directory: string, chown: Chown, holders = HOLDERS, now = Date.now()): Promise<string[]> {
  const authority = await loadAuthority(join(directory, 'authority'), now);
  const made: string[] = [];
  for (const [name, holder] of Object.entries(holders)) {
    const place = join(directory, name);
    await mkdir(place, { recursive: true, mode: 0o700 });
    await chown(place, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    for (const file of await readdir(place)) await chown(join(place, file), process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    if (!(await holds(place, holder, authority, now))) {
      await issue(place, name, holder, authority, now);
      made.push(name);
    }
    for (const file of await readdir(place)) await chown(join(place, file), holder.uid, holder.uid);
    await chown(place, holder.uid, holder.uid);
  }
  return made;
}

/** The authority that is there, or a new one where there is none or it ends within a certificate's time. */
async function loadAuthority(place: string, now: number): Promise<Authority> {
  await mkdir(place, { recursive: true, mode: 0o700 });
  const found = await read(join(place, 'ca.crt'));
  const key = await read(join(place, 'ca.key'));
  if (found && key) {
    const certificate = new X509Certificate(found);
    const [der] = PemConverter.decode(key);
    if (der && certificate.notAfter.getTime() - now > VALID_DAYS * DAY_MS)
      return { certificate, key: await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']) };
  }
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // A name of its own: a certificate of another authority is then of an unknown one, and not a forged one of this.
    name: `CN=sightline authority ${randomUUID()}`,
    ...period(now, CA_DAYS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  });
  await write(join(place, 'ca.key'), await pem(keys.privateKey));
  await write(join(place, 'ca.crt'), certificate.toString('pem'));
  return { certificate, key: keys.privateKey };
}

async function holds(place: string, { names }: Holder, authority: Authority, now: number): Promise<boolean> {
  const [ca, found, key] = await Promise.all(['ca.crt', 'tls.crt', 'tls.key'].map((file) => read(join(place, file))));
  if (ca !== authority.certificate.toString('pem') || !found || !key) return false;
  const certificate = new X509Certificate(found);
  const named =
    certificate
      .getExtension(SubjectAlternativeNameExtension)
      ?.names.toJSON()
      .map(({ value }) => value) ?? [];
  return certificate.notAfter.getTime() - now > RENEW_DAYS * DAY_MS && named.join() === names.join();
}

async function issue(place: string, name: string, { names }: Holder, authority: Authority, now: number): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: authority.certificate.subject,
    ...period(now, VALID_DAYS),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth, ...(names.length > 0 ? [ExtendedKeyUsage.serverAuth] : [])]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value })))] : []),
    ],
  });
  await write(join(place, 'ca.crt'), authority.certificate.toString('pem'));
  await write(join(place, 'tls.key'), await pem(keys.privateKey));
  await write(join(place, 'tls.crt'), certificate.toString('pem'));
}

/** From an hour ago, for clocks that are behind. */
const period = (now: number, days: number) => ({ notBefore: new Date(now - 3_600_000), notAfter: new Date(now + days * DAY_MS) });

const pem = async (key: webcrypto.CryptoKey) =>
  PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

/** Whole or not at all. */
async function write(path: string, text: string): Promise<void> {
  await rm(`${path}.new`, { force: true });
  await writeFile(`${path}.new`, text, { mode: 0o400 });
  await rename(`${path}.new`, path);
}

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
