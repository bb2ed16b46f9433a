/** Certificates for registries, by the machine's openssl. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './private-host.js'

/** A self-signed certificate: two files, and the text of the one that is no secret. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
  readonly pem: string
}

/** Makes one for these names (`IP:127.0.0.1`, `DNS:registry.test`) in the folder. */
export function selfSigned(dir: string, name: string, subjects: readonly string[] = ['IP:127.0.0.1']): Certificate {
  const [certificate, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${subjects.join(',')}`]
  run('openssl', 'req', '-x509', ...curve, ...names, '-days', '2', '-keyout', key, '-out', certificate)
  return { certificate, key, pem: readFileSync(certificate, 'utf8') }
}
