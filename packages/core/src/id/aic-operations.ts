import { aicChecksum, parseAic } from './aic.ts'
import type { Aic } from './aic.ts'

/** Two bytes for a digit: reduced to base 36 their bias is below 0.06 %. */
const chanceBytesPerDigit = 2

/** Arcs 1 to 9: what GB/Z 185.2 has, and what the checksum is made over. */
export function aicBody(aic: Aic): string {
  return aic.checksum === undefined ? aic.text : aic.text.slice(0, aic.text.lastIndexOf('.'))
}

/**
 * Whether two codes name the same agent: the same nine arcs, and no two different checksums. A code of nine arcs is the
 * same as its reading with ten. What is no code is equal to nothing.
 */
export function sameAic(left: string, right: string): boolean {
  const [one, other] = [parseAic(left), parseAic(right)]
  if (one === undefined || other === undefined) return false
  if (one.profile === other.profile) return one.text === other.text
  return aicBody(one) === aicBody(other)
}

/** Whether an entity is an instance of an ontology: the same arcs up to the ontology (ACPs AIC v02.01, section 3). */
export function isInstanceOf(entity: Aic, ontology: Aic): boolean {
  return !entity.isOntology && ontology.isOntology && classOf(entity) === classOf(ontology)
}

/**
 * The code of the class that an agent is an instance of: the entity arc in zeros of the same length, and the checksum
 * anew under the registrar's salt (ACPs AIC v02.01, section 3). That of a code of nine arcs has nine.
 */
export function ontologyOf(aic: Aic, salt: Uint8Array): Aic {
  return withEntity(aic, '0'.repeat(aic.entity.length), salt)
}

/**
 * A code for a new instance of a class: a random entity arc of the same length that is not zero, and the checksum anew.
 *
 * @param chance random bytes, two for each digit of the entity arc
 */
export function instanceOf(ontology: Aic, salt: Uint8Array, chance: Uint8Array): Aic {
  if (!ontology.isOntology) throw new RangeError('only an ontology has instances')
  const digits = ontology.entity.length
  if (chance.length < digits * chanceBytesPerDigit)
    throw new RangeError(`${digits} digits need ${digits * chanceBytesPerDigit} bytes of chance`)
  let entity = ''
  for (let at = 0; at < digits; at++) {
    entity += (((chance[at * 2]! << 8) | chance[at * 2 + 1]!) % 36).toString(36)
  }
  return withEntity(ontology, /^0+$/.test(entity) ? `${entity.slice(0, -1)}1` : entity, salt)
}

/** The reading of GB/Z 185.2 with nine arcs: the same code without its checksum. */
export function gbzReading(aic: Aic): Aic {
  return parsed(aicBody(aic))
}

/**
 * The reading of ACPs with ten arcs: for the registrar alone, whose salt the checksum takes. What has ten arcs already is
 * given back when its checksum holds; undefined when it does not.
 */
export function acpsReading(aic: Aic, salt: Uint8Array): Aic | undefined {
  const body = aicBody(aic)
  const whole = parsed(`${body}.${aicChecksum(body, salt)}`)
  return aic.checksum === undefined || aic.text === whole.text ? whole : undefined
}

function withEntity(aic: Aic, entity: string, salt: Uint8Array): Aic {
  const body = `${classOf(aic)}.${entity}`.toUpperCase()
  return parsed(aic.checksum === undefined ? body : `${body}.${aicChecksum(body, salt)}`)
}

/** Arcs 1 to 8. */
function classOf(aic: Aic): string {
  const body = aicBody(aic)
  return body.slice(0, body.lastIndexOf('.'))
}

function parsed(text: string): Aic {
  const aic = parseAic(text)
  if (aic === undefined) throw new RangeError(`the parts do not make an identity code: ${text}`)
  return aic
}
