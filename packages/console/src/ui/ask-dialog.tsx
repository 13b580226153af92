import { useId } from 'react'
import type { ReactNode } from 'react'
import { useText } from '../i18n/language.tsx'
import { Button } from './button.tsx'
import type { ButtonLook } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Problem } from './problem.tsx'

interface AskDialogProps {
  readonly title: string
  /** The word on the button that does it. */
  readonly doing: string
  readonly kind?: NonNullable<ButtonLook['kind']>
  readonly pending: boolean
  readonly disabled?: boolean
  /** What went wrong, as an error or in words of the caller. */
  readonly error?: Error | null
  readonly problem?: ReactNode
  readonly onDo: () => void
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A question with one way to go on and one way out; a field in it goes on by Enter. */
export function AskDialog(props: AskDialogProps) {
  const { title, doing, kind = 'primary', pending, disabled = false, error, problem, onDo, onClose } = props
  const text = useText()
  const id = useId()
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind={kind} type="submit" form={id} disabled={pending || disabled}>
            {doing}
          </Button>
        </>
      }
    >
      <form
        id={id}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!pending && !disabled) onDo()
        }}
      >
        {props.children}
        {error !== undefined && error !== null && (
          <div className="mt-4">
            <Problem error={error} />
          </div>
        )}
        {problem !== undefined && <div className="mt-4">{problem}</div>}
      </form>
    </Dialog>
  )
}
