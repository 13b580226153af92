import type { ScanWish } from '../../api/scans.ts'

/** What was typed, with commas or spaces between; what is no port goes as one that the node refuses by name. */
export function wishOf(networks: string, ports: string): ScanWish {
  const [ranges, numbers] = [networks, ports].map((typed) =>
    typed.split(/[\s,，]+/).filter((each) => each !== ''),
  )
  return {
    ...(ranges!.length === 0 ? {} : { networks: ranges! }),
    ...(numbers!.length === 0
      ? {}
      : { ports: numbers!.map((each) => (/^\d+$/.test(each) ? Number(each) : 0)) }),
  }
}
