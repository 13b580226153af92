import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { queries } from '../../api/queries.ts'
import { cancelScan, startScan } from '../../api/scans.ts'
import type { Scans } from '../../api/scans.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { keepsNode } from '../organizations/node-operator.ts'
import { ScanView } from './scan-view.tsx'
import { wishOf } from './scan-wish.ts'

/** Agents and tool servers that nobody registered, for those who run the node. */
export function FoundPage() {
  const text = useText().scans
  const { data: me } = useQuery(queries.me())
  return (
    <Page title={text.title} lead={text.lead}>
      {me !== undefined && !keepsNode(me) && <p className="panel p-5 text-muted">{text.notYours}</p>}
      {me !== undefined && keepsNode(me) && <Search />}
    </Page>
  )
}

function Search() {
  const scans = useQuery(queries.scans())
  const text = useText().scans
  return (
    <Loaded query={scans}>
      {(data) => {
        const [newest] = data.scans
        return (
          <>
            <SearchForm scans={data} />
            {newest === undefined ? (
              <p className="panel p-5 text-muted">{text.none}</p>
            ) : (
              <ScanView key={newest.id} scan={newest} />
            )}
          </>
        )
      }}
    </Loaded>
  )
}

function SearchForm({ scans: { scans, networks: allowed } }: { readonly scans: Scans }) {
  const text = useText().scans
  const client = useQueryClient()
  const [networks, setNetworks] = useState('')
  const [ports, setPorts] = useState('')
  const renew = () => client.invalidateQueries({ queryKey: ['scans'] })
  const start = useMutation({ mutationFn: startScan, onSuccess: renew })
  const cancel = useMutation({ mutationFn: cancelScan, onSuccess: renew })
  const running = scans.find(({ state }) => state === 'running')
  return (
    <form
      className="panel mb-8 p-5 md:p-6"
      onSubmit={(event) => {
        event.preventDefault()
        start.mutate(wishOf(networks, ports))
      }}
    >
      <div className="grid gap-4 md:grid-cols-2">
        <Field
          label={text.networks}
          help={text.networksHelp(allowed.join(', '))}
          value={networks}
          onValue={setNetworks}
        />
        <Field label={text.ports} help={text.portsHelp} value={ports} onValue={setPorts} />
      </div>
      <p className="mt-4 text-sm text-muted">{text.harmless}</p>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button kind="primary" type="submit" disabled={running !== undefined || start.isPending}>
          {running === undefined ? text.start : text.starting}
        </Button>
        {running !== undefined && (
          <Button disabled={cancel.isPending} onClick={() => cancel.mutate(running.id)}>
            {text.cancel}
          </Button>
        )}
      </div>
      {[start.error, cancel.error].map(
        (error, at): ReactNode =>
          error !== null && (
            <div key={at} className="mt-4">
              <Problem error={error} />
            </div>
          ),
      )}
    </form>
  )
}

interface FieldProps {
  readonly label: string
  readonly help: string
  readonly value: string
  readonly onValue: (value: string) => void
}

function Field({ label, help, value, onValue }: FieldProps) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="small-label">
        {label}
      </label>
      <input
        id={id}
        value={value}
        onChange={(event) => onValue(event.target.value)}
        aria-describedby={`${id}-help`}
        maxLength={3000}
        className="field mt-1 font-mono"
      />
      <p id={`${id}-help`} className="mt-1 text-sm text-muted">
        {help}
      </p>
    </div>
  )
}
