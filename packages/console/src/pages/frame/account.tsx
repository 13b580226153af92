import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import type { ComponentProps } from 'react'
import { signOut } from '../../api/identity.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { isNodeOperator, keepsNode } from '../organizations/node-operator.ts'
import { DeviceDialog } from '../people/device-dialog.tsx'

/** Who is signed in, and what concerns people: the list of them, another device, leaving. */
export function Account() {
  const text = useText()
  const client = useQueryClient()
  const router = useRouter()
  const [device, setDevice] = useState(false)
  const { data: me } = useQuery(queries.me())
  async function leave(): Promise<void> {
    await signOut()
    client.clear()
    await router.navigate({ to: '/sign-in', search: {} })
  }
  if (me === undefined) return null
  const name = visibleString(me.person.name, 60)
  return (
    <>
      <Menu trigger={<AccountButton name={name} label={text.nav.account(name)} />}>
        <div className="mb-1.5 border-b border-line px-4 pt-1 pb-2.5">
          <div className="font-bold">{name}</div>
          <div className="text-sm text-muted">{me.roles.map((role) => text.roles[role]).join(' · ')}</div>
        </div>
        <MenuItem render={<Link to="/rules" />}>{text.nav.rules}</MenuItem>
        <MenuItem render={<Link to="/programs" />}>{text.nav.programs}</MenuItem>
        <MenuItem render={<Link to="/security" />}>{text.nav.security}</MenuItem>
        <MenuItem render={<Link to="/people" />}>{text.nav.people}</MenuItem>
        <MenuItem render={<Link to="/domains" />}>{text.nav.domains}</MenuItem>
        <MenuItem render={<Link to="/authority" />}>{text.nav.authority}</MenuItem>
        {keepsNode(me) && <MenuItem render={<Link to="/found" />}>{text.nav.found}</MenuItem>}
        {keepsNode(me) && <MenuItem render={<Link to="/takedowns" />}>{text.nav.takedowns}</MenuItem>}
        {isNodeOperator(me) && (
          <MenuItem render={<Link to="/organizations" />}>{text.nav.organizations}</MenuItem>
        )}
        {me.roles.includes('owner') && <MenuItem onClick={() => setDevice(true)}>{text.nav.device}</MenuItem>}
        <MenuItem onClick={() => void leave()}>{text.nav.signOut}</MenuItem>
      </Menu>
      {device && <DeviceDialog person={me.person.id} onClose={() => setDevice(false)} />}
    </>
  )
}

interface AccountButtonProps extends ComponentProps<'button'> {
  readonly name: string
  readonly label: string
}

function AccountButton({ name, label, ...button }: AccountButtonProps) {
  return (
    <button
      {...button}
      type="button"
      aria-label={label}
      className="flex min-h-11 items-center gap-2 rounded-md px-1.5 text-sm font-semibold hover:bg-sunken data-popup-open:bg-sunken"
    >
      <span
        aria-hidden="true"
        className="flex size-8 items-center justify-center rounded-full bg-wash font-bold text-accent"
      >
        {initialOf(name)}
      </span>
      <span className="hidden max-w-40 truncate xl:block">{name}</span>
    </button>
  )
}

function initialOf(name: string): string {
  const first = name.trim().codePointAt(0)
  return first === undefined ? '·' : String.fromCodePoint(first).toLocaleUpperCase()
}
