import { useMutation, useQueryClient } from '@tanstack/react-query'
import { certifyRecord } from '../../api/records.ts'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'

interface CertificateProps {
  readonly view: RecordView
  readonly keeper: boolean
}

/** The certificate in force and the checks it rests on, and the way to run them again. */
export function Certificate({ view, keeper }: CertificateProps) {
  const text = useText()
  const client = useQueryClient()
  const certify = useMutation({
    mutationFn: () => certifyRecord(view.summary.slug),
    onSuccess: () => client.invalidateQueries({ queryKey: ['record', view.summary.slug] }),
  })
  const checks = certify.data?.checks ?? view.checks ?? []
  const passed = checks.filter((check) => check.ok).length
  const expires = view.certificate?.expires
  return (
    <Section
      title={text.glance.certified}
      actions={
        keeper && (
          <Button size="small" disabled={certify.isPending} onClick={() => certify.mutate()}>
            {text.record.certify}
          </Button>
        )
      }
    >
      <div className="panel p-4">
        {view.certificate === undefined ? (
          <p className="text-muted">{text.record.noCertificate}</p>
        ) : (
          <p>
            <Tag tone="accent">{text.registry.certified}</Tag>
            {expires !== undefined && (
              <span className="mt-1.5 block text-sm text-muted">
                {text.record.certificateUntil} <Time at={expires} form="date" />
              </span>
            )}
          </p>
        )}
        {checks.length > 0 && (
          <>
            <p role="status" className="mt-3 text-sm font-semibold">
              {text.record.checksOk(passed, checks.length)}
            </p>
            <ul className="mt-1 space-y-1.5 text-sm">
              {checks.map((check) => (
                <li key={check.id} className="flex gap-2">
                  <span className={check.ok ? 'text-ok' : 'text-danger'}>
                    <span aria-hidden="true">{check.ok ? '✓' : '✕'}</span>
                    <span className="sr-only">{check.ok ? text.record.pass : text.record.fail}: </span>
                  </span>
                  <span className="min-w-0">{visibleString(check.what, 300)}</span>
                </li>
              ))}
            </ul>
          </>
        )}
        {certify.error !== null && (
          <div className="mt-3">
            <Problem error={certify.error} />
          </div>
        )}
      </div>
    </Section>
  )
}
