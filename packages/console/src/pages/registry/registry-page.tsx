import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useState } from 'react'
import type { RecordState } from '@ambit/core/record'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { RecordRow } from './record-row.tsx'
import { mayKeep, recordStates } from './record-state.ts'
import { RegisterDialog } from './register-dialog.tsx'
import { Transfers } from './transfers.tsx'

/** Every record, found by words and by state; both stand in the address, so that a view can be handed on. */
export function RegistryPage() {
  const text = useText()
  const { q = '', state } = useSearch({ from: '/home/registry' })
  const navigate = useNavigate()
  const [typed, setTyped] = useState(q)
  const wanted = useDeferredValue(typed.trim())
  useEffect(() => {
    if (wanted === q) return
    void navigate({
      to: '/registry',
      search: { ...(wanted === '' ? {} : { q: wanted }), ...(state === undefined ? {} : { state }) },
      replace: true,
    })
  }, [wanted, q, state, navigate])

  const { data: me } = useQuery(queries.me())
  const records = useInfiniteQuery({ ...queries.records(q, state), placeholderData: (previous) => previous })
  const [asking, setAsking] = useState<'register' | 'import' | 'assets'>()
  const close = () => setAsking(undefined)

  return (
    <Page
      title={text.registry.title}
      lead={text.registry.lead}
      actions={
        me !== undefined &&
        mayKeep(me.roles) && (
          <>
            <Button onClick={() => setAsking('import')}>{text.importing.open}</Button>
            <Button kind="primary" onClick={() => setAsking('register')}>
              {text.registry.register}
            </Button>
          </>
        )
      }
    >
      <Transfers />
      <div className="mb-5 flex flex-col gap-3 lg:flex-row lg:items-center lg:justify-between">
        <input
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={text.registry.search}
          aria-label={text.registry.search}
          maxLength={200}
          className="field lg:max-w-sm"
        />
        <StateFilter
          chosen={state}
          onChoose={(next) =>
            void navigate({
              to: '/registry',
              search: { ...(q === '' ? {} : { q }), ...(next === undefined ? {} : { state: next }) },
            })
          }
        />
      </div>
      <Loaded query={records}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.records)
          if (rows.length === 0) {
            return (
              <p className="panel p-8 text-muted">
                {q === '' && state === undefined ? text.registry.emptyFirst : text.registry.empty}
              </p>
            )
          }
          return (
            <ul className="panel divide-y divide-line overflow-hidden">
              {rows.map((record) => (
                <RecordRow key={record.slug} record={record} />
              ))}
            </ul>
          )
        }}
      </Loaded>
      {records.hasNextPage && (
        <Button className="mt-4" disabled={records.isFetching} onClick={() => void records.fetchNextPage()}>
          {text.common.more}
        </Button>
      )}
      <p className="mt-6 text-sm">
        <Button size="small" kind="quiet" className="-ml-3" onClick={() => setAsking('assets')}>
          {text.exporting.register}
        </Button>
      </p>
      {asking === 'register' && <RegisterDialog onClose={close} />}
      {asking === 'import' && <ImportDialog onClose={close} />}
      {asking === 'assets' && <ExportDialog onClose={close} />}
    </Page>
  )
}

interface StateFilterProps {
  readonly chosen: RecordState | undefined
  readonly onChoose: (state: RecordState | undefined) => void
}

/** A retired record has given its name back and stands in no list; its page is found by its identity code. */
const listedStates = recordStates.filter((state) => state !== 'retired')

function StateFilter({ chosen, onChoose }: StateFilterProps) {
  const text = useText()
  return (
    <div
      role="group"
      aria-label={text.registry.filter}
      className="-mx-4 flex gap-1 overflow-x-auto px-4 py-1 lg:mx-0 lg:px-0"
    >
      {[undefined, ...listedStates].map((state) => (
        <button
          key={state ?? 'all'}
          type="button"
          aria-pressed={state === chosen}
          onClick={() => onChoose(state)}
          className="min-h-10 shrink-0 rounded-md px-3 text-sm font-semibold text-muted hover:bg-sunken hover:text-ink aria-pressed:bg-ink aria-pressed:text-ground"
        >
          {state === undefined ? text.registry.all : text.states[state]}
        </button>
      ))}
    </div>
  )
}
