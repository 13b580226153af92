import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import type { RecordView } from '../../api/types.ts'

/**
 * Puts the page of a record on its identity code before its name goes: by the name, it could not be asked for any more.
 * What is shown stays as it is.
 */
export function useStandOnCode(view: RecordView): () => Promise<void> {
  const client = useQueryClient()
  const navigate = useNavigate()
  return async () => {
    client.setQueryData(queries.record(view.record.id).queryKey, view)
    await navigate({ to: '/registry/$slug', params: { slug: view.record.id }, replace: true })
  }
}
