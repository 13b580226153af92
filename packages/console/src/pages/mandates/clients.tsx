import { useMutation, useQueryClient } from '@tanstack/react-query'
import { revokeToken } from '../../api/mandates.ts'
import type { ClientName, MandateToken } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { Time } from '../../ui/time.tsx'

/** The clients that hold a token of the mandate; each can be cut off by itself. */
export function Clients({ tokens }: { readonly tokens: readonly MandateToken[] }) {
  const text = useText()
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: revokeToken,
    onSuccess: () => client.invalidateQueries({ queryKey: ['mandates'] }),
  })
  const active = tokens.filter((token) => token.state === 'active')
  return (
    <Section title={text.mandate.connected}>
      {active.length === 0 ? (
        <p className="text-muted">{text.mandate.noneConnected}</p>
      ) : (
        <ul className="panel divide-y divide-line">
          {active.map((token) => (
            <li key={token.id} className="flex items-center justify-between gap-3 py-2.5 pr-2 pl-4">
              <div className="min-w-0">
                <ClientWord name={token.client} />
                <div className="text-sm text-muted">
                  {text.mandate.since} <Time at={token.created} form="short" />
                </div>
                <div className="text-sm text-muted">
                  <ShortId>{token.id}</ShortId>
                </div>
              </div>
              <Button
                size="small"
                kind="quiet"
                disabled={revoke.isPending}
                onClick={() => revoke.mutate(token.id)}
              >
                {text.mandate.disconnect}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {revoke.error !== null && (
        <div className="mt-3">
          <Problem error={revoke.error} />
        </div>
      )}
    </Section>
  )
}

function ClientWord({ name }: { readonly name: string | undefined }) {
  const text = useText()
  const known = (Object.keys(text.mandate.clients) as ClientName[]).find((each) => each === name)
  return (
    <span className="font-semibold">
      {known === undefined ? text.mandate.client : text.mandate.clients[known].name}
    </span>
  )
}
