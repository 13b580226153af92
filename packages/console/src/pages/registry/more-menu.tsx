import { useState } from 'react'
import type { Me, RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import { runsNode } from '../organizations/node-operator.ts'
import { TakeDownDialog } from '../takedowns/take-down-dialog.tsx'
import { DecommissionDialog } from './decommission-dialog.tsx'
import { DiscardDialog } from './discard-dialog.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { mayKeep } from './record-state.ts'
import { RenameDialog } from './rename-dialog.tsx'
import { TransferDialog } from './transfer-dialog.tsx'

const ways = ['export', 'rename', 'transfer', 'decommission', 'discard', 'takeDown'] as const
type Way = (typeof ways)[number]

interface MoreMenuProps {
  readonly view: RecordView
  readonly slug: string
  readonly title: string
  readonly me: Me
}

/** What is done to a record seldom: each asks first. Only what this person may do is there. */
export function MoreMenu({ view, slug, title, me }: MoreMenuProps) {
  const text = useText().more
  const [asking, setAsking] = useState<Way>()
  const close = () => setAsking(undefined)
  return (
    <>
      <Menu trigger={<Button>{text.open}</Button>}>
        {ways
          .filter((way) => mayTake(way, view, me))
          .map((way) => (
            <MenuItem key={way} onClick={() => setAsking(way)}>
              {text[way]}
            </MenuItem>
          ))}
      </Menu>
      {asking === 'export' && <ExportDialog slug={slug} onClose={close} />}
      {asking === 'rename' && <RenameDialog view={view} owner={me.roles.includes('owner')} onClose={close} />}
      {asking === 'transfer' && <TransferDialog slug={slug} title={title} onClose={close} />}
      {asking === 'decommission' && <DecommissionDialog view={view} title={title} onClose={close} />}
      {asking === 'discard' && <DiscardDialog slug={slug} onClose={close} />}
      {asking === 'takeDown' && <TakeDownDialog record={view.record.id} onClose={close} />}
    </>
  )
}

/** The node decides; this only spares people what it would refuse. */
function mayTake(way: Way, { state, takedown, versions }: RecordView, { roles, organization }: Me): boolean {
  const isKeeper = mayKeep(roles)
  const isOver = state === 'retired' || takedown !== undefined
  const isMine: Readonly<Record<Way, boolean>> = {
    export: true,
    rename: isKeeper && !isOver,
    transfer: roles.includes('owner') && !isOver && state !== 'draft',
    decommission: isKeeper && versions.length > 0,
    discard: isKeeper && versions.length === 0 && takedown === undefined,
    takeDown: isKeeper && runsNode(organization.id) && takedown === undefined,
  }
  return isMine[way]
}
