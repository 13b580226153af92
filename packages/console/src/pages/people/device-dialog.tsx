import { useMutation } from '@tanstack/react-query'
import { makeSignInLink } from '../../api/identity.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { LinkPanel } from './link-panel.tsx'

interface DeviceDialogProps {
  /** Of whoever is signed in. */
  readonly person: string
  readonly onClose: () => void
}

/** Makes a link with which the same person signs in on another device. */
export function DeviceDialog({ person, onClose }: DeviceDialogProps) {
  const text = useText()
  const make = useMutation({ mutationFn: () => makeSignInLink(person), gcTime: 0 })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.signInLink.device}
      actions={
        <>
          <Button onClick={onClose}>
            {make.data === undefined ? text.common.cancel : text.common.close}
          </Button>
          {make.data === undefined && (
            <Button kind="primary" disabled={make.isPending} onClick={() => make.mutate()}>
              {text.signInLink.make}
            </Button>
          )}
        </>
      }
    >
      {make.data === undefined ? (
        <p>{text.signInLink.deviceHelp}</p>
      ) : (
        <LinkPanel link={make.data} help={text.signInLink.ownHelp} />
      )}
      {make.error !== null && (
        <div className="mt-4">
          <Problem error={make.error} />
        </div>
      )}
    </Dialog>
  )
}
