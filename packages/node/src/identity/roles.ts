import { z } from 'zod'
import type { RoleName } from '../kernel/route.ts'

/** A role of a person in an organisation. */
export const roleSchema: z.ZodType<RoleName, RoleName> = z.enum(['owner', 'approver', 'operator', 'auditor'])

/** Each role once, in the order of the table above; none takes a person's access away. */
export const rolesSchema = z.array(roleSchema).max(4)

const order: readonly RoleName[] = ['owner', 'approver', 'operator', 'auditor']

export function rolesText(roles: readonly RoleName[]): string {
  return JSON.stringify(order.filter((role) => roles.includes(role)))
}

export function rolesOf(text: string): readonly RoleName[] {
  return rolesSchema.parse(JSON.parse(text))
}
