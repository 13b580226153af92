import type { CapabilityView, RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Difference } from '../../ui/difference.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useAccept } from './accept.ts'

interface HeldChangesProps {
  readonly view: RecordView
  readonly keeper: boolean
}

/** Definitions that are no longer what was accepted: what they were, what they are now, and the way to accept it. */
export function HeldChanges({ view, keeper }: HeldChangesProps) {
  const text = useText()
  const held = view.capabilities.filter((capability) => capability.held)
  if (held.length === 0) return null
  return (
    <Section title={text.record.held}>
      <p className="mb-3 text-muted">{text.record.heldLead}</p>
      <ul className="space-y-4">
        {held.map((capability) => (
          <HeldChange key={capability.id} slug={view.summary.slug} capability={capability} keeper={keeper} />
        ))}
      </ul>
    </Section>
  )
}

interface HeldChangeProps {
  readonly slug: string
  readonly capability: CapabilityView
  readonly keeper: boolean
}

function HeldChange({ slug, capability, keeper }: HeldChangeProps) {
  const text = useText()
  const accept = useAccept(slug)
  const { change } = capability
  return (
    <li className="rounded-lg border border-danger bg-surface p-4 md:p-5">
      <h3 className="mb-3 text-lg font-bold">
        <ForeignText charactersMax={100}>{capability.name}</ForeignText>{' '}
        {change?.before === null && <Tag tone="warn">{text.record.added}</Tag>}
        {change?.after === null && <Tag tone="danger">{text.record.gone}</Tag>}
      </h3>
      {change !== undefined && <Difference before={change.before} after={change.after} />}
      {keeper && (
        <Button
          className="mt-4"
          disabled={accept.isPending}
          onClick={() => accept.mutate({ capabilities: [capability.id] })}
        >
          {text.record.acceptChange}
        </Button>
      )}
      {accept.error !== null && (
        <div className="mt-3">
          <Problem error={accept.error} />
        </div>
      )}
    </li>
  )
}
