import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import type { Capability, Effect, Profile, Reversibility, Role } from '@ambit/core/record'
import type { CapabilityView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Difference } from '../../ui/difference.tsx'
import { ForeignBlock } from '../../ui/foreign-text.tsx'
import { Problem } from '../../ui/problem.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { useAccept } from './accept.ts'

const effects: readonly Effect[] = ['read', 'write', 'egress', 'pay', 'identity', 'physical']
const degrees: readonly Reversibility[] = [0, 1, 2, 3]
const roles: readonly Role[] = ['sink', 'selector', 'quantity', 'secret', 'content', 'control']
/** More arguments than this are left as proposed; a tool with more is edited through the API. */
const argumentsShownMax = 40

interface ReviewDialogProps {
  readonly slug: string
  readonly capability: CapabilityView
  readonly definition: Capability | undefined
  readonly onClose: () => void
}

/** A proposed profile, to be corrected where it is wrong, then accepted. */
export function ReviewDialog({ slug, capability, definition, onClose }: ReviewDialogProps) {
  const text = useText()
  const accept = useAccept(slug)
  const proposed = capability.proposal ?? capability.profile
  const [profile, setProfile] = useState<Profile>(proposed)
  const names = [...new Set([...argumentNames(definition), ...Object.keys(proposed.roles)])]

  async function acceptIt(): Promise<void> {
    const corrected = profile === proposed ? {} : { profiles: { [capability.id]: profile } }
    await accept.mutateAsync({ capabilities: [capability.id], ...corrected }).then(onClose, () => undefined)
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={visibleString(capability.name, 80)}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" disabled={accept.isPending} onClick={() => void acceptIt()}>
            {text.record.accept}
          </Button>
        </>
      }
    >
      <SaysOfItself capability={capability} />
      <div className="mt-5 grid gap-4 sm:grid-cols-2">
        <Choice
          label={text.record.effect}
          value={profile.effect}
          options={effects.map((effect) => ({ value: effect, word: text.effects[effect] }))}
          onChoose={(effect) => setProfile({ ...profile, effect })}
        />
        <Choice
          label={text.record.undo}
          value={profile.reversibility}
          options={degrees.map((degree) => ({ value: degree, word: text.reversibility[degree] }))}
          onChoose={(reversibility) => setProfile({ ...profile, reversibility })}
        />
      </div>
      {names.length > 0 && (
        <fieldset className="mt-5">
          <legend className="small-label mb-1">{text.record.argumentsAre}</legend>
          <div className="grid gap-3 sm:grid-cols-2">
            {names.slice(0, argumentsShownMax).map((name) => (
              <Choice
                key={name}
                label={<code className="font-mono">{visibleString(name, 60)}</code>}
                value={roleOf(profile, name)}
                options={roles.map((role) => ({ value: role, word: text.argumentRoles[role] }))}
                onChoose={(role) => setProfile({ ...profile, roles: { ...profile.roles, [name]: role } })}
              />
            ))}
          </div>
        </fieldset>
      )}
      <p className="mt-5 text-sm text-muted">{text.record.acceptHelp}</p>
      {accept.error !== null && (
        <div className="mt-3">
          <Problem error={accept.error} />
        </div>
      )}
    </Dialog>
  )
}

/** What is accepted: the description, or where the definition changed, what became of it. */
function SaysOfItself({ capability }: { readonly capability: CapabilityView }) {
  const text = useText()
  const { change, description } = capability
  if (change !== undefined) {
    return (
      <>
        <h3 className="small-label mb-1">{text.record.held}</h3>
        <Difference before={change.before} after={change.after} />
      </>
    )
  }
  return (
    <>
      <h3 className="small-label mb-1">{text.record.description}</h3>
      {description === '' ? (
        <p className="text-muted">{text.record.noDescription}</p>
      ) : (
        <ForeignBlock charactersMax={1200}>{description}</ForeignBlock>
      )}
    </>
  )
}

interface ChoiceProps<Value extends string | number> {
  readonly label: ReactNode
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly word: string }[]
  readonly onChoose: (value: Value) => void
}

function Choice<Value extends string | number>({ label, value, options, onChoose }: ChoiceProps<Value>) {
  const id = useId()
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="small-label mb-1 block">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => String(option.value) === event.target.value)
          if (chosen !== undefined) onChoose(chosen.value)
        }}
        className="field"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.word}
          </option>
        ))}
      </select>
    </div>
  )
}

/** Own members only: an argument may be called like something every object inherits. */
function roleOf(profile: Profile, name: string): Role {
  return Object.hasOwn(profile.roles, name) ? (profile.roles[name] ?? 'sink') : 'sink'
}

function argumentNames(definition: Capability | undefined): string[] {
  const properties: unknown = definition?.inputSchema?.['properties']
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
}
