import { useMutation, useQueryClient } from '@tanstack/react-query'
import { acceptCapabilities } from '../../api/records.ts'
import type { Acceptance } from '../../api/records.ts'

/** Puts profiles and definitions of a record in force. */
export function useAccept(slug: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (acceptance: Acceptance) => acceptCapabilities(slug, acceptance),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['record', slug] }),
        client.invalidateQueries({ queryKey: ['records'] }),
      ])
    },
  })
}
