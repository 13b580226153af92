import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Domain } from '../../api/domains.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { mayKeep } from '../registry/record-state.ts'
import { ClaimDialog, RemoveDialog } from './domain-dialogs.tsx'
import { DomainRow } from './domain-row.tsx'

/** The domains of the organisation: claimed, shown what proves them, checked. */
export function DomainsPage() {
  const text = useText().domains
  const { data: me } = useQuery(queries.me())
  const domains = useQuery(queries.domains())
  const [asking, setAsking] = useState<'claim' | Domain>()
  const close = () => setAsking(undefined)
  const keeper = me !== undefined && mayKeep(me.roles)
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        keeper && (
          <Button kind="primary" onClick={() => setAsking('claim')}>
            {text.claim}
          </Button>
        )
      }
    >
      <div className="max-w-4xl">
        <Loaded query={domains}>
          {(list) =>
            list.length === 0 ? (
              <p className="panel p-8 text-muted">{text.empty}</p>
            ) : (
              <ul className="space-y-4">
                {list.map((domain) => (
                  <DomainRow
                    key={domain.domain}
                    domain={domain}
                    onRemove={keeper ? () => setAsking(domain) : undefined}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
        {me !== undefined && !keeper && <p className="mt-4 text-sm text-muted">{text.readOnly}</p>}
      </div>
      {asking === 'claim' && <ClaimDialog onClose={close} />}
      {typeof asking === 'object' && <RemoveDialog domain={asking.domain} onClose={close} />}
    </Page>
  )
}
