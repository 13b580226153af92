import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { revokeMandate } from '../../api/mandates.ts'
import { endProgram } from '../../api/programs.ts'
import type { Program } from '../../api/programs.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { visibleString } from '../../ui/visible-text.ts'

interface EndDialogProps {
  readonly program: Program
  readonly onClose: () => void
}

/** Ends a program's tokens, and its mandate too unless the person keeps that. */
export function EndDialog({ program, onClose }: EndDialogProps) {
  const text = useText().programs
  const client = useQueryClient()
  const [revokes, setRevokes] = useState(true)
  const end = useMutation({
    // The tokens first: that is what was asked, and it holds even where the mandate is over already.
    mutationFn: async () => {
      await endProgram(program.id)
      if (revokes) await revokeMandate(program.mandate, '')
    },
    onSuccess: onClose,
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['programs'] }),
        client.invalidateQueries({ queryKey: ['mandates'] }),
      ])
    },
  })
  return (
    <AskDialog
      title={text.endTitle(visibleString(program.client.name, 60))}
      doing={text.end}
      kind="grave"
      pending={end.isPending}
      error={end.error}
      onDo={() => end.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.endHelp}</p>
      <label className="flex gap-3 py-1">
        <input
          type="checkbox"
          checked={revokes}
          onChange={(event) => setRevokes(event.target.checked)}
          className="mt-0.5 size-5 shrink-0 accent-accent"
        />
        <span>
          <span className="font-semibold">{text.revokeToo}</span>
          <span className="block text-sm text-muted">{text.revokeTooHelp}</span>
        </span>
      </label>
    </AskDialog>
  )
}
