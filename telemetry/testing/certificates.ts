import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface Certificates {
  /** In PEM, all of them. */
  authority: string;
  server: { cert: string; key: string };
  client: { cert: string; key: string };
}

/** An authority, and certificates by it for 127.0.0.1 and for a client named `client`; good for a day. */
export async function makeCertificates(): Promise<Certificates> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const times = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };
  const common = { ...times, signingAlgorithm: algorithm };
  const keys = await newKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    name: 'CN=authority',
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  const issue = async (name: string) => {
    const own = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...common,
      subject: `CN=${name}`,
      issuer: authority.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
    });
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY');
    return { cert: certificate.toString('pem'), key };
  };
  return { authority: authority.toString('pem'), server: await issue('server'), client: await issue('client') };
}
