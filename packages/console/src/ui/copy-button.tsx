import { useState } from 'react'
import { useText } from '../i18n/language.tsx'
import { Button } from './button.tsx'

/** How long "copied" is shown. */
const copiedShownMs = 2000

export function CopyButton({ value }: { readonly value: string }) {
  const text = useText()
  const [copied, setCopied] = useState(false)
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(value)
    setCopied(true)
    setTimeout(() => setCopied(false), copiedShownMs)
  }
  return (
    <Button size="small" onClick={() => void copy()}>
      <span aria-live="polite">{copied ? text.common.copied : text.common.copy}</span>
    </Button>
  )
}
