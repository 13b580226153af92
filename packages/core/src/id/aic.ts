/**
 * AIC: the identity code of an agent, an OID under 1.2.156.3088 (ISO, China, agent interconnection).
 * Two readings are recognised: `acps` (ACPs AIC v02.01, sections 3 and 4: ten arcs, the last a checksum) and
 * `gbz185.2` (nine arcs, no checksum, as third parties read GB/Z 185.2).
 */
export interface Aic {
  readonly profile: 'acps' | 'gbz185.2'
  /** Upper case, arcs joined by dots. */
  readonly text: string
  readonly version: string
  /** Agent registration service provider. */
  readonly registrar: string
  readonly provider: string
  readonly ontology: string
  readonly entity: string
  readonly checksum?: string
  /** An ontology is a class of agents: its entity arc is all zeros. */
  readonly isOntology: boolean
}

const prefix = '1.2.156.3088'
const arcForms = [
  /^[1-9A-Z]$/,
  /^[0-9A-Z]{1,6}$/,
  /^[0-9A-Z]{1,6}$/,
  /^[0-9A-Z]{1,9}$/,
  /^[0-9A-Z]{1,9}$/,
] as const
const checksumForm = /^[0-9A-Z]{4}$/
/** Six arcs of at most 9 characters and the prefix fit easily; longer text is not an AIC. */
const aicCharactersMax = 80

/**
 * The one text of a code: upper case, without white space. Leading zeros stay: `0` and `000000` are two codes with two
 * checksums. Undefined for what holds any other character: letters outside ASCII whose upper case is one of A to Z (the
 * long s, the dotless i) would make two codes look like one.
 */
export function normalizeAic(input: string): string | undefined {
  if (input.length > aicCharactersMax) return undefined
  const text = input.replaceAll(/\s/g, '')
  return /^[0-9A-Za-z.]+$/.test(text) ? text.toUpperCase() : undefined
}

export function parseAic(input: string): Aic | undefined {
  const text = normalizeAic(input)
  if (text === undefined || !text.startsWith(`${prefix}.`)) return undefined
  const arcs = text.slice(prefix.length + 1).split('.')
  if (arcs.length !== 5 && arcs.length !== 6) return undefined
  for (const [at, form] of arcForms.entries()) {
    if (!form.test(arcs[at]!)) return undefined
  }
  const [version, registrar, provider, ontology, entity, checksum] = arcs as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ]
  if (isZeros(registrar) || isZeros(provider) || isZeros(ontology)) return undefined
  if (checksum !== undefined && !checksumForm.test(checksum)) return undefined
  return {
    profile: checksum === undefined ? 'gbz185.2' : 'acps',
    text,
    version,
    registrar,
    provider,
    ontology,
    entity,
    ...(checksum === undefined ? {} : { checksum }),
    isOntology: isZeros(entity),
  }
}

/**
 * The checksum arc: CRC-16/CCITT-FALSE over the ASCII of arcs 1 to 9 followed by the registrar's salt, in base 36,
 * padded to four characters (ACPs AIC v02.01, section 4). The salt (at least 2 bytes) is known to the registrar alone.
 */
export function aicChecksum(body: string, salt: Uint8Array): string {
  let crc = 0xffff
  for (const byte of new TextEncoder().encode(body.toUpperCase())) crc = crcStep(crc, byte)
  for (const byte of salt) crc = crcStep(crc, byte)
  return crc.toString(36).toUpperCase().padStart(4, '0')
}

/** Whether a registrar with that salt issued the code. */
export function aicChecksumHolds(aic: Aic, salt: Uint8Array): boolean {
  if (aic.checksum === undefined) return false
  return aicChecksum(aic.text.slice(0, aic.text.lastIndexOf('.')), salt) === aic.checksum
}

export interface AicParts {
  readonly registrar: string
  readonly provider: string
  readonly ontology: string
  readonly entity: string
}

/** Issues a code of ten arcs, version 1. Throws a RangeError when a part is not of its form. */
export function issueAic(parts: AicParts, salt: Uint8Array): string {
  const body =
    `${prefix}.1.${parts.registrar}.${parts.provider}.${parts.ontology}.${parts.entity}`.toUpperCase()
  const aic = `${body}.${aicChecksum(body, salt)}`
  if (parseAic(aic) === undefined) throw new RangeError(`the parts do not make an identity code: ${body}`)
  return aic
}

function crcStep(crc: number, byte: number): number {
  let next = crc ^ (byte << 8)
  for (let bit = 0; bit < 8; bit++)
    next = next & 0x8000 ? ((next << 1) ^ 0x1021) & 0xffff : (next << 1) & 0xffff
  return next
}

function isZeros(arc: string): boolean {
  return /^0+$/.test(arc)
}
