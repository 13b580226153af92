const paths = {
  registry: 'M4 5h16M4 12h16M4 19h10',
  approvals: 'M4 12.5l5 5L20 6.5',
  receipts: 'M6 3h12v18l-3-2-3 2-3-2-3 2V3zM9.5 8.5h5M9.5 12.5h5',
  feed: 'M4 6h3M4 12h3M4 18h3M11 6h9M11 12h9M11 18h6',
  mandates: 'M5 11V5h6M19 13v6h-6M9.5 12h5',
}

export function NavIcon({ name }: { readonly name: keyof typeof paths }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" aria-hidden="true" className="size-5">
      <path
        d={paths[name]}
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
