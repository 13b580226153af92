import type { ComponentProps } from 'react'

const kinds = {
  primary: 'bg-accent text-on-accent border-accent hover:bg-accent-strong hover:border-accent-strong',
  /** As weighty as the primary one beside it. */
  firm: 'bg-ink text-surface border-ink hover:opacity-85',
  plain: 'bg-surface text-ink border-edge hover:bg-sunken',
  danger: 'bg-surface text-danger border-danger hover:bg-danger-wash',
  grave: 'bg-danger text-surface border-danger hover:opacity-90',
  quiet: 'bg-transparent text-accent border-transparent hover:bg-wash',
}

const sizes = {
  small: 'min-h-9 px-3 text-sm',
  normal: 'min-h-11 px-4',
  large: 'min-h-14 px-5 text-lg',
}

export interface ButtonLook {
  readonly kind?: keyof typeof kinds
  readonly size?: keyof typeof sizes
}

export function buttonClass({ kind = 'plain', size = 'normal' }: ButtonLook = {}): string {
  return `inline-flex items-center justify-center text-nowrap gap-2 rounded-md border font-semibold transition-colors disabled:opacity-55 ${kinds[kind]} ${sizes[size]}`
}

type ButtonProps = ButtonLook & ComponentProps<'button'>

export function Button({ kind, size, className = '', type = 'button', ...rest }: ButtonProps) {
  const look = { ...(kind === undefined ? {} : { kind }), ...(size === undefined ? {} : { size }) }
  return <button type={type} className={`${buttonClass(look)} ${className}`} {...rest} />
}
