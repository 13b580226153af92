import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Fault } from '@ambit/core/fault'
import { pemBlocks } from '@ambit/core/pem'

/** Certificates of foreign authorities. Throws `config.invalid`. */
export function readRoots(file: string | undefined): readonly X509Certificate[] {
  if (file === undefined) return []
  try {
    const roots = pemBlocks('CERTIFICATE', readFileSync(file, 'utf8')).map((der) => new X509Certificate(der))
    if (roots.length > 0 && roots.every(({ ca }) => ca)) return roots
  } catch (error) {
    throw rootsFault(file, error)
  }
  throw rootsFault(file)
}

function rootsFault(file: string, cause?: unknown): Fault {
  return new Fault('config.invalid', {
    detail: `${file} is not a file of certificates of authorities (PEM)`,
    where: 'AMBIT_TRUST_ROOTS',
    cause,
  })
}
