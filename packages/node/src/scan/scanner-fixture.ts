import { systemClock } from '../kernel/clock.ts'
import { createIds } from '../kernel/ids.ts'
import { createLog } from '../kernel/log.ts'
import { openScans } from './scan.ts'

/* Scans the networks and ports of its arguments, both permitted, and prints the scan: for a test in another namespace. */

const [networks = '', ports = '', permitted = ''] = process.argv.slice(2)

const scans = openScans({
  clock: systemClock,
  ids: createIds(systemClock),
  log: createLog('silent'),
  leaves: { write: async () => 0 },
  networks: permitted.split(','),
  mayCall: () => true,
  isOwn: () => false,
  endpoints: () => [
    { slug: 'known', organization: 'main', protocol: 'mcp', url: 'http://10.213.7.2:8000/mcp' },
  ],
  lookUp: async () => [],
})
const caller = { person: 'p', organization: 'main', roles: ['owner'], by: 'session' } as const
const { id } = await scans.start(caller, {
  networks: networks.split(','),
  ports: ports.split(',').map(Number),
})
// A timer of the clock keeps no process alive.
const alive = setInterval(() => {
  if (scans.get(id)?.state === 'running') return
  clearInterval(alive)
  process.stdout.write(JSON.stringify(scans.get(id)))
}, 50)
