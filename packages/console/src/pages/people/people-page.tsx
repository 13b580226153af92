import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import type { Person } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { LinkDialog } from './link-dialog.tsx'
import { PersonDialog, roleNames } from './person-dialog.tsx'
import { TwoPeople } from './two-people.tsx'

type Asking =
  | { readonly what: 'add' }
  | { readonly what: 'change' | 'link'; readonly person: Person }
  | undefined

/** The people of the organisation; an owner adds them, changes them, and makes links for them. */
export function PeoplePage() {
  const text = useText()
  const people = useQuery(queries.people())
  const { data: me } = useQuery(queries.me())
  const [asking, setAsking] = useState<Asking>()
  const owner = me?.roles.includes('owner') === true
  const close = () => setAsking(undefined)
  return (
    <Page
      title={text.people.title}
      lead={text.people.lead}
      actions={
        owner && (
          <Button kind="primary" onClick={() => setAsking({ what: 'add' })}>
            {text.people.add}
          </Button>
        )
      }
    >
      <Loaded query={people}>
        {(list) => (
          <ul className="panel divide-y divide-line">
            {list.map((person) => (
              <PersonRow
                key={person.id}
                person={person}
                self={person.id === me?.person.id}
                onAsk={owner ? setAsking : undefined}
              />
            ))}
          </ul>
        )}
      </Loaded>
      {me !== undefined && !owner && <p className="mt-4 text-sm text-muted">{text.people.ownersOnly}</p>}
      {owner && <TwoPeople />}
      {asking?.what === 'add' && <PersonDialog onClose={close} />}
      {asking?.what === 'change' && <PersonDialog person={asking.person} onClose={close} />}
      {asking?.what === 'link' && <LinkDialog person={asking.person} onClose={close} />}
    </Page>
  )
}

interface PersonRowProps {
  readonly person: Person
  readonly self: boolean
  readonly onAsk: ((asking: Asking) => void) | undefined
}

function PersonRow({ person, self, onAsk }: PersonRowProps) {
  const text = useText()
  const name = visibleString(person.name, 60)
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3.5 md:px-6">
      <div className="min-w-0 grow">
        <p className="text-lg leading-snug font-bold tracking-tight">
          <ForeignText charactersMax={100}>{person.name}</ForeignText>
          {self && <span className="ml-2 text-base font-normal text-muted">({text.people.you})</span>}
        </p>
        <p className="mt-1 flex flex-wrap gap-1.5">
          {person.roles.length === 0 && <Tag tone="danger">{text.people.noAccess}</Tag>}
          {roleNames
            .filter((role) => person.roles.includes(role))
            .map((role) => (
              <Tag key={role} tone={role === 'owner' ? 'accent' : 'quiet'}>
                {text.roles[role]}
              </Tag>
            ))}
        </p>
      </div>
      {onAsk !== undefined && (
        <div className="flex gap-2">
          {person.roles.length > 0 && (
            <Button
              size="small"
              aria-label={text.people.newLinkFor(name)}
              onClick={() => onAsk({ what: 'link', person })}
            >
              {text.people.newLink}
            </Button>
          )}
          <Button
            size="small"
            aria-label={text.people.editOf(name)}
            onClick={() => onAsk({ what: 'change', person })}
          >
            {text.people.edit}
          </Button>
        </div>
      )}
    </li>
  )
}
