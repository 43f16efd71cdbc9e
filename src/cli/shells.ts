/** Scripts that have a shell ask the tool what may come next. */

export const shells = ['bash', 'zsh', 'fish', 'kubectl'] as const

export type Shell = (typeof shells)[number]

const bash = `# source <(kubectl-perennial completion bash)
_kubectl_perennial() {
  local typed="\${COMP_WORDS[COMP_CWORD]}" words=("\${COMP_WORDS[@]:1:COMP_CWORD}") lines
  # bash splits at "=", and the tool wants the flag whole
  if [[ "$typed" == "=" ]]; then typed=""; fi
  mapfile -t lines < <(kubectl-perennial __complete "\${words[@]}" 2>/dev/null)
  COMPREPLY=()
  local line
  for line in "\${lines[@]}"; do
    if [[ "$line" == :* ]]; then continue; fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done
  if [[ "\${lines[-1]:-}" == ":4" && \${#COMPREPLY[@]} -eq 0 ]]; then compopt +o default; fi
}
complete -o default -F _kubectl_perennial kubectl-perennial
`

const zsh = `#compdef kubectl-perennial
# source <(kubectl-perennial completion zsh)
_kubectl_perennial() {
  local -a lines candidates
  lines=("\${(@f)$(kubectl-perennial __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  local line
  for line in "\${lines[@]}"; do
    if [[ "$line" == :* ]]; then continue; fi
    candidates+=("\${\${line//:/\\\\:}/$'\\t'/:}")
  done
  if (( \${#candidates} )); then _describe 'kubectl perennial' candidates
  elif [[ "\${lines[-1]}" == ":0" ]]; then _files
  fi
}
compdef _kubectl_perennial kubectl-perennial
`

const fish = `# kubectl-perennial completion fish | source
function __kubectl_perennial
  set -l words (commandline -opc)
  kubectl-perennial __complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -v ':*'
end
complete -c kubectl-perennial -a '(__kubectl_perennial)'
`

/** kubectl asks a program of this name on the PATH what its plugin may be told next. */
const kubectl = `#!/bin/sh
# As kubectl_complete-perennial on the PATH, executable.
exec kubectl-perennial __complete "$@"
`

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish, kubectl }

/** @returns what the shell is to run */
export const completionScript = (shell: Shell): string => scripts[shell]
