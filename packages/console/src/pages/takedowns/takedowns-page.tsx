import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import type { Takedown } from '../../api/takedowns.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { keepsNode } from '../organizations/node-operator.ts'
import { LiftDialog } from './lift-dialog.tsx'
import { TakeDownDialog } from './take-down-dialog.tsx'

const shownTakedowns = 50

/** What those who run the node took away, of whatever organisation. */
export function TakedownsPage() {
  const text = useText().takedowns
  const { data: me } = useQuery(queries.me())
  const mayTake = me !== undefined && keepsNode(me)
  const [asking, setAsking] = useState<'add' | Takedown>()
  const close = () => setAsking(undefined)
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        mayTake && (
          <Button kind="danger" onClick={() => setAsking('add')}>
            {text.add}
          </Button>
        )
      }
    >
      {me !== undefined && !mayTake && <p className="panel p-5 text-muted">{text.notYours}</p>}
      {mayTake && <TakedownList onLift={setAsking} />}
      {asking === 'add' && <TakeDownDialog onClose={close} />}
      {typeof asking === 'object' && <LiftDialog record={asking.record} name={asking.slug} onClose={close} />}
    </Page>
  )
}

function TakedownList({ onLift }: { readonly onLift: (takedown: Takedown) => void }) {
  const text = useText().takedowns
  const takedowns = useQuery(queries.takedowns())
  return (
    <Loaded query={takedowns}>
      {(list) =>
        list.length === 0 ? (
          <p className="panel p-8 text-muted">{text.empty}</p>
        ) : (
          <Folded items={list} shown={shownTakedowns}>
            {(shown) => (
              <ul className="panel divide-y divide-line">
                {shown.map((takedown) => (
                  <li
                    key={takedown.record}
                    className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3.5 md:px-6"
                  >
                    <div className="min-w-0 grow">
                      <p className="flex flex-wrap items-baseline gap-x-3 font-bold">
                        <code className="font-mono text-base">{visibleString(takedown.slug, 63)}</code>
                        <span className="text-sm font-normal text-muted">
                          {text.of} {visibleString(takedown.organization, 63)}
                          {' · '}
                          <Time at={takedown.since} form="short" />
                        </span>
                      </p>
                      <p>
                        <ForeignText charactersMax={500}>{takedown.reason}</ForeignText>
                      </p>
                      <code className="font-mono text-[0.8125rem] text-muted">
                        {visibleString(takedown.record, 100)}
                      </code>
                    </div>
                    <Button
                      size="small"
                      aria-label={text.liftOf(visibleString(takedown.slug, 60))}
                      onClick={() => onLift(takedown)}
                    >
                      {text.lift}
                    </Button>
                  </li>
                ))}
              </ul>
            )}
          </Folded>
        )
      }
    </Loaded>
  )
}
