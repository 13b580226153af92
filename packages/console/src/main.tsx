import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiProblem } from './api/call.ts'
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
    onError: (error) => {
      if (error instanceof ApiProblem && error.status === 401) void router.invalidate()
    },
  }),
})

const router = makeRouter(client)

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
