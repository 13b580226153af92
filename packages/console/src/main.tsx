import './pages/receipts/jitless.ts'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiProblem } from './api/call.ts'
import { queries } from './api/queries.ts'
import { LanguageProvider } from './i18n/language.tsx'
import { makeRouter } from './router.tsx'
import './style.css'

/** Attempts after the first one; a refusal is never repeated, silence is. */
const retriesMax = 2
/** The event stream says when something is stale; this only spares the node repeated visits of one page. */
const freshMs = 5000

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: freshMs,
      retry: (count, error) => count < retriesMax && error instanceof ApiProblem && error.status === 0,
    },
  },
  queryCache: new QueryCache({
    onError: (error, query) => {
      // Asking who is signed in is what the router does itself; it leads to the sign-in page on its own.
      if (query.queryKey[0] !== 'me') leaveIfSignedOut(error)
    },
  }),
  mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
})

const router = makeRouter(client)

/** A session that ended meanwhile: the router asks again who is signed in, and leads to the sign-in page. */
function leaveIfSignedOut(error: unknown): void {
  if (!(error instanceof ApiProblem) || error.status !== 401) return
  client.removeQueries({ queryKey: queries.me().queryKey })
  void router.invalidate()
}

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no element with the id root')
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <LanguageProvider>
          <RouterProvider router={router} />
        </LanguageProvider>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
)
