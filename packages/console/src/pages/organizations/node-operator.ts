import type { Me } from '../../api/types.ts'

/** The organisation a node begins with; its owners run the node. */
const firstOrganization = 'main'

/** Whether these may see the organisations of the node; the node itself decides, this only spares asking in vain. */
export function isNodeOperator({ organization, roles }: Pick<Me, 'organization' | 'roles'>): boolean {
  return runsNode(organization.id) && roles.includes('owner')
}

export function runsNode(organization: string): boolean {
  return organization === firstOrganization
}

/** Whether these may do what concerns all organisations of the node. */
export function keepsNode({ organization, roles }: Pick<Me, 'organization' | 'roles'>): boolean {
  return runsNode(organization.id) && (roles.includes('owner') || roles.includes('operator'))
}
