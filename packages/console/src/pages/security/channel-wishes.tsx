import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { setWishes } from '../../api/channels.ts'
import type { ChannelTopic, ChannelWishes, QuietHours } from '../../api/channels.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Problem } from '../../ui/problem.tsx'
import { QuietFields } from './quiet-fields.tsx'

const topics = ['asked', 'held', 'ended', 'feed', 'notices'] as const satisfies readonly ChannelTopic[]

/** What most people call night, where the reader is. */
function usualQuiet(): QuietHours {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone
  return { zone, from: '22:00', to: '07:00', days: [1, 2, 3, 4, 5, 6, 7] }
}

/** What the person is told of, and the hours in which they are left alone. */
export function ChannelWishesForm({ wishes }: { readonly wishes: ChannelWishes }) {
  const text = useText().channels
  const client = useQueryClient()
  const [tell, setTell] = useState(wishes.tell)
  const [quiet, setQuiet] = useState(wishes.quiet)
  const save = useMutation({
    mutationFn: () => setWishes(quiet === undefined ? { tell } : { tell, quiet }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['channels'] }),
  })
  const ready = quiet === undefined || (quiet.days.length > 0 && quiet.from !== quiet.to)
  return (
    <form
      className="panel mt-4 p-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) save.mutate()
      }}
    >
      <fieldset onChange={save.reset}>
        <legend className="small-label mb-1">{text.wishes}</legend>
        {topics.map((topic) => (
          <label key={topic} className="flex min-h-11 items-center gap-3">
            <input
              type="checkbox"
              checked={tell.includes(topic)}
              onChange={(event) =>
                setTell(event.target.checked ? [...tell, topic] : tell.filter((each) => each !== topic))
              }
              className="size-5 shrink-0 accent-accent"
            />
            {text.topics[topic]}
          </label>
        ))}
        <label className="mt-2 flex gap-3 border-t border-line pt-4 pb-2">
          <input
            type="checkbox"
            checked={quiet !== undefined}
            onChange={(event) => setQuiet(event.target.checked ? usualQuiet() : undefined)}
            className="mt-0.5 size-5 shrink-0 accent-accent"
          />
          <span>
            <span className="font-semibold">{text.quiet}</span>
            <span className="block text-sm text-muted">{text.quietHelp}</span>
          </span>
        </label>
        {quiet !== undefined && <QuietFields quiet={quiet} onQuiet={setQuiet} />}
      </fieldset>
      <div className="mt-4 flex flex-wrap items-center gap-4">
        <Button type="submit" disabled={!ready || save.isPending}>
          {text.save}
        </Button>
        <span role="status" className="text-sm text-muted">
          {save.isSuccess && text.saved}
        </span>
      </div>
      {save.error !== null && (
        <div className="mt-3">
          <Problem error={save.error} />
        </div>
      )}
    </form>
  )
}
