/**
 * The real parts that tests, the demo and the benchmark run against: one row each, with the versions that were tried.
 *
 * A row lists its versions newest first. The newest one that the Go at hand can build is built; whichever of them is
 * found first is used.
 */

export type GoVersion = `1.${number}`

export type Recipe =
  | {
      /** A command of k8s.io/kubernetes, whose go.mod asks for staging modules that exist under other versions only. */
      readonly kind: 'kubernetes'
      readonly command: string
    }
  | {
      /** A package of a module, built from a module of our own that requires it: for those `go install` refuses. */
      readonly kind: 'package'
      readonly module: string
      readonly package: string
    }
  | {
      /** A program of ours around a module that is a library, for what people are meant to build themselves. */
      readonly kind: 'program'
      readonly module: string
      /** Beside this file. */
      readonly source: string
    }

export interface Edition {
  readonly version: string
  /** The oldest Go that builds it, as the module's own `go` line says. */
  readonly go: GoVersion
}

export interface Part {
  readonly recipe: Recipe
  readonly editions: readonly Edition[]
  /** How long a first build takes on two cores, for the person who waits. */
  readonly effort: string
}

const kubernetes: readonly Edition[] = [
  { version: '1.36.3', go: '1.26' },
  { version: '1.35.4', go: '1.25' },
  { version: '1.34.4', go: '1.24' },
]

const pebble: readonly Edition[] = [{ version: '2.10.1', go: '1.24' }]

const scepModule = 'github.com/micromdm/scep/v2'

const scep: readonly Edition[] = [{ version: '2.3.0', go: '1.24' }]

const estModule = 'github.com/globalsign/est'

const pebbleModule = 'github.com/letsencrypt/pebble/v2'

export const parts = {
  etcd: {
    recipe: { kind: 'package', module: 'go.etcd.io/etcd/server/v3', package: 'go.etcd.io/etcd/server/v3' },
    editions: [
      { version: '3.6.14', go: '1.25' },
      { version: '3.6.8', go: '1.24' },
    ],
    effort: 'about 75 seconds',
  },
  'kube-apiserver': {
    recipe: { kind: 'kubernetes', command: 'kube-apiserver' },
    editions: kubernetes,
    effort: 'about 7 minutes',
  },
  'kube-controller-manager': {
    recipe: { kind: 'kubernetes', command: 'kube-controller-manager' },
    editions: kubernetes,
    effort: 'about a minute more',
  },
  kubectl: {
    recipe: { kind: 'kubernetes', command: 'kubectl' },
    editions: kubernetes,
    effort: 'about half a minute more',
  },
  pebble: {
    recipe: { kind: 'package', module: pebbleModule, package: `${pebbleModule}/cmd/pebble` },
    editions: pebble,
    effort: 'about 15 seconds',
  },
  'pebble-challtestsrv': {
    recipe: { kind: 'package', module: pebbleModule, package: `${pebbleModule}/cmd/pebble-challtestsrv` },
    editions: pebble,
    effort: 'a few seconds',
  },
  scepserver: {
    recipe: { kind: 'package', module: scepModule, package: `${scepModule}/cmd/scepserver` },
    editions: scep,
    effort: 'about 10 seconds',
  },
  scepclient: {
    recipe: { kind: 'package', module: scepModule, package: `${scepModule}/cmd/scepclient` },
    editions: scep,
    effort: 'a few seconds',
  },
  estserver: {
    recipe: { kind: 'package', module: estModule, package: `${estModule}/cmd/estserver` },
    editions: [{ version: '1.0.6', go: '1.24' }],
    effort: 'about 15 seconds',
  },
  /** A DNS webhook around cert-manager's own library: the other side of the protocol. */
  dnswebhook: {
    recipe: { kind: 'program', module: 'github.com/cert-manager/cert-manager', source: 'dnswebhook/main.go' },
    editions: [
      { version: '1.21.2', go: '1.26' },
      { version: '1.18.2', go: '1.24' },
    ],
    effort: 'about 4 minutes',
  },
  helm: {
    recipe: { kind: 'package', module: 'helm.sh/helm/v3', package: 'helm.sh/helm/v3/cmd/helm' },
    editions: [
      { version: '3.22.0', go: '1.26' },
      { version: '3.19.5', go: '1.24' },
    ],
    effort: 'about a minute and a half',
  },
} as const satisfies Readonly<Record<string, Part>>

export type Binary = keyof typeof parts

export const partOf = (binary: Binary): Part => parts[binary]

export const allBinaries = Object.keys(parts) as readonly Binary[]
