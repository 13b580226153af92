import { config } from 'zod'

// The console's pages may not compile code from text, and zod tries whether it may unless it is told. Import this
// before anything that makes a schema.
config({ jitless: true })
