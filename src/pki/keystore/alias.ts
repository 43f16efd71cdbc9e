/** @returns the name of a trusted certificate: `ca`, as cert-manager has it, then `ca-1` and so on */
export const aliasOf = (index: number): string => (index === 0 ? 'ca' : `ca-${index}`)
