import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { connectClient } from '../../api/mandates.ts'
import type { ClientName, Connection } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'

const clients: readonly ClientName[] = ['mcp-json', 'vscode', 'cursor', 'a2a', 'env']

/** Makes a token for one client and shows what to paste there. The node writes that text, for each client its own. */
export function Connect({ id }: { readonly id: string }) {
  const text = useText()
  const queryClient = useQueryClient()
  const [client, setClient] = useState<ClientName>('mcp-json')
  const connect = useMutation({
    mutationFn: () => connectClient(id, client),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['mandates'] }),
    // The token leaves the memory of the page when it is no longer shown.
    gcTime: 0,
  })
  return (
    <Section title={text.mandate.connect}>
      <div className="panel p-5">
        {connect.data !== undefined ? (
          <Pasting client={client} connection={connect.data} onDone={connect.reset} />
        ) : (
          <>
            <p className="mb-3 text-muted">{text.mandate.connectHelp}</p>
            <fieldset>
              <legend className="small-label mb-2">{text.mandate.client}</legend>
              <div className="flex flex-wrap gap-2">
                {clients.map((each) => (
                  <label
                    key={each}
                    className="flex min-h-11 items-center gap-2.5 rounded-md border border-line px-3.5 font-semibold has-checked:border-accent has-checked:bg-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
                  >
                    <input
                      type="radio"
                      name="client"
                      checked={each === client}
                      onChange={() => setClient(each)}
                      className="size-4 accent-accent outline-none"
                    />
                    {text.mandate.clients[each].name}
                  </label>
                ))}
              </div>
            </fieldset>
            <Button
              kind="primary"
              className="mt-5"
              disabled={connect.isPending}
              onClick={() => connect.mutate()}
            >
              {text.mandate.makeToken}
            </Button>
            {connect.error !== null && (
              <div className="mt-4">
                <Problem error={connect.error} />
              </div>
            )}
          </>
        )}
      </div>
    </Section>
  )
}

interface PastingProps {
  readonly client: ClientName
  readonly connection: Connection
  readonly onDone: () => void
}

function Pasting({ client, connection, onDone }: PastingProps) {
  const text = useText()
  return (
    <div role="status">
      <h3 className="text-lg font-bold">{text.mandate.clients[client].name}</h3>
      <p className="mb-3">{text.mandate.clients[client].where}</p>
      <div className="rounded-md bg-sunken">
        <div className="flex justify-end px-2 pt-2">
          <CopyButton value={connection.config} />
        </div>
        <pre className="overflow-x-auto px-4 pb-4 font-mono text-[0.8125rem] leading-5 whitespace-pre-wrap">
          {connection.config}
        </pre>
      </div>
      <dl className="mt-4 grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[auto_minmax(0,1fr)]">
        <dt className="text-muted">MCP</dt>
        <dd className="font-mono text-[0.8125rem]">{connection.mcpUrl}</dd>
        <dt className="text-muted">A2A</dt>
        <dd className="font-mono text-[0.8125rem]">{connection.a2aUrl}</dd>
      </dl>
      <p className="mt-4 text-sm font-semibold text-warn">{text.mandate.tokenOnce}</p>
      <Button className="mt-3" onClick={onDone}>
        {text.mandate.tokenDone}
      </Button>
    </div>
  )
}
