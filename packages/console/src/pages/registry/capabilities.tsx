import { useState } from 'react'
import type { Profile } from '@ambit/core/record'
import type { CapabilityView, RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { useAccept } from './accept.ts'
import { effectTones } from './effect-tone.ts'
import { ReviewDialog } from './review-dialog.tsx'

const shownCapabilities = 12

interface CapabilitiesProps {
  readonly view: RecordView
  readonly keeper: boolean
}

/** What the record can do, by what profile decisions about it are made, and what is proposed. */
export function Capabilities({ view, keeper }: CapabilitiesProps) {
  const text = useText()
  const accept = useAccept(view.summary.slug)
  const [reviewed, setReviewed] = useState<CapabilityView>()
  // A held change is accepted on its own, after its difference was read, never along with everything else.
  const proposed = view.capabilities.filter((each) => each.proposal !== undefined && !each.held)
  return (
    <Section
      title={
        <>
          {text.record.capabilities}{' '}
          <span className="font-normal text-muted">{view.capabilities.length}</span>
        </>
      }
      actions={
        keeper &&
        proposed.length > 1 && (
          <Button
            size="small"
            disabled={accept.isPending}
            onClick={() => accept.mutate({ capabilities: proposed.map((each) => each.id) })}
          >
            {text.record.acceptAll(proposed.length)}
          </Button>
        )
      }
    >
      {accept.error !== null && (
        <div className="mb-3">
          <Problem error={accept.error} />
        </div>
      )}
      <Folded items={waitingFirst(view.capabilities)} shown={shownCapabilities}>
        {(shown) => (
          <ul className="panel divide-y divide-line empty:hidden">
            {shown.map((capability) => (
              <CapabilityRow
                key={capability.id}
                capability={capability}
                onReview={keeper ? () => setReviewed(capability) : undefined}
              />
            ))}
          </ul>
        )}
      </Folded>
      {reviewed !== undefined && (
        <ReviewDialog
          slug={view.summary.slug}
          capability={reviewed}
          definition={view.record.capabilities.find((each) => each.id === reviewed.id)}
          onClose={() => setReviewed(undefined)}
        />
      )}
    </Section>
  )
}

/** What waits for somebody is not folded away. */
function waitingFirst(capabilities: readonly CapabilityView[]): readonly CapabilityView[] {
  if (capabilities.length <= shownCapabilities) return capabilities
  const waits = ({ held, proposal }: CapabilityView) => held || proposal !== undefined
  return [...capabilities.filter(waits), ...capabilities.filter((each) => !waits(each))]
}

interface CapabilityRowProps {
  readonly capability: CapabilityView
  readonly onReview: (() => void) | undefined
}

function CapabilityRow({ capability, onReview }: CapabilityRowProps) {
  const text = useText()
  const { proposal } = capability
  return (
    <li className="grid gap-x-6 gap-y-2 p-4 sm:grid-cols-[minmax(0,1fr)_auto] md:px-5">
      <div className="min-w-0">
        <h3 className="flex flex-wrap items-center gap-x-3 gap-y-1 font-bold">
          <ForeignText charactersMax={100}>{capability.name}</ForeignText>
          {capability.held && <Tag tone="danger">{text.record.heldTag}</Tag>}
        </h3>
        {capability.name !== capability.id && (
          <code className="font-mono text-[0.8125rem] text-muted">{visibleString(capability.id, 80)}</code>
        )}
        <p className="mt-1 line-clamp-2 max-w-prose text-sm text-muted">
          {capability.description === '' ? (
            text.record.noDescription
          ) : (
            <ForeignText charactersMax={300}>{capability.description}</ForeignText>
          )}
        </p>
        <ProfileLine
          name={proposal === undefined ? text.record.inForce : text.record.proposed}
          profile={proposal ?? capability.profile}
        />
        {proposal !== undefined && (
          <p className={`mt-1 text-sm ${capability.held ? 'text-danger' : 'text-warn'}`}>
            {capability.held ? text.record.heldRow : text.record.strictest}
          </p>
        )}
      </div>
      {proposal !== undefined && onReview !== undefined && (
        <Button
          size="small"
          kind="primary"
          className="self-start"
          aria-label={`${text.record.review}: ${visibleString(capability.name, 60)}`}
          onClick={onReview}
        >
          {text.record.review}
        </Button>
      )}
    </li>
  )
}

function ProfileLine({ name, profile }: { readonly name: string; readonly profile: Profile }) {
  const text = useText()
  const roles = Object.entries(profile.roles)
  return (
    <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span className="small-label">{name}</span>
      <Tag tone={effectTones[profile.effect]}>{text.effects[profile.effect]}</Tag>
      {(profile.effect !== 'read' || profile.reversibility > 0) && (
        <span>{text.reversibility[profile.reversibility]}</span>
      )}
      {roles.length > 0 && (
        <span className="text-muted">
          {roles.slice(0, 6).map(([argument, role], at) => (
            <span key={argument}>
              {at > 0 && ', '}
              <code className="font-mono text-[0.8125rem]">{visibleString(argument, 40)}</code>:{' '}
              {text.argumentRoles[role]}
            </span>
          ))}
          {roles.length > 6 && ' …'}
        </span>
      )}
    </div>
  )
}
