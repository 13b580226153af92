import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Organization } from '../../api/organizations.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { AddOrganizationDialog } from './add-organization-dialog.tsx'
import { isNodeOperator, runsNode } from './node-operator.ts'
import { CloseDialog, RenameDialog, ReopenDialog } from './organization-dialogs.tsx'

type Asking =
  | { readonly what: 'add' }
  | { readonly what: 'rename' | 'close' | 'reopen'; readonly organization: Organization }
  | undefined

/** The organisations of the node, for the owners of the one that runs it. */
export function OrganizationsPage() {
  const text = useText().organizations
  const { data: me } = useQuery(queries.me())
  const operator = me !== undefined && isNodeOperator(me)
  const [asking, setAsking] = useState<Asking>()
  const close = () => setAsking(undefined)
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        operator && (
          <Button kind="primary" onClick={() => setAsking({ what: 'add' })}>
            {text.add}
          </Button>
        )
      }
    >
      {me !== undefined && !operator && <p className="panel p-5 text-muted">{text.notYours}</p>}
      {operator && <OrganizationList onAsk={setAsking} />}
      {asking?.what === 'add' && <AddOrganizationDialog onClose={close} />}
      {asking?.what === 'rename' && <RenameDialog organization={asking.organization} onClose={close} />}
      {asking?.what === 'close' && <CloseDialog organization={asking.organization} onClose={close} />}
      {asking?.what === 'reopen' && <ReopenDialog organization={asking.organization} onClose={close} />}
    </Page>
  )
}

interface AskProps {
  readonly onAsk: (asking: Asking) => void
}

function OrganizationList({ onAsk }: AskProps) {
  const organizations = useQuery(queries.organizations())
  return (
    <Loaded query={organizations}>
      {(list) => (
        <ul className="panel divide-y divide-line">
          {list.map((organization) => (
            <OrganizationRow key={organization.id} organization={organization} onAsk={onAsk} />
          ))}
        </ul>
      )}
    </Loaded>
  )
}

function OrganizationRow({ organization, onAsk }: AskProps & { readonly organization: Organization }) {
  const text = useText().organizations
  const { id, name, created, closed } = organization
  const shown = visibleString(name, 60)
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3.5 md:px-6">
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-lg leading-snug font-bold tracking-tight">
          <ForeignText charactersMax={100}>{name}</ForeignText>
          {runsNode(id) && <Tag tone="accent">{text.runs}</Tag>}
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-4 text-sm text-muted">
          <span className="text-ink">
            <StateLabel tone={closed === undefined ? 'ok' : 'quiet'}>
              {closed === undefined ? text.open : text.closed}
            </StateLabel>
          </span>
          <code className="font-mono">{id}</code>
          <span>
            {closed === undefined ? text.since : text.closedSince} <Time at={closed ?? created} form="date" />
          </span>
        </p>
      </div>
      <div className="flex gap-2">
        <Button
          size="small"
          aria-label={text.renameOf(shown)}
          onClick={() => onAsk({ what: 'rename', organization })}
        >
          {text.rename}
        </Button>
        {closed !== undefined && (
          <Button
            size="small"
            aria-label={text.reopenOf(shown)}
            onClick={() => onAsk({ what: 'reopen', organization })}
          >
            {text.reopen}
          </Button>
        )}
        {closed === undefined && !runsNode(id) && (
          <Button
            size="small"
            kind="danger"
            aria-label={text.closeOf(shown)}
            onClick={() => onAsk({ what: 'close', organization })}
          >
            {text.close}
          </Button>
        )}
      </div>
    </li>
  )
}
