import { useQueryClient } from '@tanstack/react-query'

/** Has what is known of records, of the list and of certificates asked for again. */
export function useStaleRecord(): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    await Promise.all(
      ['record', 'records', 'certificates'].map((key) => client.invalidateQueries({ queryKey: [key] })),
    )
  }
}
