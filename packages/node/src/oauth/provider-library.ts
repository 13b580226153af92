import type {
  errors as ErrorTypes,
  interactionPolicy as PolicyTypes,
  Provider as ProviderType,
} from 'oidc-provider'

/*
 * The parts of the library by their own files: its door writes a warning to the console of every process whose Node it
 * does not know by name, at each start. The version is pinned, and these are the files that its door exports.
 */
const { Provider: loaded } = (await import(file('provider.js'))) as { readonly Provider: typeof ProviderType }
const { Check, Prompt } = (await import(file('helpers/interaction_policy/index.js'))) as typeof PolicyTypes
const errors = (await import(file('helpers/errors.js'))) as typeof ErrorTypes

export { Check, errors, loaded as Provider, Prompt }

/** Not written out in the imports, where the library's types would have to know the path. */
function file(path: string): string {
  return `oidc-provider/lib/${path}`
}
