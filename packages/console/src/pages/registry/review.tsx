import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import { addComment } from '../../api/record-life.ts'
import type { Comment } from '../../api/record-life.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { usePersonName } from './person-name.ts'

const shownComments = 4
const commentCharactersMax = 5000

interface ReviewProps {
  readonly slug: string
  /** Another person than this one has to activate it. */
  readonly needsOther: boolean
}

/** What people of the organisation say of a record to each other before and while it is in use. */
export function Review({ slug, needsOther }: ReviewProps) {
  const text = useText().review
  const comments = useQuery(queries.comments(slug))
  const review = useQuery(queries.review())
  return (
    <Section title={text.title}>
      {needsOther ? (
        <p className="mb-3 rounded-md bg-warn-wash p-3 text-sm font-semibold text-warn">{text.yours}</p>
      ) : (
        review.data?.twoPeople === true && <p className="mb-3 text-sm text-muted">{text.two}</p>
      )}
      <Loaded query={comments}>
        {(list) =>
          list.length === 0 ? (
            <p className="mb-3 text-sm text-muted">{text.empty}</p>
          ) : (
            <div className="mb-4">
              <Folded items={list} shown={shownComments}>
                {(shown) => (
                  <ul className="space-y-3">
                    {shown.map((comment) => (
                      <CommentRow key={comment.id} comment={comment} />
                    ))}
                  </ul>
                )}
              </Folded>
            </div>
          )
        }
      </Loaded>
      <SaySomething slug={slug} />
    </Section>
  )
}

function CommentRow({ comment: { person, version, text: said, at } }: { readonly comment: Comment }) {
  const text = useText().review
  const nameOf = usePersonName()
  return (
    <li>
      <p className="text-sm text-muted">
        <span className="font-semibold text-ink">
          <ForeignText charactersMax={100}>{nameOf(person)}</ForeignText>
        </span>
        {' · '}
        <Time at={at} form="short" />
        {' · '}
        {text.version} {visibleString(version, 40)}
      </p>
      <p className="whitespace-pre-wrap">
        <ForeignText charactersMax={2000}>{said}</ForeignText>
      </p>
    </li>
  )
}

function SaySomething({ slug }: { readonly slug: string }) {
  const text = useText().review
  const client = useQueryClient()
  const [said, setSaid] = useState('')
  const say = useMutation({
    mutationFn: () => addComment(slug, said.trim()),
    onSuccess: async () => {
      setSaid('')
      await client.invalidateQueries({ queryKey: ['record', slug, 'comments'] })
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (said.trim() !== '' && !say.isPending) say.mutate()
      }}
    >
      <Labelled label={text.say} help={text.sayHelp}>
        {(names) => (
          <textarea
            {...names}
            rows={2}
            maxLength={commentCharactersMax}
            value={said}
            onChange={(event) => setSaid(event.target.value)}
            className="field"
          />
        )}
      </Labelled>
      <Button size="small" type="submit" className="-mt-2" disabled={said.trim() === '' || say.isPending}>
        {text.do}
      </Button>
      {say.error !== null && (
        <div className="mt-3">
          <Problem error={say.error} />
        </div>
      )}
    </form>
  )
}
