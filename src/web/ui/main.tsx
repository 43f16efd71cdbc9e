/** The page: who is there, where they are, and what is shown for it. */
import { render } from 'preact'
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Me } from '../contract.ts'
import { FrameContext } from './answer.ts'
import { Certificate } from './certificate.tsx'
import { ask, session } from './client.ts'
import { Issuers } from './issuers.tsx'
import { Login } from './login.tsx'
import { Overview } from './overview.tsx'
import { Heading, Link } from './parts.tsx'
import { Policies } from './policies.tsx'
import { useWalk, WalkContext } from './place.ts'
import { Certificates } from './table.tsx'

type Visitor =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'stranger'; readonly sentence: string | undefined }
  | { readonly kind: 'trouble'; readonly sentence: string }
  | { readonly kind: 'known'; readonly me: Me }

function App(): VNode {
  const walk = useWalk()
  const [visitor, setVisitor] = useState<Visitor>({ kind: 'unknown' })
  const leave = (sentence: string | undefined): void => {
    session.leave()
    setVisitor({ kind: 'stranger', sentence })
  }
  const greet = (): void => {
    const hadToken = session.token() !== ''
    void ask<Me>('/api/me').then((reply) => {
      if (reply.kind === 'answer') setVisitor({ kind: 'known', me: reply.value })
      // Without a token nothing went wrong: a proxy might have brought one, and none did.
      else if (reply.kind === 'stranger') leave(hadToken ? reply.sentence : undefined)
      else setVisitor(reply)
    })
  }
  useEffect(greet, [])
  const enter = (token: string): void => {
    session.enter(token)
    greet()
  }
  return (
    <WalkContext.Provider value={walk}>
      {visitor.kind === 'known' && <Shell me={visitor.me} path={walk.place.path} leave={leave} />}
      {visitor.kind === 'stranger' && <Login sentence={visitor.sentence} enter={enter} />}
      {visitor.kind === 'trouble' && (
        <main class="login">
          <p class="trouble" role="alert">
            {visitor.sentence}
          </p>
          <button type="button" onClick={greet}>
            Try again
          </button>
        </main>
      )}
    </WalkContext.Provider>
  )
}

interface ShellProps {
  readonly me: Me
  readonly path: string
  readonly leave: (sentence: string | undefined) => void
}

const views = [
  ['/', 'Overview'],
  ['/certificates', 'Certificates'],
  ['/issuers', 'Issuers'],
  ['/policies', 'Policies'],
] as const

function Shell({ me, path, leave }: ShellProps): VNode {
  const [round, setRound] = useState(0)
  const root = `/${path.split('/')[1] ?? ''}`
  return (
    <FrameContext.Provider value={{ round, leave }}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header>
        <span class="brand">
          <img src="/icon.svg" alt="" width="26" height="26" /> Perennial
        </span>
        <nav aria-label="Views">
          {views.map(([address, title]) => (
            <Link key={address} href={address} aria-current={root === address ? 'page' : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <span class="who" title={me.everywhere ? 'Every namespace is shown' : 'Only your namespaces are shown'}>
          {me.user}
        </span>
        <button type="button" onClick={() => setRound(round + 1)}>
          Refresh
        </button>
        {session.token() !== '' && (
          <button type="button" onClick={() => leave(undefined)}>
            Sign out
          </button>
        )}
      </header>
      <main id="content">
        <View path={path} />
      </main>
      <footer>Perennial {me.version}</footer>
    </FrameContext.Provider>
  )
}

function View({ path }: { readonly path: string }): VNode {
  if (path === '/') return <Overview />
  if (path === '/certificates') return <Certificates />
  if (path === '/issuers') return <Issuers />
  if (path === '/policies') return <Policies />
  if (path.startsWith('/certificates/')) {
    const id = path.slice('/certificates/'.length)
    return <Certificate key={id} id={id} />
  }
  return (
    <>
      <Heading title="Nothing here">There is nothing here</Heading>
      <p>
        The address may be old, or mistyped. Go to the <Link href="/">overview</Link> or to the{' '}
        <Link href="/certificates">certificates</Link>.
      </p>
    </>
  )
}

const root = document.getElementById('page')
if (root !== null) render(<App />, root)
