import { describe, expect, it } from '@jest/globals'
import { ambientVariables, asksForHelp, helpText, readConfig } from '../../src/config.ts'
import { hours, minutes, seconds } from '../../src/std/time.ts'

function read(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const config = readConfig(argv, env)
  if (!config.ok) throw new Error(config.error)
  return config.value
}

function refusal(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const config = readConfig(argv, env)
  return config.ok ? '' : config.error
}

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(read([])).toMatchObject({
      kubeconfig: undefined,
      namespaces: [],
      clusterResourceNamespace: 'perennial',
      workers: 32,
      leaderElection: true,
      leaseDuration: seconds(15),
      metricsAddress: ':9402',
      http01Address: ':8089',
      logLevel: 'info',
      logFormat: 'json',
      issuerProbeInterval: minutes(10),
    })
  })

  it('takes flags before the environment, and the environment before defaults', () => {
    const env = { PERENNIAL_WORKERS: '8', PERENNIAL_LOG_LEVEL: 'debug' }
    expect(read(['--workers=4'], env)).toMatchObject({ workers: 4, logLevel: 'debug' })
  })

  it.each([
    ['', undefined],
    ['corp', { kind: 'ClusterIssuer', name: 'corp' }],
    ['ClusterIssuer/corp', { kind: 'ClusterIssuer', name: 'corp' }],
    ['Issuer/corp', { kind: 'Issuer', name: 'corp' }],
  ])('reads the default issuer "%s"', (text, expected) => {
    expect(read([`--default-issuer=${text}`]).defaultIssuer).toEqual(expected)
  })

  it.each(['VaultIssuer/corp', 'Issuer/', 'a b'])('refuses the default issuer "%s"', (text) => {
    expect(refusal([`--default-issuer=${text}`])).toContain('must be the name of an issuer')
  })

  it('takes variables that others set, unless ours say otherwise', () => {
    const env = { POD_NAMESPACE: 'pki', KUBECONFIG: '/home/me/.kube/config', POD_NAME: 'perennial-0' }
    expect(read([], env)).toMatchObject({
      clusterResourceNamespace: 'pki',
      leaderElectionNamespace: 'pki',
      kubeconfig: '/home/me/.kube/config',
      identity: 'perennial-0',
    })
    expect(read([], { ...env, PERENNIAL_CLUSTER_RESOURCE_NAMESPACE: 'secrets' }).clusterResourceNamespace).toBe(
      'secrets',
    )
  })

  it.each([
    ['with an equals sign', ['--workers=4', '--log-format=text']],
    ['as two arguments', ['--workers', '4', '--log-format', 'text']],
    ['twice, of which the last counts', ['--workers=9', '--log-format=json', '--workers=4', '--log-format', 'text']],
  ])('reads flags %s', (_case, argv) => {
    expect(read(argv)).toMatchObject({ workers: 4, logFormat: 'text' })
  })

  it.each([
    ['--leader-election', true],
    ['--leader-election=true', true],
    ['--leader-election=false', false],
    ['--leader-election false', false],
    ['--leader-election --workers=4', true],
  ])('reads the switch %s', (text, expected) => {
    expect(read(text.split(' ')).leaderElection).toBe(expected)
  })

  it('reads lists, durations and addresses', () => {
    const argv = [
      '--namespaces= a, b,,c ',
      '--issuer-probe-interval=1h30m',
      '--http01-address=off',
      '--deny-addresses=10.0.0.0/8,fd00::/8',
    ]
    expect(read(argv)).toMatchObject({
      namespaces: ['a', 'b', 'c'],
      issuerProbeInterval: hours(1.5),
      http01Address: undefined,
      denyAddresses: ['10.0.0.0/8', 'fd00::/8'],
    })
  })

  it('says what is wrong with a range, also where it is added to', () => {
    for (const flag of ['--deny-addresses', '--allow-addresses', '--cluster-addresses'])
      expect(refusal([`${flag}=10.96.0.0/99`], { KUBERNETES_SERVICE_HOST: '10.96.0.1' })).toMatch(
        `${flag} is wrong: "10.96.0.0/99" is not an address range`,
      )
  })

  it('is frozen through and through', () => {
    const config = read(['--namespaces=a'])
    expect(Object.isFrozen(config) && Object.isFrozen(config.namespaces)).toBe(true)
  })

  it.each([
    [['--worker=4'], 'There is no flag --worker; did you mean --workers?'],
    [['--metric-adress=:1'], 'There is no flag --metric-adress; did you mean --metrics-address?'],
    [['--xyzzy'], 'There is no flag --xyzzy; see --help.'],
    [['-w'], 'There is no flag -w; see --help.'],
    [['__proto__'], '"__proto__" is not understood'],
    [['--__proto__=1'], 'There is no flag --__proto__'],
    [['run'], '"run" is not understood: everything is set by flags, see --help.'],
    [['--workers'], '--workers needs a value: --workers=<value>.'],
    [['--workers=many'], '--workers must be a whole number, not "many".'],
    [['--workers=0'], '--workers must be at least 1, not "0".'],
    [['--leader-election=maybe'], '--leader-election must be true or false, not "maybe".'],
    [['--http-timeout=30'], '--http-timeout must be a duration such as 90s, 15m or 2h, not "30".'],
    [['--http-timeout=10ms'], '--http-timeout must be at least 1s, not "10ms".'],
    [['--metrics-address=9402'], '--metrics-address must be host:port, :port, or off, not "9402".'],
    [['--allow-addresses=10.0.0.0/99'], '"10.0.0.0/99" is not an address range'],
    [['--lease-renew-deadline=15s'], '--lease-renew-deadline must be less than --lease-duration'],
    [['--lease-retry-period=10s'], '--lease-retry-period must be less than --lease-renew-deadline'],
    [['--shards=0'], '--shards must be at least 1, not "0".'],
    [['--shards=257'], '--shards must be at most 256, not "257".'],
    [['--shards=2', '--leader-election=false'], '--shards needs --leader-election'],
    [['--retry-first=10m'], '--retry-longest must not be less than --retry-first'],
    [['--leader-election-name=Not A Name'], 'must be a Kubernetes name'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(argv)).toContain(sentence)
  })

  it('names the variable when the variable is wrong, and everything that is wrong at once', () => {
    expect(refusal(['--workers=0'], { PERENNIAL_LOG_LEVEL: 'loud' }).split('\n')).toEqual([
      '--workers must be at least 1, not "0".',
      '$PERENNIAL_LOG_LEVEL must be debug, info, warn or error, not "loud".',
    ])
  })

  it('does not mind variables that Kubernetes makes for Services', () => {
    expect(refusal([], { PERENNIAL_PORT: 'tcp://10.0.0.1:80', PERENNIAL_METRICS_SERVICE_HOST: '10.0.0.1' })).toBe('')
  })
})

describe('helpText', () => {
  it('tells flag, shape, sentence, default and variables of every setting', () => {
    expect(helpText()).toContain(
      [
        '  --cluster-resource-namespace=<namespace>',
        '      Where the Secrets of ClusterIssuers lie. Default: perennial. [$PERENNIAL_CLUSTER_RESOURCE_NAMESPACE or $POD_NAMESPACE]',
      ].join('\n'),
    )
    const flags = [...helpText().matchAll(/^ {2}--([a-z0-9-]+)=/gm)].map((match) => match[1])
    expect(flags).toHaveLength(Object.keys(read([])).length)
  })

  it.each([
    [['--help'], true],
    [['--workers=4', '-h'], true],
    [['--workers=4'], false],
  ])('is asked for by %j: %s', (argv, expected) => {
    expect(asksForHelp(argv)).toBe(expected)
  })
})

describe('ambientVariables', () => {
  it('gives what clouds set, and nothing else of the environment', () => {
    const env = { AWS_REGION: 'eu-west-1', AWS_ROLE_ARN: '', AZURE_CLIENT_ID: undefined, PATH: '/bin', AWS_OTHER: 'x' }
    expect([...ambientVariables(env)]).toEqual([['AWS_REGION', 'eu-west-1']])
  })
})

describe('credentials of the process', () => {
  it('are for ClusterIssuers, and for Issuers when a flag says so', () => {
    expect(read([])).toMatchObject({ issuerAmbientCredentials: false, clusterIssuerAmbientCredentials: true })
    const flags = ['--issuer-ambient-credentials', '--cluster-issuer-ambient-credentials=false']
    expect(read(flags)).toMatchObject({ issuerAmbientCredentials: true, clusterIssuerAmbientCredentials: false })
  })
})
