/** For those whose browser brings no token: it is pasted here, and kept for as long as the tab lives. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Heading } from './parts.tsx'

interface LoginProps {
  /** Why a token is asked for, where one was refused. */
  readonly sentence: string | undefined
  readonly enter: (token: string) => void
}

export function Login({ sentence, enter }: LoginProps): VNode {
  const [token, setToken] = useState('')
  return (
    <main class="login">
      <Heading title="Sign in">Perennial</Heading>
      <p>
        Everything here is read with your own rights in the cluster. Paste a token, for example from{' '}
        <code>kubectl create token &lt;service account&gt;</code>.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          enter(token.trim())
        }}
      >
        <label>
          Token
          <input
            type="password"
            name="token"
            autoComplete="off"
            required
            value={token}
            onInput={({ currentTarget: { value } }) => setToken(value)}
          />
        </label>
        <button type="submit">Sign in</button>
      </form>
      {sentence !== undefined && (
        <p class="trouble" role="alert">
          {sentence}
        </p>
      )}
      <p class="under">It stays in this tab, and goes to this server alone.</p>
    </main>
  )
}
