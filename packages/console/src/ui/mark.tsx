/** The mark: a boundary that is open at two corners, and what it is about inside. */
export function Mark({ className = 'size-7' }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" fill="none" aria-hidden="true" className={`${className} text-accent`}>
      <path d="M4 17V4h13M28 15v13H15" stroke="currentColor" strokeWidth="4" strokeLinecap="square" />
      <circle cx="16" cy="16" r="4.5" fill="currentColor" />
    </svg>
  )
}

export function WordMark() {
  return (
    <span className="flex items-center gap-2.5">
      <Mark />
      <span className="text-xl font-bold tracking-tight">Ambit</span>
      <span lang="zh-CN" aria-hidden="true" className="text-lg text-muted">
        界
      </span>
    </span>
  )
}
