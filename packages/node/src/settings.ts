/** A setting of the node: an environment variable. */
export interface Setting {
  readonly name: `AMBIT_${string}`
  /** As it would be written; empty when there is none. */
  readonly default: string
  /** What values it may have. */
  readonly limit: string
  /** What it is for. */
  readonly sentence: string
}

/** Every setting; the reference is generated from this table. */
export const settings = [
  {
    name: 'AMBIT_DATA',
    default: './data',
    limit: 'a folder',
    sentence: 'Where the node keeps its logs, keys and embedded store.',
  },
  {
    name: 'AMBIT_GUARD',
    default: '<AMBIT_DATA>-guard',
    limit: 'a folder outside of AMBIT_DATA, better on another disk',
    sentence:
      'Where the node remembers how far it signed its logs, so that an older copy of the data folder is found out before it signs a second history.',
  },
  {
    name: 'AMBIT_BACKUPS',
    default: '<AMBIT_DATA>-backups',
    limit: 'a folder outside of AMBIT_DATA, better on another machine',
    sentence: 'Where backups are written; nothing else may be.',
  },
  {
    name: 'AMBIT_DISK_RESERVE_MB',
    default: '<a twentieth of the disk, at most 1024>',
    limit: '1 to 1048576',
    sentence:
      'Room that stays free on the disk of the data folder: below it no act begins, and what is under way is still written down.',
  },
  {
    name: 'AMBIT_MASTER_KEY',
    default: 'file:<AMBIT_DATA>/keys/master.key',
    limit: '`file:<path>`, `passphrase:<path>` or `command:<absolute path of a program>`',
    sentence:
      'Where the key lies that seals everything: open in a file, in a file under a passphrase, or wrapped by a program (a KMS) in <AMBIT_DATA>/keys/master.wrapped.',
  },
  {
    name: 'AMBIT_MASTER_KEY_NEW',
    default: '',
    limit: 'as AMBIT_MASTER_KEY',
    sentence: 'For one start: writes the key there too, so that AMBIT_MASTER_KEY can name that from then on.',
  },
  {
    name: 'AMBIT_PASSPHRASE_FILE',
    default: '',
    limit: 'a file; left out, `ambit-passphrase` among the credentials systemd gives',
    sentence: 'The file that holds the passphrase of AMBIT_MASTER_KEY, at least 12 characters.',
  },
  {
    name: 'AMBIT_PASSPHRASE_FILE_NEW',
    default: '<AMBIT_PASSPHRASE_FILE>',
    limit: 'a file',
    sentence: 'The file that holds the passphrase of AMBIT_MASTER_KEY_NEW.',
  },
  {
    name: 'AMBIT_CONTENTS',
    default: 'keep',
    limit: 'keep or off',
    sentence:
      'Whether what is said in acts is kept, sealed for the person whose act it is; the log never holds it.',
  },
  {
    name: 'AMBIT_CONTENTS_DAYS',
    default: '184',
    limit: '1 to 36500',
    sentence: 'How long that is kept; where a law asks for records of six months, not less than 184.',
  },
  {
    name: 'AMBIT_LOG',
    default: 'file',
    limit: '`file`, or `postgres` together with an AMBIT_STORE on PostgreSQL',
    sentence:
      'Where the logs keep their entries: files of this node alone, or rows of the PostgreSQL that several nodes with one key write to.',
  },
  {
    name: 'AMBIT_BUS',
    default: '',
    limit:
      '`nats://[user:password@|token@]host[:port],…` or `tls://…`; only together with AMBIT_LOG=postgres',
    sentence:
      'The NATS servers with JetStream by which several nodes on one PostgreSQL tell each other at once what was revoked or changed; without them each looks at the store every ten seconds.',
  },
  {
    name: 'AMBIT_BUS_STREAM',
    default: '<made from the name of the node>',
    limit: '1 to 100 letters, digits, `-` and `_`',
    sentence: 'The JetStream stream they use; made where there is none.',
  },
  {
    name: 'AMBIT_BUS_CREDENTIALS',
    default: '',
    limit: 'a file of NATS credentials; only together with AMBIT_BUS',
    sentence: 'Who the node is to NATS, where that is not in the address.',
  },
  {
    name: 'AMBIT_LOG_MONTHS',
    default: '0',
    limit: '0 to 1200; 0 keeps them for ever',
    sentence:
      'How many months after its end the entries of an activity log are deleted; its hashes and checkpoint stay, and the registry log is always kept.',
  },
  {
    name: 'AMBIT_LOG_POLICY',
    default: '',
    limit: 'a file in the form of c2sp.org/tlog-policy',
    sentence:
      'The witnesses that cosign the logs of this node, with their addresses, and how many of them make a quorum.',
  },
  {
    name: 'AMBIT_WITNESS_WAIT_MS',
    default: '700',
    limit: '50 to 900',
    sentence:
      'How long a checkpoint waits for its witnesses; what is left of the merge delay of one second is for the disk.',
  },
  {
    name: 'AMBIT_WITNESS_REQUIRED',
    default: 'off',
    limit: '`on` or `off`; `on` only together with AMBIT_LOG_POLICY',
    sentence:
      'Whether a checkpoint is published only with its quorum, so that receipts wait for it; `off` publishes it and marks it as not witnessed.',
  },
  {
    name: 'AMBIT_STORE',
    default: 'sqlite:<AMBIT_DATA>/store.sqlite',
    limit: '`sqlite:<file>` or `postgres://user@host:port/database`',
    sentence: 'Where the node keeps its rows.',
  },
  {
    name: 'AMBIT_HOST',
    default: '127.0.0.1',
    limit: 'IP addresses or `localhost`, separated by commas',
    sentence: 'The addresses the node listens at; `127.0.0.1` and `localhost` both mean 127.0.0.1 and ::1.',
  },
  {
    name: 'AMBIT_PORT',
    default: '7100',
    limit: '0 to 65535; 0 takes any free port',
    sentence: 'The port of the console, the API and the protocols over HTTP.',
  },
  {
    name: 'AMBIT_GRPC_PORT',
    default: '7102',
    limit: '0 to 65535, or `off`; 0 takes any free port',
    sentence: 'The port of A2A over gRPC, at the same addresses.',
  },
  {
    name: 'AMBIT_AGENTS_PORT',
    default: '7101',
    limit: '0 to 65535, or `off`; 0 takes any free port',
    sentence:
      'The port at which agents reach the protocols by their certificates (mutual TLS), at the same addresses.',
  },
  {
    name: 'AMBIT_METRICS_PORT',
    default: '7103',
    limit: '0 to 65535; 0 takes any free port',
    sentence: 'The port of metrics and health, on loopback only.',
  },
  {
    name: 'AMBIT_HOSTS',
    default: '',
    limit: 'names or IP addresses without ports, separated by commas, at most 100',
    sentence: 'Further names the node answers for in Host and Origin headers; loopback names always are.',
  },
  {
    name: 'AMBIT_ORIGIN',
    default: 'http://localhost:<AMBIT_PORT>',
    limit: 'an http or https origin without a path',
    sentence:
      'The address at which people reach the node, used in every link it writes; its name is answered for.',
  },
  {
    name: 'AMBIT_TLS_CERT',
    default: '',
    limit: 'a PEM file; only together with AMBIT_TLS_KEY',
    sentence: 'The certificate, with its chain, with which the node serves HTTPS.',
  },
  {
    name: 'AMBIT_TLS_KEY',
    default: '',
    limit: 'a PEM file; only together with AMBIT_TLS_CERT',
    sentence: 'The private key of that certificate.',
  },
  {
    name: 'AMBIT_ALLOW_ADDRESSES',
    default: '',
    limit: 'ranges like 127.0.0.0/8 or single addresses, separated by commas, at most 100',
    sentence: 'Private, loopback and link-local ranges the node may nevertheless call as upstreams.',
  },
  {
    name: 'AMBIT_SCAN_NETWORKS',
    default: '',
    limit: 'ranges like 10.0.0.0/16 (IPv4 up to /8) or single addresses, separated by commas, at most 100',
    sentence:
      'Networks of your own in which operators may look for agents that nobody registered; left out, only this machine.',
  },
  {
    name: 'AMBIT_LOG_LEVEL',
    default: 'info',
    limit: 'debug, info, warn, error or silent',
    sentence: 'The least important lines the node writes to standard error.',
  },
  {
    name: 'AMBIT_AUTHZ_PLACE_HEADER',
    default: '',
    limit: 'the name of a header',
    sentence:
      'The header in which data planes that ask this node for decisions say where their client is; they must not let it through from clients. Left out, the place of what they ask about is not known.',
  },
  {
    name: 'AMBIT_OBSERVE',
    default: 'off',
    limit: '`on` or `off`',
    sentence:
      'Whether the node only observes, for adoption: what would be asked or refused is performed, and its record says so; stops, recalls, revocations and who calls are enforced all the same.',
  },
  {
    name: 'AMBIT_APPROVAL_MINUTES',
    default: '60',
    limit: '1 to 10080',
    sentence: 'How long an act waits for a person before no answer becomes a refusal.',
  },
  {
    name: 'AMBIT_APPROVAL_ASKS_MAX',
    default: '20',
    limit: '0 to 10000; 0 asks without end',
    sentence:
      'How often a person is asked in ten minutes before single approvals rest, and all that an agent wants is approved as one list.',
  },
  {
    name: 'AMBIT_APPROVAL_QUICK_MAX',
    default: '5',
    limit: '0 to 10000; 0 does not look at the time',
    sentence:
      'How many approvals in ten minutes may be given within 700 ms of seeing the card before single approvals rest.',
  },
  {
    name: 'AMBIT_HOLD_WAIT_MS',
    default: '10000',
    limit: '0 to 50000',
    sentence:
      'How long a caller waits for its act in the outbox: a window that is shorter is a slow answer, of a longer one the caller is told at once.',
  },
  {
    name: 'AMBIT_PUSH_CONTACT',
    default: '<AMBIT_ORIGIN>, or operator@<its host>',
    limit: 'a `mailto:` or `https:` address',
    sentence:
      'Where the push services of browsers reach whoever runs the node; some take no message without it.',
  },
  {
    name: 'AMBIT_UPSTREAM_TIMEOUT_MS',
    default: '60000',
    limit: '100 to 3600000',
    sentence: 'How long an upstream may stay silent before its act fails.',
  },
  {
    name: 'AMBIT_CALLER_ACTS_MAX',
    default: '12500',
    limit: '1 to 50000',
    sentence:
      'Acts of one caller under way at once, streams included; by default a quarter of what a node carries.',
  },
  {
    name: 'AMBIT_CALLER_RATE_MAX',
    default: '20000',
    limit: '1 to 1000000',
    sentence:
      'Acts of one caller a second; by default about what one node can carry, so lower it where callers share.',
  },
  {
    name: 'AMBIT_UPSTREAM_ACTS_MAX',
    default: '16000',
    limit: '1 to 16000',
    sentence: 'Acts under way at once at one agent or server, each on a connection of its own.',
  },
  {
    name: 'AMBIT_UPSTREAM_RATE_MAX',
    default: '20000',
    limit: '1 to 1000000',
    sentence: 'Acts a second at one agent or server, of all callers together.',
  },
  {
    name: 'AMBIT_CHILD_USER',
    default: '',
    limit: '`<uid>:<gid>`, or the name of a user of this machine',
    sentence:
      'The user that supervised programs run as where the node runs as root, by default nobody (65534:65534). A node that is not root starts them as itself.',
  },
  {
    name: 'AMBIT_CHILD_MEMORY_MB',
    default: '1024',
    limit: '32 to 1048576',
    sentence: 'Memory that one supervised program and what it starts may take before they are ended.',
  },
  {
    name: 'AMBIT_MCP_TOOLS_LISTED_MAX',
    default: '64',
    limit: '8 to 2000',
    sentence:
      'Tools that an MCP client is shown in full; of more it gets those its mandate names one by one, and three tools that find, describe and call the others.',
  },
  {
    name: 'AMBIT_OAUTH',
    default: 'on',
    limit: '`on` or `off`',
    sentence:
      'Whether clients may log in by themselves (OAuth): a person decides in the browser, and gives a mandate.',
  },
  {
    name: 'AMBIT_OAUTH_CLIENT_DOCUMENT',
    default: '<AMBIT_ORIGIN>/oauth/client.json',
    limit: 'an https address with a path',
    sentence:
      'The client id metadata document by which this node is known where people sign in; a node that is not reached by https has none unless it is published elsewhere.',
  },
  {
    name: 'AMBIT_CA_KEY',
    default: 'store',
    limit:
      '`store`, `file:<path>`, or a PKCS #11 URI with `token`, `module-path` and `pin-source` (RFC 7512)',
    sentence:
      'Where the private keys of the certificate authority lie: sealed in the store, sealed in files, or in a token that is reached by the program `pkcs11-tool`.',
  },
  {
    name: 'AMBIT_LOG_KEY',
    default: 'file',
    limit: '`file`, or a PKCS #11 URI with `token`, `module-path` and `pin-source` (RFC 7512)',
    sentence:
      'Where logs that begin have the keys made that sign their checkpoints: sealed in their folders, or in a token that is reached by the program `pkcs11-tool`.',
  },
  {
    name: 'AMBIT_TRUST_ROOTS',
    default: '',
    limit: 'a file of certificates of authorities (PEM)',
    sentence: 'Foreign authorities whose agents may connect with their certificates.',
  },
  {
    name: 'AMBIT_FOREIGN_CRL',
    default: 'require',
    limit: '`require` or `prefer`',
    sentence:
      'What holds while the revocation list of a foreign authority cannot be had or has aged out: its agents are refused, or believed.',
  },
  {
    name: 'AMBIT_PROBE_MINUTES',
    default: '5',
    limit: '0 to 1440; 0 never',
    sentence:
      'How often each interface of a registered agent or server is asked for a sign of life; what it serves is read whole once an hour.',
  },
  {
    name: 'AMBIT_REQUIRE_DOMAINS',
    default: 'off',
    limit: '`on` or `off`',
    sentence:
      'Whether a record is activated only when all its addresses lie in domains that its organisation proved; `off` only warns.',
  },
  {
    name: 'AMBIT_ENTITIES_MAX',
    default: '1000',
    limit: '1 to 100000',
    sentence: 'Entities that an ontology may have registered with its certificate (ACPs).',
  },
  {
    name: 'AMBIT_DNS',
    default: '',
    limit: 'IP addresses, with `:<port>` where it is not 53, separated by commas, at most 100',
    sentence: 'The name servers that are asked for the proofs of domains; left out, those of this machine.',
  },
  {
    name: 'AMBIT_IPV6_PREFIX',
    default: '',
    limit: 'a range of IPv6 addresses of your own such as 2001:db8:a9e::/64, /32 to /96',
    sentence:
      'The range in which each agent in force gets an address of its own, at which the node answers for it; left out, none does.',
  },
] as const satisfies readonly Setting[]

/** Names of the settings there are. */
export type SettingName = (typeof settings)[number]['name']
